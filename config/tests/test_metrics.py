"""`/metrics`: who may read it, that it tells of all processes, and that no figure on it scans a table."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.models import beat
from config.tests.processes import ROOT
from config.watching import MOST_COUNTED, WAITING, Watching
from customer_data.models import Concern, ConcernKind, Payment
from customer_data.status import Status
from customer_data.tests import make
from flows.models import Message

pytestmark = pytest.mark.django_db


def gauge(name: str, **labels: str) -> float:
    """What is read off the database now."""
    for family in Watching().collect():
        for sample in family.samples:
            if sample.name == f"paydesk_{name}" and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"{name} {labels} is not told")


# --- Who may read ---------------------------------------------------------------------------------
def test_this_machine_reads_without_a_word_but_no_proxy_does(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 404
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"):
        assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404


def test_with_a_word_who_knows_it_reads_from_anywhere_and_nobody_else(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "a-long-word"
    there = Client(REMOTE_ADDR="203.0.113.7")
    assert there.get("/metrics", headers={"Authorization": "Bearer a-long-word"}).status_code == 200
    for said in ("", "a-long-word", "Bearer another-word", "Basic a-long-word", "Bearer \u00e9"):
        assert there.get("/metrics", headers={"Authorization": said}).status_code == 404
    assert client.get("/metrics").status_code == 404


def test_prometheus_asks_without_tls_and_under_no_name_of_ours(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["pay.example.com"], True
    assert client.get("/metrics", headers={"Host": "127.0.0.1:8001"}).status_code == 200


def test_nothing_is_written_by_asking(client: Client) -> None:
    assert client.post("/metrics").status_code == 404
    with CaptureQueriesContext(connection) as asked:
        client.get("/metrics")
    assert not [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]


# --- What is told ---------------------------------------------------------------------------------
def test_requests_are_counted_by_view_never_by_path(client: Client) -> None:
    client.get("/crm-api/no-such-thing/+263771234567")
    client.get("/crm-api/paynow/return/", {"reference": "SECRET"})
    said = client.get("/metrics").content.decode()
    assert 'paydesk_requests_total{method="GET",status="404",view="none"}' in said
    assert 'view="paynow-return"' in said
    assert "263771234567" not in said
    assert "SECRET" not in said


def test_open_payments_are_told_by_status_and_age() -> None:
    make.payment(Status.SENDING, created_at=timezone.now() - timedelta(minutes=11))
    make.payment(Status.PENDING)
    assert gauge("open_payments", status="sending") == 1
    assert gauge("open_payments", status="pending") == 1
    assert gauge("open_payments_older", status="sending", than="10m") == 1
    assert gauge("open_payments_older", status="sending", than="1h") == 0
    assert 660 <= gauge("oldest_open_payment_seconds", status="sending") < 700


def test_the_lag_of_the_sweep_is_how_long_the_first_payment_has_been_due() -> None:
    assert gauge("lag_seconds", queue="sweep") == 0
    payment = make.payment(Status.PENDING)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() + timedelta(minutes=5))
    assert (gauge("lag_seconds", queue="sweep"), gauge("due", queue="sweep")) == (0, 0)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() - timedelta(seconds=90))
    assert 90 <= gauge("lag_seconds", queue="sweep") < 120
    assert gauge("due", queue="sweep") == 1


def test_the_lag_of_the_outbox_is_how_long_the_first_message_has_been_due() -> None:
    due = timezone.now() - timedelta(seconds=45)
    Message.objects.create(customer=make.customer(), key="one", next_try_at=due)
    assert 45 <= gauge("lag_seconds", queue="outbox") < 75


def test_open_matters_are_told_by_kind_also_when_there_are_none() -> None:
    assert gauge("open_concerns", kind="mismatch") == 0
    Concern.raise_about_customer(None, ConcernKind.MISMATCH, "The amounts differ.")
    assert gauge("open_concerns", kind="mismatch") == 1


def test_a_worker_that_was_never_heard_is_silent_for_ever() -> None:
    assert gauge("silence_seconds", process="worker") == float("inf")
    beat("worker")
    assert gauge("silence_seconds", process="worker") < 30


def test_a_redis_that_does_not_answer_is_told_beside_everything_else(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert gauge("part_up", part="broker") == 0
    assert gauge("part_up", part="database") == 1


@pytest.mark.redis
def test_the_queues_at_redis_are_told(settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    assert gauge("broker_queue_length", queue="payments") == 0
    assert gauge("part_up", part="broker") == 1


# --- What it costs --------------------------------------------------------------------------------
SMALL = ("config_heartbeat", "flows_whatsappflow", "customer_data_gatewaypause", "customer_data_pollbudget", "pg_stat_activity")
"""Tables of a few rows, whatever happens."""


def test_no_question_scans_a_table_that_grows() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Watching().collect())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # small tables are scanned for speed; now only where no index would do
        scans = {scan for query in asked for scan in _scans(cursor, query["sql"])}
    assert {scan for scan in scans if scan not in SMALL} == set()


def _scans(cursor: Any, query: str) -> list[str]:
    cursor.execute(f"EXPLAIN (FORMAT JSON) {query}")
    return re.findall(r"'Node Type': 'Seq Scan'.*?'Relation Name': '(\w+)'", str(cursor.fetchone()[0]))


def test_a_question_is_asked_once_for_each_figure() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Watching().collect())
    assert len(asked) <= 32


def test_whatever_waits_is_counted_up_to_a_limit() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(Watching().collect())
    counts = [query["sql"] for query in asked if "COUNT(*) FROM (SELECT" in query["sql"]]
    assert len([sql for sql in counts if f"LIMIT {MOST_COUNTED}" in sql]) == len(WAITING)


# --- Several processes ----------------------------------------------------------------------------
ONE_PROCESS = """
import django, json
django.setup()
from config import metrics
from prometheus_client import generate_latest
metrics.count_step(name="message out", facts={"kind": "text", "outcome": "accepted"})
metrics.count_step(name="gateway called", facts={"gateway": "paynow", "call": "trace", "outcome": "answered", "ms": 30})
print(json.dumps(generate_latest(metrics.counted()).decode()))
"""


def test_processes_that_share_a_folder_are_told_together_also_when_they_have_ended(tmp_path: Path) -> None:
    shared = {"METRICS_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.tests.settings"}
    for _ in range(2):
        said = _run(ONE_PROCESS, shared)
    assert 'paydesk_messages_out_total{kind="text",outcome="accepted"} 2.0' in said
    assert 'paydesk_gateway_seconds_bucket{call="trace",gateway="paynow",le="0.05"} 2.0' in said


def _run(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return str(json.loads(done.stdout))
