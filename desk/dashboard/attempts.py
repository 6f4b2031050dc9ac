"""How attempts to pay end, way by way, and how long the paid ones take: over the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from customer_data.admin.wording import method_label
from desk.dashboard import links
from desk.figures import MethodFigures, how_they_ended
from desk.models import DayFigures

DAYS = 7


@dataclass(frozen=True)
class MethodAttempts:
    """One way to pay; times as `48 s` or `12 min`, empty when nothing was paid."""

    label: str
    paid: int
    ended: int
    percent: int | None
    median: str
    p90: str
    p99: str
    link: str


@dataclass(frozen=True)
class Attempts:
    methods: tuple[MethodAttempts, ...]
    together: MethodAttempts


def attempts(figures: Sequence[DayFigures], today: date) -> Attempts | None:
    """None when no attempt has ended in these days."""
    first = today - timedelta(days=DAYS - 1)
    rows = [row for row in figures if not row.is_test and row.day >= first]
    together = _of("All ways to pay", how_they_ended(rows), "")
    if not together.ended:
        return None
    names = sorted({row.payment_method for row in rows}, key=method_label)
    methods = tuple(
        _of(
            method_label(name),
            how_they_ended(row for row in rows if row.payment_method == name),
            links.ended_payments(first, payment_method=name),
        )
        for name in names
    )
    return Attempts(methods=tuple(each for each in methods if each.ended), together=together)


def _of(label: str, figures: MethodFigures, link: str) -> MethodAttempts:
    median, p90, p99 = (_in_short(figures.seconds_within_which(percent)) for percent in (50, 90, 99))
    return MethodAttempts(label, figures.successful, figures.ended, figures.success_percent, median, p90, p99, link)


def _in_short(seconds: int | None) -> str:
    """`48 s`, `12 min`, `5 h`, `2 days`: as exact as the figures are."""
    if seconds is None:
        return ""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h" if seconds < 48 * 3600 else f"{round(seconds / 86_400)} days"
