"""The thread of events that something belongs to: one short id, from the customer's message to the answer in the chat.

A thread begins where something comes in: a chat message, a call of the API, a press in the admin, a beat of the clock. It rests on
the rows that wait for somebody (a form, a payment, a message to a customer) and is taken up from there; what has no row carries it
in the header of its task. Every line of the log names it, so one search shows one payment from end to end.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse

LENGTH = 16
"""Hexadecimal digits: 64 bits, so that ten million threads a year do not meet by chance."""

BEAT = "0000"
"""How the id of a beat of the clock begins, and no other. One beat may speak to many customers, so no row takes its id."""

RESPONSE_HEADER = "X-Correlation-Id"
TASK_HEADER = "paydesk_thread"

_current: ContextVar[str] = ContextVar("correlation_id", default="")
_begun: ContextVar[tuple[Token[str], ...]] = ContextVar("tasks begun", default=())

step_taken = Signal()
"""A step of a thread was taken: `name` and `facts`, as `step` got them. Who counts listens; who decides does not."""


def new_id() -> str:
    return _not_a_beat(secrets.token_hex(LENGTH // 2))


def id_of(key: str) -> str:
    """The id of what comes under a key of its own, such as one update of WhatsApp: the same whenever it is handled."""
    return _not_a_beat(hashlib.sha256(key.encode()).hexdigest()[:LENGTH])


def thread_here() -> str:
    """The thread that this work belongs to now; empty for work that nobody began, such as a command."""
    return _current.get()


def current_id() -> str:
    """What a new row remembers: the thread here, or one that begins with the row."""
    here = _current.get()
    return here if here and not here.startswith(BEAT) else new_id()


@contextmanager
def thread(correlation_id: str = "") -> Iterator[str]:
    """Everything inside the block belongs to this thread; to a new one without an id. The former one comes back after it."""
    before = _current.set(correlation_id or new_id())
    try:
        yield _current.get()
    finally:
        _current.reset(before)


def take_up(correlation_id: str) -> None:
    """From here to the end of the request or task this work belongs to that thread. A row older than threads has none."""
    if correlation_id:
        _current.set(correlation_id)


def step(logger: logging.Logger, name: str, **facts: str | int | None) -> None:
    """One line in the log about a step of the thread. Facts are short and safe to read: nobody's words, no whole number."""
    logger.info(name, extra={"facts": facts})
    step_taken.send(None, name=name, facts=facts)


# --- Where threads begin and go on ----------------------------------------------------------------
def threads_of_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the first of all: each request begins a thread, or takes up another's, and the answer says which."""

    def answer(request: HttpRequest) -> HttpResponse:
        with thread():
            response = get_response(request)
            response[RESPONSE_HEADER] = thread_here()
            request.correlation_id = thread_here()  # type: ignore[attr-defined]  # Django says what failed after all middleware
            return response

    return answer


def hand_on(*, headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Celery is about to publish a task: it carries the thread of whoever hands it out."""
    if headers is not None and thread_here():
        headers[TASK_HEADER] = thread_here()


def begin_task(*, task: Any, **_: Any) -> None:
    """Celery is about to run a task in this thread of the process: it goes on where it was handed out, or begins anew."""
    carried = getattr(task.request, TASK_HEADER, None) or _from(getattr(task.request, "headers", None))
    before = _current.set(carried or BEAT + new_id()[len(BEAT) :])
    _begun.set((*_begun.get(), before))


def end_task(**_: Any) -> None:
    """The former thread comes back: a task may have been run inside a request."""
    *earlier, before = _begun.get()
    _begun.set(tuple(earlier))
    _current.reset(before)


def _not_a_beat(correlation_id: str) -> str:
    return "f" + correlation_id[1:] if correlation_id.startswith(BEAT) else correlation_id


def _from(headers: Mapping[str, Any] | None) -> str:
    return str((headers or {}).get(TASK_HEADER, ""))
