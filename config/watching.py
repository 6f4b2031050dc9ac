"""What is read off the database and the broker each time `/metrics` is asked: lags, ages, what waits, who is silent.

Every question has its index: none becomes slower with a million payments. A part that does not answer is reported as not well,
and the others are told all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Min, Model, Q, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.models import Heartbeat
from customer_data.models import Change, Concern, ConcernKind, Payment, Refund, Seal
from customer_data.status import OPEN
from desk.health import flows_health, gateways_health
from flows.models import Message, SentFile, Update
from paynow_integration.models import Outcome, PaynowNotification

MOST_COUNTED = 10_000
"""More than that waiting is told as so many: an alarm needs no exact figure, and a count must stay cheap."""

AGES = {"1m": timedelta(minutes=1), "10m": timedelta(minutes=10), "1h": timedelta(hours=1), "1d": timedelta(days=1)}

PROCESSES = ("worker", "clock")


class Watching(Collector):
    """Asked at each scrape; keeps nothing."""

    def describe(self) -> list[Metric]:
        return []  # registering asks nobody

    def collect(self) -> Iterator[Metric]:
        well = _gauge("part_up", "Whether a part answers at all: 1 or 0.", "part")
        for part, (ask, errors) in PARTS.items():
            try:
                told = list(ask(timezone.now()))
            except errors:
                well.add_metric([part], 0)
            else:
                well.add_metric([part], 1)
                yield from told
        yield well


def _from_database(now: datetime) -> Iterator[Metric]:
    yield from _payments(now)
    yield from _lags(now)
    yield from _matters()
    yield from _gateways(now)
    yield _flows()
    yield _silence(now)
    yield from _record(now)
    yield from _connections()


# --- Payments -------------------------------------------------------------------------------------
def _payments(now: datetime) -> Iterator[Metric]:
    waiting = _gauge("open_payments", "Payments that have not come to an end, by status.", "status")
    older = _gauge("open_payments_older", "Those of them that were asked for longer ago than this.", "status", "than")
    oldest = _gauge("oldest_open_payment_seconds", "Age of the oldest of them; 0 without any.", "status")
    rows = {row["status"]: row for row in open_payments(now)}
    for status in sorted(OPEN):
        row = rows.get(status, {})
        waiting.add_metric([status], row.get("number", 0))
        oldest.add_metric([status], _seconds(row.get("first"), now))
        for name in AGES:
            older.add_metric([status, name], row.get(f"older_{name}", 0))
    yield from (waiting, older, oldest)


def open_payments(now: datetime) -> QuerySet[Payment, Any]:
    """By status, through the index that lets a booking have one open payment."""
    by_age = {f"older_{name}": Count("pk", filter=Q(created_at__lte=now - age)) for name, age in AGES.items()}
    still_open = Payment.objects.filter(status__in=sorted(OPEN)).order_by().values("status")
    return still_open.annotate(number=Count("pk"), first=Min("created_at"), **by_age)


# --- What waits for the clock or a worker ---------------------------------------------------------
WAITING: dict[str, tuple[type[Model], str, Q]] = {
    "sweep": (Payment, "next_check_at", Q()),
    "refunds": (Refund, "next_check_at", Q()),
    "outbox": (Message, "next_try_at", Q()),
    "inbox": (Update, "next_try_at", Q()),
    "files": (SentFile, "next_try_at", Q()),
    "notifications": (PaynowNotification, "received_at", Q(outcome=Outcome.RECEIVED)),
}
"""Each queue that rests in the database: its rows, and the moment from which on they are due."""


def _lags(now: datetime) -> Iterator[Metric]:
    lag = _gauge("lag_seconds", "How long the first of what is due has waited beyond its moment; 0 when nothing is due.", "queue")
    due = _gauge("due", f"How much is due, at most {MOST_COUNTED}.", "queue")
    for name in WAITING:
        rows = due_in(name, now)
        lag.add_metric([name], _seconds(rows.values_list(WAITING[name][1], flat=True).first(), now))
        due.add_metric([name], rows[:MOST_COUNTED].count())
    yield from (lag, due)


def due_in(queue: str, now: datetime) -> QuerySet[Model]:
    """What is due in a queue, longest first."""
    model, moment, condition = WAITING[queue]
    rows: QuerySet[Model] = model._default_manager.filter(condition, **{f"{moment}__lte": now})
    return rows.order_by(moment)


# --- Matters, gateways, Flows ---------------------------------------------------------------------
def _matters() -> Iterator[Metric]:
    matters = _gauge("open_concerns", "Matters for a person that nobody has solved, by kind.", "kind")
    found = {row["kind"]: row["number"] for row in open_concerns()}
    for kind in ConcernKind.values:
        matters.add_metric([kind], found.get(kind, 0))
    yield matters


def open_concerns() -> QuerySet[Concern, Any]:
    return Concern.objects.filter(solved_at__isnull=True).order_by().values("kind").annotate(number=Count("pk"))


def _gateways(now: datetime) -> Iterator[Metric]:
    paused = _gauge("gateway_paused", "Whether staff have paused a gateway.", "gateway")
    troubles = _gauge("gateway_troubles", "Payments that ended in the last hour because of the gateway.", "gateway")
    unsent = _gauge("gateway_unsent", "Payments that could not be handed over yet.", "gateway")
    overdue = _gauge("gateway_overdue", "Questions that should have been asked minutes ago.", "gateway")
    answered = _gauge(
        "gateway_last_answer_seconds", "Since it last said how one of the day's payments stands; else infinite.", "gateway"
    )
    expected = _gauge(
        "updates_expected", "Of the latest payments that became paid, how many should have brought an update.", "gateway"
    )
    received = _gauge("updates_received", "Of those, how many brought one.", "gateway")
    for gateway in gateways_health(now=now):
        name = [gateway.name]
        paused.add_metric(name, gateway.is_paused)
        troubles.add_metric(name, gateway.troubles)
        unsent.add_metric(name, gateway.unsent)
        overdue.add_metric(name, gateway.overdue)
        if gateway.answers:
            answered.add_metric(name, _seconds(gateway.last_answer_at, now) if gateway.last_answer_at else float("inf"))
        if gateway.updates is not None:
            expected.add_metric(name, gateway.updates.expected)
            received.add_metric(name, gateway.updates.received)
    yield from (paused, troubles, unsent, overdue, answered, expected, received)


def _flows() -> Metric:
    well = _gauge("flow_well", "Whether Meta has nothing against a Flow: 1 or 0.", "flow", "status")
    for flow in flows_health():
        well.add_metric([flow.label, flow.status or "not at Meta"], flow.is_well and flow.status not in ("BLOCKED", "THROTTLED"))
    return well


# --- Processes, the record, the database ----------------------------------------------------------
def _silence(now: datetime) -> Metric:
    silence = _gauge("silence_seconds", "Since a worker and the clock last showed that they work; infinite when never.", "process")
    heard = dict(Heartbeat.objects.values_list("name", "beaten_at"))
    for name in PROCESSES:
        silence.add_metric([name], _seconds(heard[name], now) if name in heard else float("inf"))
    return silence


def _record(now: datetime) -> Iterator[Metric]:
    """What was changed and is under no seal yet: seconds since the first of it."""
    unsealed = _gauge("unsealed_seconds", "Age of the first change that is under no seal; 0 when all are.")
    last_id = Seal.objects.order_by("-number").values_list("last_id", flat=True).first() or 0
    first = Change.objects.filter(pk__gt=last_id).order_by("pk").values_list("at", flat=True).first()
    unsealed.add_metric([], _seconds(first, now))
    yield unsealed


def _connections() -> Iterator[Metric]:
    used = _gauge("database_connections", "Connections to our database.")
    most = _gauge("database_connections_max", "How many the server takes in all.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE datname = current_database()"
        )
        ours, limit = cursor.fetchone()
    used.add_metric([], ours)
    most.add_metric([], limit)
    yield from (used, most)


# --- The broker -----------------------------------------------------------------------------------
def _from_broker(now: datetime) -> Iterator[Metric]:
    """Where it is Redis. The broker of files is for development."""
    if not settings.REDIS_URL:
        return
    waiting = _gauge("broker_queue_length", "Tasks that no worker has taken yet.", "queue")
    taken = _gauge("broker_unacknowledged", "Tasks that a worker has taken and not ended.")
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as broker:
        for queue in settings.CELERY_TASK_QUEUES:
            waiting.add_metric([queue.name], broker.llen(queue.name))
        taken.add_metric([], broker.hlen("unacked"))
    yield from (waiting, taken)


PARTS: dict[str, tuple[Callable[[datetime], Iterator[Metric]], tuple[type[Exception], ...]]] = {
    "database": (_from_database, (Error,)),
    "broker": (_from_broker, (redis.RedisError, OSError)),
}


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"paydesk_{name}", says, labels=labels)


def _seconds(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
