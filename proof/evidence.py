"""Everything a verdict is given: the plan, what the driver saw and did, and the books of the other side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from proof.books import Books
from proof.cast import Cast
from proof.form import Story
from proof.plan import Forgery, Plan

MARGIN_SECONDS = 2.0
"""Around an outage: connections are made again, and the clocks of two processes are read."""


@dataclass(frozen=True)
class Forged:
    """A status update that was made up, and what we answered."""

    kind: Forgery
    reference: str
    body: bytes = field(repr=False)
    answers: tuple[int, ...]


@dataclass(frozen=True)
class Failure:
    """An answer of 5xx: when (seconds since 1970), which, and to whom."""

    at: float
    status: int
    to: str


@dataclass(frozen=True)
class Evidence:
    plan: Plan
    cast: Cast
    books: Books
    stories: Sequence[Story]
    forged: Sequence[Forged]
    failures: Sequence[Failure]
    """Answers of 5xx to customers' forms and messages, to the simulators, and to whoever forged."""
    customer_webhooks_taken: Sequence[str]
    database_away: Sequence[tuple[float, float]]
    logs: Path
    environment: Mapping[str, str] = field(repr=False)
    unsettled: Sequence[str] = ()
    """What was still under way when the schedule had run out."""
    killed: int = 0
    """How many processes were killed."""
    refunded: Sequence[str] = ()
    """References of payments that two members of staff asked to give back in whole, and several approved and paid back."""

    def was_database_away(self, at: float) -> bool:
        return any(start - MARGIN_SECONDS <= at <= end + MARGIN_SECONDS for start, end in self.database_away)
