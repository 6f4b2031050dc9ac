"""Builders for what has a date: tours, departures, held seats."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customer_data import seats, services
from customer_data.models import Booking, Customer, Departure, SeatHold, Tour
from customer_data.tests import make


def tour(**fields: Any) -> Tour:
    """An offered tour for US$ 115.50 a head, half as a deposit."""
    number = Tour.objects.count() + 1
    return Tour.objects.create(**{"name": f"Victoria Falls walk {number}", "price": Decimal("115.50"), **fields})


def departure(*, seats: int = 10, days_ahead: int = 20, of: Tour | None = None, **fields: Any) -> Departure:
    """A date that can be booked."""
    starts_on = timezone.localdate() + timedelta(days=days_ahead)
    return Departure.objects.create(tour=of or tour(), starts_on=starts_on, seats=seats, **fields)


def hold(on: Departure | None = None, *, seats_wanted: int = 1, customer: Customer | None = None) -> SeatHold:
    """Seats kept for somebody who is choosing."""
    return seats.hold_seats(on or departure(), customer or make.customer(), seats_wanted)


def booking(on: Departure | None = None, *, travellers: int = 1) -> Booking:
    """A trip that was booked in the chat, unpaid."""
    return services.make_booking(hold(on, seats_wanted=travellers), name="Rudo Moyo", email="rudo@example.com")


def let_lapse(held: SeatHold) -> SeatHold:
    """Time passes until the hold has just run out."""
    SeatHold.objects.filter(pk=held.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    held.refresh_from_db()
    return held
