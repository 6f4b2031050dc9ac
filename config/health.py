"""`/healthz`: this process answers. `/readyz`: which part of the house does its work and which does not; staff read it on *Today*.

`/readyz` is 503 when any part is not well: for people, scripts and the start of the house. `/readyz?web` is for a load balancer,
and 503 only for what makes a web process useless. Without a broker, a worker or a clock payments are still opened and kept, and are
sent when those are back: if that took the web processes out of service, all at once, customers would get nothing instead of *please
wait*.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from config.celery import app
from config.models import silence_of
from config.watching import due_in
from customer_data.money import Currency
from customer_data.offer import methods_for
from desk.dashboard import today
from desk.health import Process
from flows.keys import private_keys

LONGEST_SILENCE = timedelta(seconds=30)  # six heartbeats
LONGEST_LAG = timedelta(minutes=1)


class NotWell(Exception):
    """A part does not do its work; the sentence says what is seen."""


class NotSetUp(Exception):
    """Something that the business still has to enter. The house runs, and says so."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive. Asks nothing and nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """What each part says, and 503 when one is not well; with `?web` only what a web process cannot do without."""
    asked = NEEDED_BY_WEB if "web" in request.GET else tuple(PARTS)
    said = {name: _answer(PARTS[name]) for name in asked}
    is_well = all(well for _, well in said.values())
    return JsonResponse(
        {"status": "ok" if is_well else "not ready", "parts": {name: words for name, (words, _) in said.items()}},
        status=HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE,
    )


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the staff's first page is made of: *Today*, with the signs of life of the processes behind it."""
    return {**context, "title": "Today", "today": today(request, processes=[_process(name) for name in ("worker", "clock")])}


def _process(name: str) -> Process:
    silence = silence_of(name)
    if silence is None:
        return Process(name, "It was never heard. Is it started?", is_well=False)
    if silence <= LONGEST_SILENCE:
        return Process(name, "It works.", is_well=True)
    return Process(
        name, f"Silent since {date_format(timezone.localtime(timezone.now() - silence), 'j M, H:i')}. Is it started?", is_well=False
    )


def _answer(ask: Callable[[], None]) -> tuple[str, bool]:
    """What a part says, and whether it is well."""
    try:
        ask()
    except NotSetUp as missing:
        return str(missing), True
    except NotWell as complaint:
        return str(complaint), False
    except Error:
        return "the database does not answer", False
    except (OperationalError, OSError):
        return "the broker does not answer", False
    return "ok", True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _ask_migrations() -> None:
    """Ones that the database has and we do not know are no trouble: newer code was started beside us."""
    done = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    missing = sorted(f"{app}.{name}" for app, name in migrations_of_ours() - done)
    if missing:
        raise NotWell(f"the database lacks {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}: run migrate")


@cache
def migrations_of_ours() -> frozenset[tuple[str, str]]:
    """App and name, read off the folders; nothing is imported."""
    return frozenset(_migrations_of_ours())


def _migrations_of_ours() -> Iterator[tuple[str, str]]:
    for part in apps.get_app_configs():
        is_ours = part.path.startswith(str(settings.BASE_DIR)) and "site-packages" not in part.path
        found = find_spec(f"{part.name}.migrations") if is_ours else None
        if found is not None:
            modules = pkgutil.iter_modules(found.submodule_search_locations)
            yield from ((part.label, module.name) for module in modules if module.name[:4].isdigit())


def _ask_flow_key() -> None:
    try:
        keys = private_keys()
    except ValueError as problem:
        raise NotWell(f"the key of our Flows cannot be read: {problem}") from None
    if not keys:
        raise NotSetUp("WHATSAPP_FLOW_PRIVATE_KEY is not set: no form can be opened")


def _ask_gateways() -> None:
    if not any(methods_for(currency) for currency in Currency.values):
        raise NotSetUp("no gateway is configured, or all are paused: no form offers a way to pay")


def _ask_sweep() -> None:
    first = due_in("sweep", timezone.now()).values_list("next_check_at", flat=True).first()
    if first is not None and timezone.now() - first > LONGEST_LAG:
        raise NotWell(f"a payment has been due for {int((timezone.now() - first).total_seconds())} seconds")


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
    "migrations": _ask_migrations,
    "flow key": _ask_flow_key,
    "gateway": _ask_gateways,
    "sweep": _ask_sweep,
    "broker": _ask_broker,
    "worker": _ask_worker,
    "clock": _ask_clock,
}

NEEDED_BY_WEB = ("database", "migrations")
"""Every web process has the same settings and the same broker: to take one out for want of those would take out all."""
