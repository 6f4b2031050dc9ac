"""Making a booking out of seats that a customer chose."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Customer, Departure, SeatHold
from customer_data.models.tour import BOOKED_FOR
from customer_data.seats import no_seats

logger = logging.getLogger(__name__)


def make_booking(hold: SeatHold, *, name: str, email: str, source: str = "chat") -> Booking:
    """The booking for the seats of `hold`, at the price they were held for; the same booking when asked again.

    A name or e-mail that was given becomes the customer's. Raises NoSeats when the hold ran out and the seats are gone.
    """
    with transaction.atomic():
        departure = Departure.locked(hold.departure_id)
        hold.refresh_from_db()  # two taps at once: the second waited above and now finds the first one's booking
        if hold.booking is not None:
            return hold.booking
        if not hold.keep(until=timezone.now() + BOOKED_FOR):
            raise no_seats(departure, hold.seats, but=hold)
        _remember(hold.customer, name=name, email=email)
        booking = _new_booking(departure, hold)
        SeatHold.objects.filter(pk=hold.pk).update(booking=booking)
        hold.booking = booking
    logger.info("Booking %s was made through %s.", booking.booking_reference, source)
    return booking


def trip_title(departure: Departure, travellers: int) -> str:
    """`Victoria Falls walk, 12 Dec 2026, 2 travellers`."""
    people = "1 traveller" if travellers == 1 else f"{travellers} travellers"
    return f"{departure.tour.name}, {departure.date_shown}, {people}"


def _new_booking(departure: Departure, hold: SeatHold) -> Booking:
    """What it costs is what the customer was shown: a price that changed since the seats were held changes nothing here."""
    return Booking.objects.create(
        customer=hold.customer,
        title=trip_title(departure, hold.seats),
        total_amount=hold.total,
        currency=hold.currency,
        deposit_percent=hold.deposit_percent or 0,
        departure=departure,
        travellers=hold.seats,
    )


def _remember(customer: Customer, *, name: str, email: str) -> None:
    given = {"name": name.strip()[:200], "email": email.strip()}
    new = {field: value for field, value in given.items() if value and value != getattr(customer, field)}
    for field, value in new.items():
        setattr(customer, field, value)
    if new:
        customer.save(update_fields=list(new))
