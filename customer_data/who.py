"""Who acts now, and why: what the record of changes keeps beside every change of a row.

It goes to the database with the statement itself, in a comment at its end, which the triggers of `customer_data.recording` read.
So it is exact whatever connection a thread gets, nothing stays behind in a connection, and it costs no question of its own.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

LONGEST_WHY = 500


@dataclass(frozen=True)
class Acting:
    """A member of staff by user name, or a part of the system; `why` in their words."""

    who: str
    why: str = ""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: str, why: str = "") -> Iterator[None]:
    """Everything that changes inside the block is recorded under this name and reason."""
    token = _acting.set(Acting(who, why))
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts() -> Acting | None:
    """Who acts in this thread now; None for work that nobody asked for by name."""
    return _acting.get()


def who_acts_in_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after the one that knows who is signed in: on the staff's pages, that member of staff acts."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")):
            with acting("web", request.path):
                return get_response(request)
        with acting(request.user.get_username() or "nobody signed in", _reason_given(request)):
            return get_response(request)

    return answer


def begin_task(*, task_id: str, task: Any, **_: Any) -> None:
    """Celery is about to run a task in this thread: from now on the task acts."""
    _acting.set(Acting(f"task {task.name}"))


def end_task(**_: Any) -> None:
    _acting.set(None)


def sign_statements(*, connection: Any, **_: Any) -> None:
    """A connection to the database was made: what is written through it says who acts."""
    if _signed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_signed)


def _signed(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's signature
    if isinstance(sql, str) and sql.lstrip()[:14].upper().startswith(_WRITES):
        sql = f"{sql}{_tag(_acting.get() or _THIS_PROGRAM)}"
    return execute(sql, params, many, context)


_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "SELECT PAYDESK")


@lru_cache(maxsize=256)
def _tag(acts: Acting) -> str:
    """Base64, so that no name and no reason can end the comment."""
    said = json.dumps({"who": acts.who, "why": acts.why[:LONGEST_WHY].replace("\0", "")})
    return f"/*paydesk:{base64.b64encode(said.encode()).decode()}*/"


def _reason_given(request: HttpRequest) -> str:
    """What was typed as the reason in a form of settings."""
    return " ".join(request.POST.get("reason_of_change", "").split()) if request.method == "POST" else ""


def _this_program() -> str:
    """Who acts when nobody said so: the command that was started."""
    program, *arguments = sys.argv or [""]
    return f"command {arguments[0]}" if Path(program).name == "manage.py" and arguments else Path(program).stem or "system"


_THIS_PROGRAM = Acting(_this_program()[:150])
