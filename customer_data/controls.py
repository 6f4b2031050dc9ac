"""What staff have switched off or limited: ways to pay, gateways that take nothing new, how much is taken."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from customer_data.gateway import Gateway, Method
from customer_data.models import AmountLimit, Booking, GatewayPause, MethodSwitch, Payment
from customer_data.money import show_amount
from customer_data.status import MONEY_IN, OPEN
from customer_data.velocity import Attempt, Standing

ZERO = Decimal("0.00")
_METHOD, _GATEWAY = "method", "gateway"


def closed_ways(ways: Iterable[tuple[Gateway, Method]], *, now: datetime | None = None) -> dict[str, str]:
    """The ways to pay that take nothing new, by the method's name, with what customers are told instead."""
    closed = _closed(now or timezone.now())
    told = {}
    for gateway, method in ways:
        words = closed.get((_METHOD, method.name), closed.get((_GATEWAY, gateway.name)))
        if words is not None:
            told[method.name] = words or f"{method.label} is not available now. Please choose another way to pay."
    return told


def make_missing_rows(methods: Iterable[str], gateways: Iterable[str]) -> None:
    """One row for each, switched on, so that staff see everything there is to switch."""
    MethodSwitch.objects.bulk_create([MethodSwitch(payment_method=name) for name in methods], ignore_conflicts=True)
    GatewayPause.objects.bulk_create([GatewayPause(gateway=name) for name in gateways], ignore_conflicts=True)


def over_the_limit(attempt: Attempt, standing: Standing) -> str:
    """What a customer is told when this payment would break a limit of ours on amounts; empty when it may be taken.

    Call it inside the transaction that opens the payment: where a day's total is limited, the limit's row is the lock, so that
    two payments at once cannot both take the rest.
    """
    currency = attempt.booking.currency
    if standing.least_per_payment is not None and attempt.amount < standing.least_per_payment:
        return f"The least we take in one payment is {show_amount(standing.least_per_payment, currency)}."
    if standing.most_per_payment is not None and attempt.amount > standing.most_per_payment:
        most = show_amount(standing.most_per_payment, currency)
        return f"The most we take in one payment is {most}. Pay a part of it first, or write to us in the chat."
    if standing.most_per_customer_a_day is None and standing.most_a_day is None:
        return ""
    return _over_a_day(attempt)


def _over_a_day(attempt: Attempt) -> str:
    booking = attempt.booking
    limit = AmountLimit.objects.select_for_update().get(currency=booking.currency)
    of_today = _taken_today(booking, is_test=attempt.is_test)
    if limit.most_per_customer_a_day is not None:
        left = limit.most_per_customer_a_day - _sum(of_today.filter(booking__customer_id=booking.customer_id))
        if attempt.amount > left:
            return f"{_left_today(limit, left)} Pay the rest tomorrow, or write to us in the chat."
    if limit.most_a_day is not None and attempt.amount > limit.most_a_day - _sum(of_today):
        return "We cannot take more payments of this size today. Try a smaller part, try tomorrow, or write to us in the chat."
    return ""


def _left_today(limit: AmountLimit, left: Decimal) -> str:
    if left <= 0:
        return (
            f"You have paid the most that we take in a day, {show_amount(limit.most_per_customer_a_day or ZERO, limit.currency)}."
        )
    return f"Today we can take {show_amount(left, limit.currency)} more from you."


def _taken_today(booking: Booking, *, is_test: bool) -> QuerySet[Payment]:
    """Paid or under way since midnight in Harare, but for what this booking has open: the new attempt replaces that."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counted = Payment.objects.filter(status__in=[*OPEN, *MONEY_IN], created_at__gte=midnight)
    return counted.filter(currency=booking.currency, is_test=is_test).exclude(Q(booking=booking, status__in=OPEN))


def _sum(payments: QuerySet[Payment]) -> Decimal:
    return payments.aggregate(sum=Sum("amount"))["sum"] or ZERO


def _closed(now: datetime) -> dict[tuple[str, str], str]:
    """Everything that is off now, in one question: every opening of a form asks it."""
    with connection.cursor() as cursor:
        cursor.execute(_OFF, {"now": now})
        return {(kind, name): told for kind, name, told in cursor.fetchall()}


# Written out, because an ORM needs longer to compose this than PostgreSQL to answer it.
_OFF = """
SELECT 'method', payment_method, told FROM customer_data_methodswitch
 WHERE is_off AND (off_until IS NULL OR off_until > %(now)s)
UNION ALL
SELECT 'gateway', gateway, told FROM customer_data_gatewaypause WHERE is_paused
"""
