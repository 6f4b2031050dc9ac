"""Figures as the desk reads them: a few hundred rows, added up here by currency and way to pay. US dollars and ZiG never meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from desk.figures.buckets import add_up, percentile
from desk.models import DayFigures, DayForms

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Taken:
    """Money of one currency: what came in, what went back, and from how many payments."""

    payments: int = 0
    taken: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.taken - self.returned


@dataclass(frozen=True)
class MethodFigures:
    """How attempts to pay in one way ended, and how long the paid ones took."""

    successful: int = 0
    ended_unpaid: int = 0
    seconds_to_paid: Counter[int] = field(default_factory=Counter)

    @property
    def ended(self) -> int:
        return self.successful + self.ended_unpaid

    @property
    def success_percent(self) -> int | None:
        """Of the attempts that ended, rounded down: 99 % is never called 100. None when none has ended."""
        return self.successful * 100 // self.ended if self.ended else None

    def seconds_within_which(self, percent: int) -> int | None:
        return percentile(self.seconds_to_paid, percent)


def figures_since(first: date) -> list[DayFigures]:
    return list(DayFigures.objects.filter(day__gte=first).order_by("day", "currency", "payment_method"))


def forms_since(first: date) -> list[DayForms]:
    return list(DayForms.objects.filter(day__gte=first).order_by("day", "flow_name"))


def taken_in(figures: Iterable[DayFigures]) -> Taken:
    """The money in `figures`, which are of one currency."""
    rows = list(figures)
    if len({row.currency for row in rows}) > 1:
        raise ValueError("Amounts of different currencies are not added up.")
    return Taken(
        payments=sum(row.successful for row in rows),
        taken=sum((row.taken for row in rows), ZERO),
        returned=sum((row.returned for row in rows), ZERO),
    )


def how_they_ended(figures: Iterable[DayFigures]) -> MethodFigures:
    """Of one way to pay, or of several together."""
    rows = list(figures)
    return MethodFigures(
        successful=sum(row.successful for row in rows),
        ended_unpaid=sum(row.ended_unpaid for row in rows),
        seconds_to_paid=add_up(row.seconds_to_paid for row in rows),
    )
