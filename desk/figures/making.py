"""One day's figures, made from what happened on it. Made again as often as one likes: the same rows come out.

A day is a day in Harare. What happened is taken from the trail, because a payment's row knows only its first end:

- *opened*: payments by the moment they were asked for;
- *successful* and *taken*: the one event by which money came in; coming back from a dispute is not a second time;
- *ended unpaid*: the first end, while it is still the last word: late money turns it into a success on the day it came;
- *returned*: refunds that are done, and what the gateway gave back without us beyond those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DecimalField,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from customer_data.gateway import Gateway, Misconfigured, gateways
from customer_data.models import Payment, PaymentEvent, Refund, RefundStatus
from customer_data.money import Currency
from customer_data.status import MONEY_IN, OPEN, UNPAID_ENDS, Status
from desk.figures.buckets import BOUNDS
from desk.models import DayFigures, DayForms
from flows.models import FlowSession

ZERO = Decimal("0.00")
Group = tuple[str, str, bool]  # currency, way to pay, whether it is test money
_GROUP = ("currency", "payment_method", "is_test")
_PAYMENTS_GROUP = tuple(f"payment__{name}" for name in _GROUP)


@dataclass
class _Figures:
    opened: int = 0
    successful: int = 0
    ended_unpaid: int = 0
    taken: Decimal = ZERO
    returned: Decimal = ZERO
    seconds_to_paid: dict[str, int] = field(default_factory=dict)


def make_day(day: date) -> None:
    """Make the figures of one day again. The caller sees to it that nobody else makes the same day meanwhile."""
    figures: defaultdict[Group, _Figures] = defaultdict(_Figures)
    start, end = midnight(day), midnight(day + timedelta(days=1))
    _add_opened(figures, start, end)
    _add_paid(figures, start, end)
    _add_ended(figures, start, end)
    _add_returned(figures, start, end)
    with transaction.atomic():
        DayFigures.objects.filter(day=day).delete()
        DayFigures.objects.bulk_create(
            DayFigures(day=day, currency=currency, payment_method=payment_method, is_test=is_test, **vars(made))
            for (currency, payment_method, is_test), made in figures.items()
        )


def make_forms(day: date) -> None:
    """Make again what became of the forms sent on one day. A form lives for days, so the last ones change."""
    sent = FlowSession.objects.filter(created_at__gte=midnight(day), created_at__lt=midnight(day + timedelta(days=1)))
    paid = Q(payment__status__in=[*MONEY_IN, Status.REFUNDED])
    asked = paid | (Q(payment__isnull=False) & ~Q(payment__prompt=""))
    submitted = Q(payment__isnull=False) | Q(spent_at__isnull=False)
    opened = submitted | Q(opened_at__isnull=False)
    counted = (
        sent.annotate(for_test=_for_test())
        .values_list("flow_name", "for_test")
        .annotate(
            sent=Count("id"),
            opened=Count("id", filter=opened),
            submitted=Count("id", filter=submitted),
            asked=Count("id", filter=asked),
            paid=Count("id", filter=paid),
        )
    )
    names = ("flow_name", "is_test", "sent", "opened", "submitted", "asked", "paid")
    with transaction.atomic():
        DayForms.objects.filter(day=day).delete()
        DayForms.objects.bulk_create(DayForms(day=day, **dict(zip(names, row, strict=True))) for row in counted)


def changed_days(since: datetime) -> set[date]:
    """The days that something recorded at or after `since` belongs to, or changes."""
    events = PaymentEvent.objects.filter(created_at__gte=since)
    late = events.filter(to_status=Status.SUCCESSFUL, from_status__in=UNPAID_ENDS)
    ended_then = PaymentEvent.objects.filter(payment__in=late.values("payment"), to_status__in=UNPAID_ENDS)
    refunds = Refund.objects.filter(done_at__gte=since)
    returned_then = PaymentEvent.objects.filter(payment__in=refunds.values("payment"), to_status=Status.REFUNDED)
    return {
        *_days_of(Payment.objects.filter(created_at__gte=since), "created_at"),
        *_days_of(events.filter(to_status__in=[Status.SUCCESSFUL, Status.REFUNDED, *UNPAID_ENDS]), "created_at"),
        *_days_of(ended_then, "created_at"),
        *_days_of(refunds, "done_at"),
        *_days_of(returned_then, "created_at"),
    }


def midnight(day: date) -> datetime:
    """When `day` begins in Harare."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _days_of(rows: QuerySet[Any], moment: str) -> Iterator[date]:
    return (day for (day,) in rows.order_by().values_list(TruncDate(moment)).distinct())


def _add_opened(figures: defaultdict[Group, _Figures], start: datetime, end: datetime) -> None:
    opened = Payment.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    for *group, count in opened.values_list(*_GROUP).annotate(Count("id")):
        figures[_group(group)].opened = count


def _add_paid(figures: defaultdict[Group, _Figures], start: datetime, end: datetime) -> None:
    came_in = _moves(start, end).filter(to_status=Status.SUCCESSFUL).exclude(from_status__in=MONEY_IN)
    by_time = came_in.annotate(bucket=_bucket()).values_list(*_PAYMENTS_GROUP, "bucket")
    for *group, bucket, count, amount in by_time.annotate(Count("id"), Sum("payment__amount")):
        made = figures[_group(group)]
        made.successful += count
        made.taken += amount
        made.seconds_to_paid[str(BOUNDS[min(bucket, len(BOUNDS) - 1)])] = count


def _add_ended(figures: defaultdict[Group, _Figures], start: datetime, end: datetime) -> None:
    ended = _moves(start, end).filter(to_status__in=UNPAID_ENDS, from_status__in=OPEN, payment__status__in=UNPAID_ENDS)
    for *group, count in ended.values_list(*_PAYMENTS_GROUP).annotate(Count("id")):
        figures[_group(group)].ended_unpaid = count


def _add_returned(figures: defaultdict[Group, _Figures], start: datetime, end: datetime) -> None:
    done = Refund.objects.filter(status=RefundStatus.DONE, done_at__gte=start, done_at__lt=end).order_by()
    for *group, amount in done.values_list(*_PAYMENTS_GROUP).annotate(Sum("amount")):
        figures[_group(group)].returned += amount
    of_payment = Refund.objects.filter(payment=OuterRef("payment"), status=RefundStatus.DONE).order_by().values("payment")
    by_us = Coalesce(Subquery(of_payment.values(total=Sum("amount"))), ZERO, output_field=DecimalField())
    outside = _moves(start, end).filter(to_status=Status.REFUNDED).values_list(*_PAYMENTS_GROUP)
    for *group, amount in outside.annotate(beyond=Sum(F("payment__amount") - by_us)):
        figures[_group(group)].returned += amount


def _moves(start: datetime, end: datetime) -> QuerySet[PaymentEvent]:
    moves = PaymentEvent.objects.filter(created_at__gte=start, created_at__lt=end).exclude(from_status=F("to_status"))
    return moves.order_by()


def _bucket() -> Func:
    """The place in BOUNDS of the time from asking to paid."""
    took = F("created_at") - F("payment__created_at")
    seconds = Func(took, template="EXTRACT(EPOCH FROM %(expressions)s)", output_field=FloatField())
    return Func(seconds, Value(list(BOUNDS)), function="width_bucket", output_field=IntegerField())


def _group(values: Sequence[Any]) -> Group:
    currency, payment_method, is_test = values
    return currency, payment_method, is_test


def _for_test() -> Case:
    """Whether a form was for test money: its payment or booking says so; before there is one, how its currency is set up."""
    booked = Q(payment__isnull=True, booking__isnull=False)
    return Case(
        When(payment__isnull=False, then=F("payment__is_test")),
        When(booked & (Q(booking__is_test=True) | Q(booking__currency__in=_test_currencies())), then=Value(True)),  # noqa: FBT003
        When(booked, then=Value(False)),  # noqa: FBT003
        default=Value(bool(_test_currencies())),
        output_field=BooleanField(),
    )


def _test_currencies() -> list[str]:
    """The currencies whose charges go to a test account at some gateway."""
    return [currency for currency in Currency.values if any(_is_in_test(gateway, currency) for gateway in gateways())]


def _is_in_test(gateway: Gateway, currency: str) -> bool:
    try:
        return currency in gateway.capabilities().currencies and gateway.account_for(currency).is_test
    except Misconfigured:
        return False
