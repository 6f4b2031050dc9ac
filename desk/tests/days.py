"""Payments with a past, for tests of figures: what happened to them, and when. Rows are written as the past left them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from customer_data.models import Booking, Payment, Refund, RefundStatus, RefundWay
from customer_data.status import NEEDS_PROOF, OPEN, Status
from customer_data.tests import make

_EVENT = """
    INSERT INTO customer_data_paymentevent (payment_id, from_status, to_status, source, actor, reason, details, created_at)
    VALUES (%s, %s, %s, 'test', '', '', '{}', %s)
"""


def lived(booking: Booking, asked_at: datetime, *moves: tuple[str, datetime], **fields: Any) -> Payment:
    """A payment asked for at one moment, and moved at others. `fields`: what is not as usual."""
    status = moves[-1][0] if moves else Status.PENDING
    ended = next((at for to, at in moves if to not in OPEN), None)
    asked = {
        "booking": booking,
        "amount": Decimal("10.00"),
        "currency": booking.currency,
        "payment_method": "drawer_wallet",
        "gateway": "drawer",
        "status": status,
        "created_at": asked_at,
        "processed_at": ended,
        "reported_at": ended,
        "gateway_status": "Paid" if status in NEEDS_PROOF else "",
    }
    payment = Payment.objects.create(**(asked | fields))
    happened(payment, "", Status.CREATED, asked_at)
    before: str = Status.PENDING
    for to, at in moves:
        happened(payment, before, to, at)
        before = to
    return payment


def happened(payment: Payment, before: str, after: str, at: datetime) -> None:
    """A line of the trail, written at a moment of the past."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENT, [payment.pk, before, after, at])


def refund(payment: Payment, amount: str | Decimal, done_at: datetime | None, **fields: Any) -> Refund:
    """Part of a payment that went back."""
    asked = {
        "payment": payment,
        "amount": Decimal(amount),
        "currency": payment.currency,
        "is_test": payment.is_test,
        "way": RefundWay.PERSON,
        "reason": "Cannot travel.",
        "status": RefundStatus.DONE,
        "requested_by": _someone("asks"),
        "approved_by": _someone("approves"),
        "requested_at": done_at or payment.created_at,
        "done_at": done_at,
    }
    return Refund.objects.create(**(asked | fields))


def many(count: int, *, around: datetime, days: int, random: Random) -> None:
    """A mix of all that happens, much of it close to midnight: both currencies, test money, late money, disputes, refunds."""
    for _ in range(count):
        midnight = around + timedelta(days=random.randrange(days))
        asked_at = midnight + timedelta(seconds=random.choice([-90, -5, 0, 1, 60, 40_000]))
        booking = make.booking("1000.00", currency=random.choice(["USD", "USD", "ZWG"]))
        took = timedelta(seconds=random.choice([0, 2, 45, 300, 4000]))
        moves = random.choice(_LIVES)
        moments = [asked_at + took + number * timedelta(hours=9) for number in range(len(moves))]
        payment = lived(
            booking,
            asked_at,
            *zip(moves, moments, strict=True),
            amount=Decimal(random.randrange(100, 90_000)) / 100,
            payment_method=random.choice(["drawer_wallet", "drawer_card"]),
            is_test=random.random() < 0.2,
        )
        if payment.status in NEEDS_PROOF and random.random() < 0.4:
            part = (payment.amount / 3).quantize(Decimal("0.01"))
            refund(payment, part, moments[-1] + timedelta(hours=random.choice([0, 3, 30])))
            refund(payment, part, None, status=RefundStatus.REQUESTED)


_LIVES: tuple[tuple[str, ...], ...] = (
    (Status.SUCCESSFUL,),
    (Status.SUCCESSFUL,),
    (Status.FAILED,),
    (Status.CANCELLED,),
    (Status.EXPIRED, Status.SUCCESSFUL),
    (Status.SUCCESSFUL, Status.DISPUTED, Status.SUCCESSFUL),
    (Status.SUCCESSFUL, Status.REFUNDED),
    (),
)


def _someone(name: str) -> Any:
    user, _ = get_user_model().objects.get_or_create(username=name, defaults={"is_staff": True})
    return user
