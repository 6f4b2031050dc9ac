"""Sentry and OpenTelemetry: off, and not even imported, until the environment names where to send.

SENTRY_DSN sends errors. What leaves is an allowlist: the error, where in our code, and the thread of events; never a body, a
header, a cookie, a query string, a local variable or a breadcrumb, and people's numbers are hidden as in the log.

OTEL_EXPORTER_OTLP_ENDPOINT sends spans over OTLP/HTTP: requests, tasks, calls of gateways and of WhatsApp. All spans of one thread
of events are one trace, and its id is the correlation id with zeros before it. A span is made when its work has ended: only then is
it known to which thread the work belongs.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config.logs import private
from customer_data import correlation

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

SERVICE = "paydesk"
_CALLS = {"gateway called": "gateway", "whatsapp called": "whatsapp"}
"""The steps that are calls of others and say how many milliseconds they took."""

_tracer: Tracer | None = None


def switch_on() -> None:
    """What the environment names. Called once in each process, when it starts."""
    if os.environ.get("SENTRY_DSN"):
        _start_sentry(os.environ["SENTRY_DSN"])
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _start_tracing()


# --- Sentry ---------------------------------------------------------------------------------------
def _start_sentry(address: str) -> None:
    import sentry_sdk  # noqa: PLC0415  a second of start-up that most processes need not pay
    from sentry_sdk.integrations.celery import CeleryIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.django import DjangoIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=address,
        environment=os.environ.get("SENTRY_ENVIRONMENT", "production"),
        before_send=scrubbed,
        integrations=[DjangoIntegration(transaction_style="function_name"), CeleryIntegration()],
        auto_enabling_integrations=False,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
    )


_KEPT = ("event_id", "timestamp", "level", "logger", "platform", "environment", "release", "sdk", "exception")


def scrubbed(event: Any, _hint: dict[str, Any]) -> Any:
    """Of an event for Sentry only what may leave."""
    kept: dict[str, Any] = {name: event[name] for name in _KEPT if name in event}
    message = event.get("logentry") or {}
    if message:  # its parameters are left out; they stand in the text, where numbers are hidden
        kept["logentry"] = {"message": private(str(message.get("formatted") or message.get("message") or ""))}
    for error in (kept.get("exception") or {}).get("values", ()):
        error["value"] = private(str(error.get("value") or ""))
        for frame in (error.get("stacktrace") or {}).get("frames", ()):
            frame.pop("vars", None)
    where = str(event.get("transaction") or "")
    kept["transaction"] = "" if "/" in where else where  # a view or a task by name; a path may name a payment
    kept["tags"] = {"correlation_id": correlation.thread_here()}
    return kept


# --- OpenTelemetry --------------------------------------------------------------------------------
def _start_tracing() -> None:
    from celery.signals import task_postrun, task_prerun  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  as above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.id_generator import IdGenerator  # noqa: PLC0415

    class ThreadIds(IdGenerator):
        """A trace is a thread of events."""

        def generate_trace_id(self) -> int:
            return int(correlation.thread_here() or correlation.new_id(), 16)

        def generate_span_id(self) -> int:
            return random.getrandbits(64) or 1

    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), id_generator=ThreadIds())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    globals()["_tracer"] = provider.get_tracer(SERVICE)
    correlation.step_taken.connect(_call_ended, dispatch_uid="telemetry")
    task_prerun.connect(_task_begins, dispatch_uid="telemetry")
    task_postrun.connect(_task_ended, dispatch_uid="telemetry")


def spans_of_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, inside the thread of the request. Not used while tracing is off."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        raise MiddlewareNotUsed

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.time_ns()
        response = get_response(request)
        match = request.resolver_match
        name = "none" if match is None else match.view_name if match.url_name else match.route
        facts = {"http.request.method": request.method or "", "http.response.status_code": response.status_code}
        _span(f"request {name}", began, facts, is_error=response.status_code >= 500)
        return response

    return answer


def _task_begins(*, task: Any, **_: Any) -> None:
    task.request.paydesk_span_began = time.time_ns()


def _task_ended(*, task: Any, state: str | None = None, **_: Any) -> None:
    began = getattr(task.request, "paydesk_span_began", None)
    if began is not None:
        _span(f"task {task.name}", began, {"celery.state": state or ""}, is_error=state == "FAILURE")


def _call_ended(*, name: str, facts: Mapping[str, Any], **_: Any) -> None:
    if name in _CALLS:
        began = time.time_ns() - int(facts["ms"]) * 1_000_000
        said = {f"paydesk.{fact}": value for fact, value in facts.items() if value is not None}
        _span(f"{facts.get('gateway', _CALLS[name])} {facts['call']}", began, said, is_error=facts["outcome"] != "answered")


def _span(name: str, began: int, facts: Mapping[str, Any], *, is_error: bool) -> None:
    """One piece of work that has ended. `began` is in nanoseconds since 1970."""
    from opentelemetry.context import Context  # noqa: PLC0415  imported by now
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    if _tracer is None:
        return
    span = _tracer.start_span(name, context=Context(), start_time=began, attributes=dict(facts))
    span.set_attribute("paydesk.correlation_id", correlation.thread_here())
    if is_error:
        span.set_status(Status(StatusCode.ERROR))
    span.end()
