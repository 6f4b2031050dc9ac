"""What each process counts: requests, tasks, calls of gateways, moves of payments, messages. `/metrics` adds up all processes.

The processes of one machine share a folder of small files (METRICS_DIR), so that whichever web process is asked answers for all of
them, the workers and the clock. Without that folder each process knows itself alone.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

if settings.METRICS_DIR:  # read by the library when it is imported
    os.environ.update(PROMETHEUS_MULTIPROC_DIR=settings.METRICS_DIR)

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

if settings.METRICS_DIR:  # containers that share the folder have the same process ids
    values.ValueClass = values.MultiProcessValue(lambda: f"{socket.gethostname()}-{os.getpid()}")  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NETWORK = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("paydesk_requests", "Requests answered.", ["view", "method", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram("paydesk_request_seconds", "Time until the answer.", ["view"], registry=REGISTRY, buckets=_QUICK)
TASKS = Counter("paydesk_tasks", "Tasks that workers ended.", ["task", "outcome"], registry=REGISTRY)
TASK_SECONDS = Histogram("paydesk_task_seconds", "Time a task took.", ["task"], registry=REGISTRY, buckets=_NETWORK)
GATEWAY_CALLS = Counter("paydesk_gateway_calls", "Calls of payment gateways.", ["gateway", "call", "outcome"], registry=REGISTRY)
GATEWAY_SECONDS = Histogram(
    "paydesk_gateway_seconds",
    "Time until the gateway answered, or did not.",
    ["gateway", "call"],
    registry=REGISTRY,
    buckets=_NETWORK,
)
NOTIFICATIONS = Counter("paydesk_notifications", "Status updates of gateways, judged.", ["gateway", "outcome"], registry=REGISTRY)
MOVES = Counter("paydesk_payment_moves", "Moves of payments.", ["was", "now", "source"], registry=REGISTRY)
FORMS = Counter("paydesk_form_answers", "Requests of Flows, answered.", ["action", "shown", "status"], registry=REGISTRY)
CHAT = Counter("paydesk_chat_messages", "Messages of customers, taken.", ["kind"], registry=REGISTRY)
MESSAGES = Counter("paydesk_messages_out", "Tries to hand a message to WhatsApp.", ["kind", "outcome"], registry=REGISTRY)
REPORTED = Counter("paydesk_messages_reported", "What WhatsApp said became of messages.", ["status"], registry=REGISTRY)

_STEPS: dict[str, tuple[Counter, tuple[str, ...]]] = {
    "gateway called": (GATEWAY_CALLS, ("gateway", "call", "outcome")),
    "notification judged": (NOTIFICATIONS, ("gateway", "outcome")),
    "payment moved": (MOVES, ("was", "now", "source")),
    "form answered": (FORMS, ("action", "shown", "status")),
    "chat message taken": (CHAT, ("kind",)),
    "message out": (MESSAGES, ("kind", "outcome")),
    "message reported": (REPORTED, ("status",)),
}
"""Which steps of a thread are counted, and by which of their facts."""

UNSEEN = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: they would drown the rest."""


def count_step(*, name: str, facts: Mapping[str, Any], **_: Any) -> None:
    """A receiver of `correlation.step_taken`."""
    counted = _STEPS.get(name)
    if counted is None:
        return
    counter, labels = counted
    counter.labels(*(str(facts[label] or "") for label in labels)).inc()
    if name == "gateway called":
        GATEWAY_SECONDS.labels(facts["gateway"], facts["call"]).observe(facts["ms"] / 1000)


def count_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, outside all that can refuse a request."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        if request.path not in UNSEEN:
            view = _view_of(request)
            REQUESTS.labels(view, _method_of(request), str(response.status_code)).inc()
            REQUEST_SECONDS.labels(view).observe(time.perf_counter() - began)
        return response

    return answer


def _view_of(request: HttpRequest) -> str:
    """The view's name or route: never the path, which anybody makes up and which may hold a reference."""
    match = request.resolver_match
    return "none" if match is None else match.view_name if match.url_name else match.route


def _method_of(request: HttpRequest) -> str:
    return request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"


# --- Tasks ----------------------------------------------------------------------------------------
def begin_task(*, task: Any, **_: Any) -> None:
    task.request.paydesk_began = time.perf_counter()


def end_task(*, task: Any, state: str | None = None, **_: Any) -> None:
    """`state` is Celery's: SUCCESS, FAILURE, RETRY."""
    TASKS.labels(task.name, (state or "unknown").lower()).inc()
    began = getattr(task.request, "paydesk_began", None)
    if began is not None:
        TASK_SECONDS.labels(task.name).observe(time.perf_counter() - began)


# --- All processes of this machine ----------------------------------------------------------------
def counted() -> CollectorRegistry:
    """What was counted here: by all processes that share METRICS_DIR, or by this one."""
    if not settings.METRICS_DIR:
        return REGISTRY
    together = CollectorRegistry()
    with suppress(ValueError):  # the folder went away: what is gauged is still told
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
