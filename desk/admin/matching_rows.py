"""What the page of money matching shows: the period, and each line in its row of three columns."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from customer_data.admin.desk import link_to
from customer_data.models import Payment, PaymentEvent, Refund
from customer_data.money import Currency, show_amount
from desk import matching
from desk.models import LineStatus, SourceKind, StatementLine

ROWS = 25
STATES = {
    "open": "To look at",
    "missing": "On no statement",
    "matched": "Matched",
    "set_aside": "Set aside",
    "all": "All lines",
}
COLOURS = {LineStatus.OPEN: "danger", LineStatus.PROPOSED: "warning", LineStatus.MATCHED: "success", LineStatus.SET_ASIDE: "info"}
_DAYS_AT_FIRST = 7
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Period:
    """The days, the currency and the state that were asked for; what makes no sense is replaced."""

    first: date
    last: date
    currency: str
    state: str
    before: tuple[date, int] | None = None

    @property
    def address(self) -> str:
        return self.at()

    def at(self, **changes: object) -> str:
        """The page's address with some of it changed."""
        facts = {"from": self.first, "to": self.last, "currency": self.currency, "state": self.state} | changes
        return f"{reverse('admin:desk_matching')}?{urlencode(facts)}"


def read_period(request: HttpRequest) -> Period:
    """What the address asks for: at most 31 days."""
    asked = request.POST if request.method == "POST" else request.GET
    last = min(_day(asked.get("to", "")) or timezone.localdate(), timezone.localdate() + timedelta(days=31))
    first = _day(asked.get("from", "")) or last - timedelta(days=_DAYS_AT_FIRST - 1)
    first, last = min(first, last), max(first, last)
    currency = asked.get("currency", "")
    state = asked.get("state", "")
    return Period(
        first=max(first, last - timedelta(days=matching.MOST_DAYS - 1)),
        last=last,
        currency=currency if currency in Currency.values else Currency.USD,
        state=state if state in STATES else "open",
        before=_place(asked.get("before", "")),
    )


@dataclass(frozen=True)
class Side:
    """One column of a row."""

    title: str = ""
    amount: str = ""
    more: str = ""
    link: str = ""
    is_test: bool = False


@dataclass(frozen=True)
class Row:
    """One matter: ours, Paynow's, the bank's; how it stands, why, and what can be done with one press."""

    ours: Side
    paynow: Side
    bank: Side
    status: str = ""
    colour: str = ""
    why: str = ""
    line: StatementLine | None = None
    can_confirm: bool = False
    once: str = ""
    decided_by: str = ""


def rows_of(period: Period) -> tuple[list[Row], str]:
    """The rows of this page, and the address of the next page where there is one."""
    if period.state == "missing":
        return _missing(period), ""
    lines = matching.lines_of(period.first, period.last, period.currency, period.state)
    if period.before:
        day, key = period.before
        lines = lines.filter(Q(day__lt=day) | Q(day=day, pk__lt=key))
    found = list(lines[: ROWS + 1])
    following = period.at(before=f"{found[ROWS - 1].day}_{found[ROWS - 1].pk}") if len(found) > ROWS else ""
    lumps = _lumps(found[:ROWS])
    return [_row(line, lumps.get(line.pk)) for line in found[:ROWS]], following


# --- Rows -----------------------------------------------------------------------------------------
def _row(line: StatementLine, lump: Side | None) -> Row:
    is_paynow = line.source.kind == SourceKind.PAYNOW
    ours = _payment(line.payment) if line.payment else _refund(line.refund) if line.refund else Side()
    theirs = _line(line)
    return Row(
        ours=ours,
        paynow=theirs if is_paynow else lump or Side(),
        bank=(_line(line.settled_by) if line.settled_by else Side()) if is_paynow else theirs,
        status=line.get_status_display(),
        colour=COLOURS[LineStatus(line.status)],
        why=line.why,
        line=line,
        can_confirm=line.status == LineStatus.PROPOSED and not matching.needs_reason(line),
        once=str(uuid.uuid4()),
        decided_by=str(line.decided_by or ""),
    )


def _line(line: StatementLine) -> Side:
    more = [f"{line.day:%d %b %Y}", line.their_status, line.reference or line.their_reference, line.words[:80]]
    if line.fee:
        more.insert(1, f"fee {show_amount(line.fee, line.currency)}")
    return Side(
        title=line.their_reference or line.reference or line.words[:40] or f"Line {line.line_number}",
        amount=show_amount(line.amount, line.currency),
        more=" · ".join(dict.fromkeys(part for part in more if part)),
        link=link_to(line)[0],
    )


def _payment(payment: Payment) -> Side:
    more = f"{payment.booking.booking_reference} · {payment.get_status_display()}"
    return Side(payment.reference, payment.amount_shown, more, link_to(payment)[0], payment.is_test)


def _refund(refund: Refund) -> Side:
    link = link_to(refund)[0] if admin.site.is_registered(Refund) else ""
    return Side(refund.reference, f"-{refund.amount_shown}", f"Refund · {refund.get_status_display()}", link)


def _lumps(lines: Sequence[StatementLine]) -> dict[int, Side]:
    """For pay-outs at the bank: Paynow's lines in them, summed, in one query."""
    keys = [line.pk for line in lines if line.source.kind == SourceKind.BANK]
    grouped = (
        StatementLine.objects.filter(settled_by__in=keys)
        .values("settled_by", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"), fees=Sum("fee"))
        .order_by()
    )
    return {row["settled_by"] or 0: _lump(row["count"], row["total"], row["fees"], row["currency"]) for row in grouped}


def _lump(count: int, total: Decimal, fees: Decimal | None, currency: str) -> Side:
    more = f"fees {show_amount(fees, currency)}" if fees else ""
    return Side(f"{count} line{'' if count == 1 else 's'}", show_amount(total, currency), more)


def _missing(period: Period) -> list[Row]:
    payments = matching.payments_without_line(period.first, period.last, period.currency, most=ROWS)
    refunds = matching.refunds_without_line(period.first, period.last, period.currency)[:ROWS]
    return [*(_missing_payment(event) for event in payments), *(_missing_refund(refund) for refund in refunds)]


def _missing_payment(event: PaymentEvent) -> Row:
    came = f"{timezone.localtime(event.created_at):%d %b %Y, %H:%M}"
    why = f"In our books since {came}; the imported statement reaches that day and has no line for it. Ask the gateway again."
    return Row(_payment(event.payment), Side(), Side(), "On no statement", "danger", why)


def _missing_refund(refund: Refund) -> Row:
    return Row(
        _refund(refund),
        Side(),
        Side(),
        "On no statement",
        "danger",
        "Paid back by our books; the bank statement has no such debit.",
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST < day < _LATEST else None


def _place(text: str) -> tuple[date, int] | None:
    """Where the page before ended."""
    day, _, key = text.partition("_")
    found = _day(day)
    return (found, int(key)) if found and key.isascii() and key.isdigit() and len(key) < 19 else None
