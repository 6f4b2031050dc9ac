"""`/readyz` names the part that is not well: each part is really taken away here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app as app
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from config import models
from config.tests.processes import answers, free_port, running, wait_until
from config.tests.redis_server import redis_program
from customer_data.models import Payment
from customer_data.status import Status
from customer_data.tests import make
from flows.keys import private_keys

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house() -> None:
    """Worker and clock were heard a moment ago."""
    models.beat("worker")
    models.beat("clock")


def asked(client: Client, query: str = "") -> tuple[int, dict[str, str]]:
    answer = client.get(f"/readyz{query}")
    return answer.status_code, answer.json()["parts"]


@contextmanager
def broker(url: str) -> Iterator[None]:
    """The house looks for its broker there."""
    before = (app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options)
    app.conf.update(broker_url=url, broker_transport=None, broker_transport_options={"socket_connect_timeout": 1, "max_retries": 1})
    try:
        yield
    finally:
        app.conf.update(broker_url=before[0], broker_transport=before[1], broker_transport_options=before[2])


def test_a_house_in_which_every_part_works_is_ready(client: Client) -> None:
    code, parts = asked(client)
    assert code == 200
    assert {name for name, words in parts.items() if words != "ok"} <= {"gateway"}  # nobody configured one here


def test_a_redis_that_was_stopped_is_named_and_web_goes_on(client: Client, tmp_path: Path) -> None:
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with broker(f"redis://127.0.0.1:{port}/0"):
        with running(command, {}, tmp_path / "log"):
            wait_until(lambda: answers(port), or_show=tmp_path / "log")
            assert asked(client)[1]["broker"] == "ok"
        code, parts = asked(client)
        assert (code, parts["broker"]) == (503, "the broker does not answer")
        assert asked(client, "?web") == (200, {"database": "ok", "migrations": "ok"})


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_be_reached_is_named_and_web_is_out(client: Client) -> None:
    with nobody_answers_at_the_database():
        code, parts = asked(client)
        assert (code, parts["database"]) == (503, "the database does not answer")
        assert asked(client, "?web")[0] == 503


@contextmanager
def nobody_answers_at_the_database() -> Iterator[None]:
    known = connection.get_connection_params()
    with pytest.MonkeyPatch.context() as patch:  # not in its settings: the embedded server's address is not among them
        patch.setattr(connection, "get_connection_params", lambda: known | {"host": "127.0.0.1", "port": free_port()})
        connection.close()
        yield
        connection.close()


@pytest.mark.parametrize("silent", ["worker", "clock"])
def test_a_silent_process_is_named_and_web_goes_on(client: Client, silent: str) -> None:
    models.Heartbeat.objects.filter(name=silent).update(beaten_at=timezone.now() - timedelta(seconds=31))
    code, parts = asked(client)
    assert code == 503
    assert parts[silent].startswith(f"the {silent} is silent for 3")
    assert asked(client, "?web")[0] == 200


def test_a_migration_that_was_not_run_is_named_and_web_is_out(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="flows", name="0012_forms_and_messages_have_their_thread").delete()
    code, parts = asked(client, "?web")
    assert (code, parts["migrations"]) == (503, "the database lacks flows.0012_forms_and_messages_have_their_thread: run migrate")


def test_code_of_before_goes_on_beside_a_newer_database(client: Client) -> None:
    MigrationRecorder.Migration.objects.create(app="flows", name="9999_of_newer_code")
    assert asked(client, "?web") == (200, {"database": "ok", "migrations": "ok"})


@pytest.mark.parametrize(("key", "code", "words"), [("", 200, "is not set"), ("no PEM", 503, "cannot be read")])
def test_a_missing_or_broken_key_of_our_flows_is_named(client: Client, settings: Any, key: str, code: int, words: str) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = key
    private_keys.cache_clear()
    try:
        answered, parts = asked(client)
    finally:
        private_keys.cache_clear()
    assert answered == code
    assert words in parts["flow key"]


def test_a_house_without_any_way_to_pay_says_so_and_is_ready(client: Client, settings: Any) -> None:
    settings.PAYNOW_INTEGRATION_ID = ""
    code, parts = asked(client)
    assert (code, parts["gateway"]) == (200, "no gateway is configured, or all are paused: no form offers a way to pay")


def test_a_payment_that_nobody_asks_about_is_named(client: Client) -> None:
    payment = make.payment(Status.PENDING)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() - timedelta(seconds=61))
    code, parts = asked(client)
    assert code == 503
    assert parts["sweep"].startswith("a payment has been due for 6")
