"""Closing a day: its figures are written down once, by name, and never change. What comes later is shown as later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customer_data.money import show_amount
from desk.matching import MOST_DAYS, Day, covered, days_of
from desk.matching.verdicts import lock_matching
from desk.models import ClosedDay, SourceKind

LABELS = {
    "taken": "taken through Paynow",
    "transfers": "transfers to the bank",
    "elsewhere": "cash and other",
    "returned": "refunded",
    "at_paynow": "Paynow's lines",
    "fees": "Paynow's fees",
    "money_in": "money in at the bank",
    "money_out": "money out at the bank",
}
"""The figures whose later change is told."""


class NotClosed(Exception):
    """The day was not closed; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Later:
    """What came to a day after it was closed: in words, such as `Paynow's lines: US$ 20.00 more`."""

    day: date
    changes: tuple[str, ...]


def figures_of(day: Day) -> dict[str, Any]:
    """Every figure of the day as text, as it is kept."""
    amounts = {name: str(getattr(day, name).amount) for name in LABELS if name != "fees"}
    counts = {f"{name}_count": getattr(day, name).count for name in LABELS if name != "fees"}
    return {
        **amounts,
        **counts,
        "fees": str(day.fees),
        "matched": str(day.matched.amount),
        "matched_count": day.matched.count,
        "exceptions": day.exceptions,
        "by_method": {method: [each.count, str(each.amount)] for method, each in sorted(day.by_method.items())},
    }


def exceptions_of(day: Day, currency: str) -> list[str]:
    """What is not in order on the day, in sentences. Closing all the same needs a reason."""
    found = []
    if day.day >= timezone.localdate():
        found.append("The day is not over: money may still come.")
    spans = covered(currency)
    for kind, amount in ((SourceKind.PAYNOW, day.taken), (SourceKind.BANK, day.transfers)):
        span = spans.get(kind)
        if amount.count and (span is None or not span[0] <= day.day <= span[1]):
            found.append(f"{kind.label} does not reach this day: import it.")
    if day.undecided:
        found.append(f"{day.undecided} line{_s(day.undecided)} of a statement {_is(day.undecided)} not matched.")
    for missing_on, amount in day.missing.items():
        shown = show_amount(amount.amount, currency)
        found.append(f"{amount.count} payment{_s(amount.count)} ({shown}) on no line of: {SourceKind(missing_on).label}.")
    if day.refunds_missing.count:
        shown = show_amount(day.refunds_missing.amount, currency)
        found.append(
            f"{day.refunds_missing.count} refund{_s(day.refunds_missing.count)} ({shown}) that the bank statement does not know."
        )
    return found


def close_day(day: date, currency: str, *, note: str, by: Any) -> ClosedDay:
    """Write the day's figures down for good. Raises NotClosed."""
    if day > timezone.localdate():
        raise NotClosed("This day has not begun. Nothing was closed.")
    try:
        with transaction.atomic():
            lock_matching()  # no line changes while the figures are read
            now = days_of(day, day, currency)[day]
            exceptions = exceptions_of(now, currency)
            if exceptions and not note:
                raise NotClosed(
                    f"Not closed: {' '.join(exceptions)} Say why the day is closed all the same, or settle these first."
                )
            figures = figures_of(now) | {"open": exceptions}
            return ClosedDay.objects.create(day=day, currency=currency, figures=figures, note=note, closed_by=by)
    except IntegrityError:
        closed = ClosedDay.objects.select_related("closed_by").get(day=day, currency=currency)
        at = timezone.localtime(closed.closed_at)
        raise NotClosed(f"{closed.closed_by} has closed this day already, on {at:%d %b %Y at %H:%M}. Its figures stay.") from None


def later_than_closed(last: date, currency: str) -> list[Later]:
    """Closed days of the month up to `last` to which something came after they were closed, newest first."""
    first = last - timedelta(days=MOST_DAYS - 1)
    closed = ClosedDay.objects.filter(day__gte=first, day__lte=last, currency=currency).order_by("-day")
    days = days_of(first, last, currency) if closed else {}
    return list(_changed(closed, days, currency))


def amount_of(closed: ClosedDay, name: str) -> Decimal:
    """One figure of a closed day."""
    return Decimal(str(closed.figures.get(name, "0")))


def _changed(closed: Iterable[ClosedDay], days: dict[date, Day], currency: str) -> Iterable[Later]:
    for each in closed:
        now = figures_of(days[each.day])
        changes = [_change(label, amount_of(each, name), Decimal(str(now[name])), currency) for name, label in LABELS.items()]
        if any(changes):
            yield Later(each.day, tuple(change for change in changes if change))


def _change(label: str, was: Decimal, now: Decimal, currency: str) -> str:
    if was == now:
        return ""
    return f"{label}: {show_amount(abs(now - was), currency)} {'more' if now > was else 'less'}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
