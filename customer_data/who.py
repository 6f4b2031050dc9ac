"""Who acts now, and why: what the record of changes keeps beside every change of a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


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
