"""Builders for tests of every part: customers, bookings, and payments that came to their status by legal moves."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from customer_data.models import Booking, Customer, Payment
from customer_data.status import MOVES, NEEDS_PROOF, Status


def customer(**fields: Any) -> Customer:
    """Somebody with a WhatsApp number, a wallet number and an e-mail address of their own."""
    return _CustomerFactory.create(**fields)


def booking(total: str | Decimal = "231.00", **fields: Any) -> Booking:
    """An unpaid booking in US dollars with a deposit of half."""
    return _BookingFactory.create(total_amount=Decimal(total), **fields)


def payment(status: str = Status.CREATED, *, amount: str | Decimal | None = None, **fields: Any) -> Payment:
    """A payment that went to `status` as most do (sent, put before the customer, …), with its events and the booking's totals.

    By default it is the whole of a new booking, asked from the `drawer` gateway's wallet. `moved_at` dates its sending.
    """
    moved_at = fields.pop("moved_at", None) or timezone.now()
    on = fields.pop("booking", None) or booking(amount or "231.00", currency=fields.get("currency", "USD"))
    asked = {
        "booking": on,
        "amount": on.total_amount if amount is None else Decimal(amount),
        "currency": on.currency,
        "payment_method": "drawer_wallet",
        "gateway": "drawer",
        "account": f"till-{on.currency.lower()}",
        "phone": "+263771234567",
        "email": on.customer.email,
        "prompt": "approve_on_phone",
        "created_at": moved_at,
        "next_check_at": moved_at,
    }
    made = Payment(**(asked | fields))
    made.open(source="test")
    return move(made, status, at=moved_at)


def move(payment: Payment, status: str, *, at: datetime | None = None, **facts: Any) -> Payment:
    """Take `payment` to `status` by legal moves, with what the services write at each."""
    for stop in way(payment.status, status):
        step(payment, stop, at=at, **facts)
    payment.refresh_from_db()
    return payment


def step(payment: Payment, status: str, *, at: datetime | None = None, **facts: Any) -> None:
    """One move, with what the services write at it."""
    if payment.move_to(status, source="test", **(_facts_of(status, at or timezone.now()) | facts)) is None:
        raise AssertionError("Somebody else moved the payment.")


def way(start: str, end: str) -> list[Status]:
    """Legal moves from `start` to `end`: the shortest, but for a new payment, which is sent and put before the customer first."""
    if start in _ORDINARY and end not in (start, *_ORDINARY):
        following = _ORDINARY[Status(start)]
        return [following, *way(following, end)]
    ways: deque[list[Status]] = deque([[Status(start)]])
    while ways:
        so_far = ways.popleft()
        if so_far[-1] == end:
            return so_far[1:]
        ways.extend([*so_far, following] for following in sorted(MOVES[so_far[-1]]) if following not in so_far)
    raise AssertionError(f"No way leads from {start} to {end}.")


def staff(username: str = "tendai", **fields: Any) -> AbstractBaseUser:
    """A member of staff who may see the admin."""
    user: AbstractBaseUser = get_user_model().objects.create_user(username=username, is_staff=True, **fields)
    return user


_ORDINARY = {Status.CREATED: Status.SENDING, Status.SENDING: Status.PENDING}


def _facts_of(status: str, at: datetime) -> dict[str, Any]:
    """What the services write with such a move."""
    if status == Status.SENDING:
        return {"sent_at": at, "sends_made": 1}
    if status in NEEDS_PROOF:
        return {"gateway_status": Status(status).label, "reported_at": at}
    return {}


class _CustomerFactory(DjangoModelFactory[Customer]):
    class Meta:
        model = Customer

    name = "Rudo Moyo"
    wa_id = Sequence(lambda number: f"26377{number:07d}")  # type: ignore[no-untyped-call]
    phone = LazyAttribute(lambda customer: f"+{customer.wa_id}" if customer.wa_id else "")  # type: ignore[no-untyped-call]
    email = Sequence(lambda number: f"rudo{number}@example.com")  # type: ignore[no-untyped-call]


class _BookingFactory(DjangoModelFactory[Booking]):
    class Meta:
        model = Booking

    customer = SubFactory(_CustomerFactory)  # type: ignore[no-untyped-call]
    title = "Victoria Falls, two days"
    currency = "USD"
