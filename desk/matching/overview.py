"""Three columns for some days: what we took, what Paynow says, what the bank says, and everything that does not agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from customer_data.models import PaymentEvent, Refund, RefundWay
from desk.matching.ours import expected_on, money_in, paid_back, statement_of, with_line, without_line
from desk.matching.verdicts import UNDECIDED
from desk.models import LineStatus, SourceKind, StatementLine, StatementSource

MOST_DAYS = 31
ZERO = Decimal("0.00")


@dataclass
class Amount:
    """How many, and how much together."""

    count: int = 0
    amount: Decimal = ZERO

    def add(self, count: int, amount: Decimal | None) -> None:
        self.count += count
        self.amount += amount or ZERO


@dataclass
class Day:
    """One day in one currency, as three books know it."""

    day: date
    taken: Amount = field(default_factory=Amount)  # by our books, through Paynow
    transfers: Amount = field(default_factory=Amount)  # by our books, to the bank
    elsewhere: Amount = field(default_factory=Amount)  # by our books, cash and gateways without a statement
    returned: Amount = field(default_factory=Amount)
    by_method: dict[str, Amount] = field(default_factory=dict)
    at_paynow: Amount = field(default_factory=Amount)
    fees: Decimal = ZERO
    money_in: Amount = field(default_factory=Amount)  # at the bank
    money_out: Amount = field(default_factory=Amount)
    matched: Amount = field(default_factory=Amount)  # lines of money that came in, on either statement
    undecided: int = 0
    missing: dict[str, Amount] = field(default_factory=dict)  # payments without a line, by the statement they should stand on
    refunds_missing: Amount = field(default_factory=Amount)

    @property
    def difference(self) -> Decimal:
        """What Paynow's lines come to beyond what we took through Paynow."""
        return self.at_paynow.amount - self.taken.amount

    @property
    def exceptions(self) -> int:
        return self.undecided + self.unknown

    @property
    def unknown(self) -> int:
        """Payments and refunds of ours that no statement knows."""
        return sum(each.count for each in self.missing.values()) + self.refunds_missing.count


def days_of(first: date, last: date, currency: str) -> dict[date, Day]:
    """Every day from `first` to `last`, at most 31, newest first. A fixed number of queries."""
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    days = {last - timedelta(days=ago): Day(last - timedelta(days=ago)) for ago in range((last - first).days + 1)}
    _add_ours(days, first, last, currency)
    _add_lines(days, first, last, currency)
    _add_missing(days, first, last, currency)
    return days


def lines_of(first: date, last: date, currency: str, state: str) -> QuerySet[StatementLine]:
    """Lines of these days in one state: `open`, `matched`, `set_aside`, or all; newest first."""
    lines = StatementLine.objects.filter(day__gte=first, day__lte=last, currency=currency)
    if state == "open":
        lines = lines.filter(status__in=UNDECIDED)
    elif state in (LineStatus.MATCHED, LineStatus.SET_ASIDE):
        lines = lines.filter(status=state)
    return lines.select_related("source", "payment__booking", "refund", "settled_by", "decided_by").order_by("-day", "-pk")


def payments_without_line(first: date, last: date, currency: str, *, most: int) -> list[PaymentEvent]:
    """The moves by which money came in that no imported statement knows of, newest first; at most `most` for each statement."""
    found: list[PaymentEvent] = []
    for kind, (since, until) in covered(currency).items():
        start, end = max(first, since), min(last, until)
        if start <= end:
            missing = expected_on(kind, money_in(start, end, currency)).filter(~with_line())
            found += missing.select_related("payment__booking__customer").order_by("-created_at")[:most]
    return sorted(found, key=lambda event: event.created_at, reverse=True)


def refunds_without_line(first: date, last: date, currency: str) -> QuerySet[Refund]:
    """Refunds that somebody paid back and that stand on no bank statement, where one covers the day."""
    bank = covered(currency).get(SourceKind.BANK)
    if bank is None or max(first, bank[0]) > min(last, bank[1]):
        return Refund.objects.none()
    refunds = paid_back(max(first, bank[0]), min(last, bank[1]), currency).filter(way=RefundWay.PERSON)
    return without_line(refunds).select_related("payment").order_by("-done_at")


def covered(currency: str) -> dict[SourceKind, tuple[date, date]]:
    """From which day to which day lines of each kind of statement were imported."""
    spans: dict[SourceKind, tuple[date, date]] = {}
    for source in StatementSource.objects.filter(currency=currency):
        span = StatementLine.objects.filter(source=source).aggregate(first=Min("day"), last=Max("day"))
        if span["first"] is not None:
            kind = SourceKind(source.kind)
            first, last = spans.get(kind, (span["first"], span["last"]))
            spans[kind] = min(first, span["first"]), max(last, span["last"])
    return spans


# --- Inside ---------------------------------------------------------------------------------------
def _add_ours(days: dict[date, Day], first: date, last: date, currency: str) -> None:
    grouped = (
        money_in(first, last, currency)
        .values(at=TruncDate("created_at"), gateway=F("payment__gateway"), method=F("payment__payment_method"))
        .annotate(count=Count("pk"), amount=Sum("payment__amount"))
        .order_by()
    )
    for row in grouped:
        day = days[row["at"]]
        kind = statement_of(row["gateway"], row["method"])
        column = {SourceKind.PAYNOW: day.taken, SourceKind.BANK: day.transfers}.get(kind, day.elsewhere) if kind else day.elsewhere
        column.add(row["count"], row["amount"])
        day.by_method.setdefault(row["method"], Amount()).add(row["count"], row["amount"])
    refunds = (
        paid_back(first, last, currency).values(at=TruncDate("done_at")).annotate(count=Count("pk"), total=Sum("amount")).order_by()
    )
    for back in refunds:
        days[back["at"]].returned.add(back["count"], back["total"])


def _add_lines(days: dict[date, Day], first: date, last: date, currency: str) -> None:
    grouped = (
        StatementLine.objects.filter(day__gte=first, day__lte=last, currency=currency)
        .values("day", "source__kind", "status", "is_money", is_out=Q(amount__lt=0))
        .annotate(count=Count("pk"), amount_in_all=Sum("amount"), fees=Sum("fee"))
        .order_by()
    )
    for row in grouped:
        day = days[row["day"]]
        if row["status"] in UNDECIDED:
            day.undecided += row["count"]
        if not row["is_money"]:
            continue
        if row["source__kind"] == SourceKind.PAYNOW:
            day.at_paynow.add(row["count"], row["amount_in_all"])
            day.fees += row["fees"] or ZERO
        else:
            (day.money_out if row["is_out"] else day.money_in).add(row["count"], row["amount_in_all"])
        if row["status"] == LineStatus.MATCHED and not row["is_out"]:
            day.matched.add(row["count"], row["amount_in_all"])


def _add_missing(days: dict[date, Day], first: date, last: date, currency: str) -> None:
    for kind, (since, until) in covered(currency).items():
        start, end = max(first, since), min(last, until)
        if start > end:
            continue
        missing = expected_on(kind, money_in(start, end, currency)).filter(~with_line())
        grouped = missing.values(at=TruncDate("created_at")).annotate(count=Count("pk"), amount=Sum("payment__amount")).order_by()
        for row in grouped:
            days[row["at"]].missing.setdefault(kind, Amount()).add(row["count"], row["amount"])
    refunds = refunds_without_line(first, last, currency).values(at=TruncDate("done_at"))
    for back in refunds.annotate(count=Count("pk"), total=Sum("amount")).order_by():
        days[back["at"]].refunds_missing.add(back["count"], back["total"])
