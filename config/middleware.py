"""The outermost middleware: requests are counted, and Prometheus is answered before anything else can refuse it.

Prometheus asks each process at its own address, without TLS and under no name of ours, so its door stands before the checks of
host name and scheme, and has its own: a token, or this machine itself.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from config.metrics import counted
from config.watching import Watching

METRICS_PATH = "/metrics"
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_SAID_BY_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")


def metrics_door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: `/metrics` for who may read it; for everybody else there is nothing."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info != METRICS_PATH:
            return get_response(request)
        if request.method not in ("GET", "HEAD") or not may_read(request):
            return HttpResponseNotFound(b"Not found\n", content_type="text/plain")
        return HttpResponse(_everything(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return answer


def may_read(request: HttpRequest) -> bool:
    """With METRICS_TOKEN who names it; without, this machine, unless a proxy says that it asks for somebody else."""
    if settings.METRICS_TOKEN:
        return constant_time_compare(request.META.get("HTTP_AUTHORIZATION", ""), f"Bearer {settings.METRICS_TOKEN}")
    is_forwarded = any(name in request.META for name in _SAID_BY_PROXIES)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not is_forwarded


def _everything() -> bytes:
    read_now = CollectorRegistry()
    read_now.register(Watching())
    return generate_latest(counted()) + generate_latest(read_now)
