"""The doorbell when the database, the broker, a key or the process itself goes away: nothing is lost, and never a 200 for it."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from celery import Celery
from celery.app import app_or_default
from django.db import connection, transaction
from django.utils import timezone

from customer_data.models import Payment
from paynow_integration import notifications, tasks
from paynow_integration.models import PaynowNotification
from paynow_integration.tests.till import FORM, IPN, PAID, WAITING, Till

KEYS = "paynow_integration_paynowconfig"


@contextmanager
def held_by_another(table: str) -> Iterator[None]:
    """Another session holds the whole table, as a migration or a careless person does."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
            other.close()


@contextmanager
def impatient() -> Iterator[None]:
    """Our own session gives up waiting for locks at once."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
        yield
        cursor.execute("RESET lock_timeout")


@contextmanager
def table_gone(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def approved(till: Till) -> Payment:
    """A payment whose customer has approved, and whose update is on its way to us."""
    payment = till.charge()
    till.paynow.approve(payment.reference)
    return payment


def judge_forgotten(*, seconds_later: float = 61) -> None:
    """What the clock does, that much later."""
    for notification_id in notifications.forgotten(now=timezone.now() + timedelta(seconds=seconds_later)):
        tasks.judge_one.delay(notification_id)


# --- The database ---------------------------------------------------------------------------------
def test_an_update_that_cannot_be_stored_is_answered_503(till: Till) -> None:
    payment = approved(till)

    with held_by_another("paynow_integration_paynownotification"), impatient():
        assert till.ring(till.update(payment)) == 503

    assert till.outcomes() == []
    assert till.ring(till.update(payment)) == 200, "Paynow sends it again"
    assert till.stands(payment) == PAID


def test_paynow_sends_again_what_could_not_be_stored_and_the_booking_is_paid(open_till: Till) -> None:
    payment = open_till.charge()

    with table_gone("paynow_integration_paynownotification"):
        open_till.clock.advance(30)
    assert open_till.paynow.updates()[-1].answers == [503]
    assert open_till.stands(payment) == WAITING
    open_till.clock.advance(30)

    assert open_till.paynow.updates()[-1].answers == [503, 200]
    assert open_till.stands(payment) == PAID


def test_an_update_that_was_stored_but_could_not_ring_is_answered_503_and_found_again(till: Till) -> None:
    payment = approved(till)

    with table_gone("customer_data_payment"):
        assert till.ring(till.update(payment)) == 503
    assert till.outcomes() == ["received"]

    judge_forgotten()
    assert till.outcomes() == ["accepted"]
    assert till.stands(payment) == PAID


def test_what_was_stored_survives_a_rollback_of_everything_else(till: Till) -> None:
    """With ATOMIC_REQUESTS on, a careless setting, the whole request would be one transaction."""
    payment = approved(till)
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        with table_gone("customer_data_payment"):
            assert till.ring(till.update(payment)) == 503
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert till.outcomes() == ["received"]


def test_storing_refuses_to_become_part_of_a_transaction_that_could_take_it_away(transactional_db: None) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        notifications.keep(b"reference=A", size=11, remote_address="")


# --- The broker -----------------------------------------------------------------------------------
def redis_that_refuses(folder: Path) -> Celery:
    app = Celery("redis-away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 0}
    return app


def files_whose_folder_is_gone(folder: Path) -> Celery:
    app = Celery("files-away", broker="filesystem://", set_as_current=False)
    app.conf.broker_transport = "config.broker:Transport"
    gone = str(folder / "gone")
    app.conf.broker_transport_options = {"data_folder_in": gone, "data_folder_out": gone, "control_folder": folder}
    return app


@pytest.mark.parametrize("broken", [redis_that_refuses, files_whose_folder_is_gone])
def test_without_a_broker_the_update_is_answered_200_and_the_sweep_finds_it(
    till: Till, tmp_path: Path, broken: Callable[[Path], Celery]
) -> None:
    payment = approved(till)
    working, without = app_or_default(), broken(tmp_path)
    without.conf.task_publish_retry = False
    without.set_current()
    try:
        assert till.ring(till.update(payment)) == 200
    finally:
        working.set_current()
    assert till.stands(payment) == WAITING

    till.sweep(seconds_later=3)
    assert till.stands(payment) == PAID


# --- The keys -------------------------------------------------------------------------------------
def test_an_update_that_no_key_can_be_opened_for_is_answered_503_and_found_again(till: Till) -> None:
    payment = approved(till)
    sealed = _raw_key("1201")
    _set_raw_key("1201", "gAAAAAB-sealed-with-a-key-that-is-gone")

    assert till.ring(till.update(payment)) == 503
    assert till.outcomes() == ["received"]

    _set_raw_key("1201", sealed)
    judge_forgotten()
    assert till.stands(payment) == PAID


def test_a_key_that_cannot_be_opened_does_not_silence_the_other_currency(till: Till) -> None:
    payment = approved(till)
    _set_raw_key("1202", "gAAAAAB-sealed-with-a-key-that-is-gone")

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


def _raw_key(integration_id: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT integration_key FROM paynow_integration_paynowconfig WHERE integration_id = %s", [integration_id])
        return str(cursor.fetchone()[0])


def _set_raw_key(integration_id: str, sealed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE paynow_integration_paynowconfig SET integration_key = %s WHERE integration_id = %s", [sealed, integration_id]
        )


# --- The process ----------------------------------------------------------------------------------
@contextmanager
def web_process() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real web process on the test database, and the address of its doorbell."""
    command = [sys.executable, "-m", "paynow_integration.tests.one_web_process", str(connection.settings_dict["NAME"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            yield process, f"http://127.0.0.1:{int(process.stdout.readline())}{IPN}"
        finally:
            process.kill()


class Sender(threading.Thread):
    """Paynow, waiting for the answer to its update."""

    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(daemon=True)
        self.url, self.body, self.answer = url, body, 0

    def run(self) -> None:
        try:
            self.answer = requests.post(self.url, data=self.body, headers={"Content-Type": FORM}, timeout=30).status_code
        except requests.ConnectionError:
            self.answer = -1


def wait_until_somebody_waits_for(table: str) -> None:
    """Until another session stands in the queue for `table` of this database: PostgreSQL itself says so."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE NOT granted AND relation = %s::regclass AND datname = current_database()"
    )
    deadline = timezone.now() + timedelta(seconds=20)
    with connection.cursor() as cursor:
        while timezone.now() < deadline:
            cursor.execute(waiting, [table])
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError(f"Nobody came to wait for {table}.")


def test_an_update_whose_process_is_killed_before_judging_it_is_found_again(till: Till) -> None:
    payment = approved(till)

    # Judging begins with our keys: there the process is made to wait, its update already kept.
    with web_process() as (process, url), held_by_another(KEYS):
        sender = Sender(url, till.update(payment))
        sender.start()
        wait_until_somebody_waits_for(KEYS)
        assert till.outcomes() == ["received"]
        process.kill()
        process.wait(timeout=10)
        sender.join(timeout=10)

    assert sender.answer == -1, "no answer, so Paynow sends it again; but it may have given up"
    assert till.outcomes() == ["received"]
    assert till.stands(payment) == WAITING

    judge_forgotten(seconds_later=30)
    assert till.outcomes() == ["received"], "not yet: the process might still be at it"
    judge_forgotten(seconds_later=61)

    assert till.outcomes() == ["accepted"]
    assert till.stands(payment) == PAID


def test_the_clock_looks_for_updates_that_were_never_judged(till: Till, settings: Any) -> None:
    payment = approved(till)
    kept = notifications.keep(till.update(payment), size=10, remote_address="")
    PaynowNotification.objects.filter(pk=kept.pk).update(received_at=timezone.now() - timedelta(minutes=2))
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.judge_forgotten.name in scheduled

    tasks.judge_forgotten.delay()

    assert till.outcomes() == ["accepted"]
    assert till.stands(payment) == PAID


def test_an_update_is_judged_once_although_two_clocks_found_it(till: Till) -> None:
    payment = approved(till)
    kept = notifications.keep(till.update(payment), size=10, remote_address="")

    notifications.judge_forgotten(kept.pk)
    asked = till.paynow.office.calls["poll"]
    notifications.judge_forgotten(kept.pk)
    notifications.judge_forgotten(kept.pk + 1)

    assert till.paynow.office.calls["poll"] == asked
    assert till.stands(payment) == PAID


def test_an_update_that_nobody_could_judge_for_a_week_is_left_to_people(till: Till) -> None:
    kept = notifications.keep(b"reference=A", size=11, remote_address="")

    assert notifications.forgotten(now=timezone.now() + timedelta(days=6)) == [kept.pk]
    assert notifications.forgotten(now=timezone.now() + timedelta(days=8)) == []
