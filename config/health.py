"""`/healthz`: this process answers. `/readyz`: database, broker, worker and clock do their work; staff read it on *Today*."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.celery import app
from config.models import silence_of
from desk.dashboard import today
from desk.health import Process

LONGEST_SILENCE = timedelta(seconds=30)  # six heartbeats


class NotWell(Exception):
    """A part does not do its work; the sentence says what is seen."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive. Asks nothing and nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """What each part says, and 503 when one is not well."""
    parts = {name: _answer(ask) for name, ask in PARTS.items()}
    well = all(answer == "ok" for answer in parts.values())
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"status": "ok" if well else "not ready", "parts": parts}, status=status)


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the staff's first page is made of: *Today*, with the signs of life of the processes behind it."""
    return {**context, "title": "Today", "today": today(request, processes=[_process(name) for name in ("worker", "clock")])}


def _process(name: str) -> Process:
    silence = silence_of(name)
    if silence is None:
        return Process(name, "It was never heard. Is it started?", is_well=False)
    if silence <= LONGEST_SILENCE:
        return Process(name, "It works.", is_well=True)
    return Process(name, f"Silent since {date_format(localtime(now() - silence), 'j M, H:i')}. Is it started?", is_well=False)


def _answer(ask: Callable[[], None]) -> str:
    try:
        ask()
    except NotWell as complaint:
        return str(complaint)
    except Error:
        return "the database does not answer"
    except (OperationalError, OSError):
        return "the broker does not answer"
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _ask_broker() -> None:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _ask_worker() -> None:
    _require_signs_of_life("worker")


def _ask_clock() -> None:
    _require_signs_of_life("clock")


def _require_signs_of_life(name: str) -> None:
    silence = silence_of(name)
    if silence is None:
        raise NotWell(f"the {name} was never heard")
    if silence > LONGEST_SILENCE:
        raise NotWell(f"the {name} is silent for {int(silence.total_seconds())} seconds")


PARTS: dict[str, Callable[[], None]] = {
    "database": _ask_database,
    "broker": _ask_broker,
    "worker": _ask_worker,
    "clock": _ask_clock,
}
