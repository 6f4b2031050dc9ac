"""What our own books say came in or went back, in the form in which statements are compared with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from customer_data.models import Payment, PaymentEvent, Refund, RefundStatus
from customer_data.status import Status
from desk.models import LineStatus, SourceKind, StatementLine

STATEMENT_OF_GATEWAY: dict[str, SourceKind] = {"paynow": SourceKind.PAYNOW}
STATEMENT_OF_METHOD: dict[str, SourceKind] = {"bank_transfer": SourceKind.BANK}
"""On which statement a payment is expected by itself. Cash stands on none."""

_CAME_IN_BEFORE = (Status.SUCCESSFUL, Status.DISPUTED, Status.REFUNDED)
_LONGEST_REFUND_DAYS = 180


@dataclass(frozen=True)
class Taken:
    """One payment whose money came in. `day`: in Harare, by our books."""

    payment_id: UUID
    reference: str
    amount: Decimal
    currency: str
    day: date
    payment_method: str
    received_reference: str = ""


def statement_of(gateway: str, payment_method: str) -> SourceKind | None:
    """The statement on which such a payment is expected; None where there is none, as for cash."""
    return STATEMENT_OF_GATEWAY.get(gateway) or STATEMENT_OF_METHOD.get(payment_method)


def start_of(day: date) -> datetime:
    """Midnight in Harare."""
    return timezone.make_aware(datetime.combine(day, time.min))


def money_in(first: date, last: date, currency: str) -> QuerySet[PaymentEvent]:
    """The moves by which real money came in on these days. A dispute that ended well brought nothing new."""
    return PaymentEvent.objects.filter(
        to_status=Status.SUCCESSFUL,
        created_at__gte=start_of(first),
        created_at__lt=start_of(last + timedelta(days=1)),
        payment__is_test=False,
        payment__currency=currency,
    ).exclude(from_status__in=_CAME_IN_BEFORE)


def expected_on(kind: str, events: QuerySet[PaymentEvent]) -> QuerySet[PaymentEvent]:
    """Those whose payments should stand on a statement of this kind."""
    if kind == SourceKind.PAYNOW:
        return events.filter(payment__gateway__in=[name for name, of in STATEMENT_OF_GATEWAY.items() if of == kind])
    return events.filter(payment__payment_method__in=[name for name, of in STATEMENT_OF_METHOD.items() if of == kind])


def with_line(besides: Iterable[int] = ()) -> Exists:
    """Whether a line stands for the payment of an event, or is proposed for it. Proposals of the lines `besides` do not count."""
    lines = StatementLine.objects.filter(payment=OuterRef("payment_id"), is_money=True)
    return Exists(lines.filter(_stands_for_it(besides)))


def taken_without_line(kind: str, first: date, last: date, currency: str, besides: Iterable[int] = ()) -> list[Taken]:
    """Payments of these days that no line stands for yet. Proposals of the lines `besides`, looked at again now, do not count."""
    return list(_taken(expected_on(kind, money_in(first, last, currency)).filter(~with_line(besides))))


def _stands_for_it(besides: Iterable[int]) -> Q:
    return Q(status=LineStatus.MATCHED) | Q(status=LineStatus.PROPOSED) & ~Q(pk__in=list(besides))


def _taken(events: QuerySet[PaymentEvent]) -> Iterable[Taken]:
    facts = events.order_by("created_at").values_list(
        "payment_id",
        "payment__reference",
        "payment__amount",
        "payment__currency",
        "created_at",
        "payment__payment_method",
        "payment__settled_by__received_reference",
    )
    for payment_id, reference, amount, currency, at, method, received in facts:
        yield Taken(payment_id, reference, amount, currency, timezone.localdate(at), method, received or "")


def payments_named(references: Iterable[str], gateway_references: Iterable[str] = ()) -> list[Payment]:
    """Payments by our references and by the gateway's; both are served by an index."""
    wanted, theirs = [each for each in references if each], [each for each in gateway_references if each]
    by_ours = Payment.objects.filter(reference__in=wanted) if wanted else Payment.objects.none()
    by_theirs = (
        Payment.objects.filter(gateway_reference__in=theirs).exclude(gateway_reference="") if theirs else Payment.objects.none()
    )
    return [*by_ours.only(*_COMPARED), *by_theirs.only(*_COMPARED)]


_COMPARED = (
    "reference", "amount", "currency", "status", "gateway", "gateway_reference", "is_test", "payment_method", "booking_id",
)  # fmt: skip


def paid_back(first: date, last: date, currency: str) -> QuerySet[Refund]:
    """Refunds that are done and may stand on statements of these days. Found by when they were asked for, which has an index."""
    return Refund.objects.filter(
        status=RefundStatus.DONE,
        is_test=False,
        currency=currency,
        requested_at__gte=start_of(first - timedelta(days=_LONGEST_REFUND_DAYS)),
        requested_at__lt=start_of(last + timedelta(days=1)),
        done_at__gte=start_of(first),
        done_at__lt=start_of(last + timedelta(days=1)),
    )


def without_line(refunds: QuerySet[Refund], besides: Iterable[int] = ()) -> QuerySet[Refund]:
    """Those that no line stands for yet."""
    return refunds.filter(~Exists(StatementLine.objects.filter(refund=OuterRef("pk")).filter(_stands_for_it(besides))))
