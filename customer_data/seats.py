"""Seats: what is free, and keeping some for a customer. Two customers never get the same one.

A hold runs out by itself: from that moment its seats are free, without a job that frees them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from customer_data.models import Booking, Customer, Departure, SeatHold, Tour
from customer_data.models.tour import BOOKED_FOR, CHOOSING_FOR
from customer_data.status import OPEN

LENGTHENED_BY = dt.timedelta(hours=72)
"""How much longer staff may keep seats at one press: the usual provisional hold within 30 days of departure."""


class NoSeats(Exception):
    """Nothing was kept. The message is a sentence for the customer; `free` is how many seats there still are."""

    def __init__(self, sentence: str, *, free: int = 0) -> None:
        super().__init__(sentence)
        self.free = free


@dataclass(frozen=True)
class FreeDate:
    """A departure that can be booked, and how many seats it still has."""

    departure: Departure
    free: int


def free_departures(tour: Tour, *, today: dt.date) -> list[FreeDate]:
    """The open departures of an offered tour after `today` that have a seat left, soonest first, in one query."""
    held = Coalesce(Sum("holds__seats", filter=SeatHold.is_live("holds__")), 0)
    ahead = Departure.objects.filter(tour=tour, tour__is_offered=True, is_open=True, starts_on__gt=today).select_related("tour")
    found = ahead.annotate(free=F("seats") - held).filter(free__gt=0).order_by("starts_on")
    return [FreeDate(departure, departure.free) for departure in found]


def free_seats(departure: Departure) -> int:
    """How many seats are left now; none when the departure is closed, over, or its tour is not offered."""
    return _free(departure) if _can_be_booked(departure) else 0


def hold_seats(departure: Departure, customer: Customer, seats: int) -> SeatHold:
    """Keep seats for a customer who is choosing. Asked for again, it is the same hold, from now; another choice replaces it.

    Raises NoSeats.
    """
    until = timezone.now() + CHOOSING_FOR
    with transaction.atomic():
        locked = Departure.locked(departure.pk)
        chosen = SeatHold.objects.filter(customer=customer, booking=None, released_at=None)
        same = chosen.filter(departure=locked, seats=seats).first()
        chosen.exclude(pk__in=[same.pk] if same else []).update(released_at=timezone.now())
        _expect_seats(locked, seats, but=same)
        if same is not None and same.keep(until=until):
            return same
        try:
            with transaction.atomic():
                return SeatHold.quoted(locked, customer=customer, seats=seats, expires_at=until)
        except IntegrityError:  # the database counted otherwise, and it is right
            raise no_seats(locked, seats) from None


def extend_hold(hold: SeatHold) -> SeatHold:
    """Keep them as long again from now, never shorter than before. Raises NoSeats when they ran out and are gone."""
    with transaction.atomic():
        _expect_not_cancelled(hold)
        departure = Departure.locked(hold.departure_id)
        hold.refresh_from_db()
        if hold.is_for_good:
            return hold
        lasts = timezone.now() + (CHOOSING_FOR if hold.booking_id is None else BOOKED_FOR)
        if not hold.keep(until=max(lasts, hold.expires_at or lasts)):
            raise no_seats(departure, hold.seats, but=hold)
    return hold


def release_hold(hold: SeatHold) -> bool:
    """Give the seats back; False when money, or a payment that is open, keeps them: then nothing was done."""
    given_back = SeatHold.objects.filter(pk=hold.pk, released_at=None, expires_at__isnull=False)
    released = given_back.update(released_at=timezone.now()) == 1
    hold.refresh_from_db()
    return released or hold.released_at is not None


def seats_for_staff_booking(booking: Booking) -> SeatHold:
    """Keep the seats of a booking that staff made for a date, for as long as operators here usually keep them. Raises NoSeats."""
    departure, travellers = booking.departure, booking.travellers or 0
    if departure is None or travellers < 1:
        raise NoSeats("Choose a date and how many travel.")
    with transaction.atomic():
        locked = Departure.locked(departure.pk)
        if _free(locked) < travellers:
            raise no_seats(locked, travellers)
        until = timezone.now() + LENGTHENED_BY
        return SeatHold.quoted(locked, customer=booking.customer, booking=booking, seats=travellers, expires_at=until)


def lengthen_hold(hold: SeatHold) -> SeatHold:
    """Staff keep the seats for LENGTHENED_BY more, or for good where money is in, also where they had run out. Raises NoSeats."""
    with transaction.atomic():
        _expect_not_cancelled(hold)
        departure = Departure.locked(hold.departure_id)
        hold.refresh_from_db()
        if hold.is_for_good:
            return hold
        longer = max(timezone.now(), hold.expires_at or timezone.now()) + LENGTHENED_BY
        if not hold.keep(until=None if _is_paid_for(hold) else longer):
            raise no_seats(departure, hold.seats, but=hold)
    return hold


def give_back_seats(hold: SeatHold) -> bool:
    """Staff free the seats of somebody who does not come; False while money is in for them, or a payment is open."""
    with transaction.atomic():
        booking = None if hold.booking_id is None else Booking.objects.select_for_update().get(pk=hold.booking_id)
        if booking is not None and (booking.amount_paid > 0 or booking.payments.filter(status__in=OPEN).exists()):
            return False
        SeatHold.objects.filter(pk=hold.pk, released_at=None).update(released_at=timezone.now())
    hold.refresh_from_db()
    return True


def free_seats_of(booking: Booking) -> None:
    """The booking was cancelled: its seats are free, whatever was paid for them. The caller holds the booking's lock."""
    SeatHold.objects.filter(booking=booking, released_at=None).update(released_at=timezone.now())


def mark_lapsed_holds() -> int:
    """Write down, for staff to see, which holds ran out. Returns how many; their seats were free before."""
    lapsed = SeatHold.objects.filter(released_at=None, expires_at__lte=Now())
    return lapsed.update(released_at=F("expires_at"))


def keep_seats_while_paying(booking: Booking) -> None:
    """Keep a booking's seats until its payment has ended; the caller holds the booking's lock. Raises NoSeats when they are gone.

    Called before a payment is opened, so that nobody is asked to pay for seats that somebody else has.
    """
    hold = None if booking.departure_id is None else SeatHold.objects.filter(booking=booking).first()
    if hold is not None and not hold.is_for_good and not hold.keep(until=None):
        raise no_seats(Departure.objects.get(pk=hold.departure_id), hold.seats, but=hold)


def no_seats(departure: Departure, wanted: int, *, but: SeatHold | None = None) -> NoSeats:
    """Why `wanted` seats cannot be kept, and what to do."""
    free = max(_free(departure, but=but), 0)
    if free == 0:
        return NoSeats(f"All seats on {departure.date_shown} are taken. Choose another date.")
    left = "only 1 seat is" if free == 1 else f"only {free} seats are"
    fewer = "Choose 1" if free == 1 else f"Choose {free} or fewer"
    return NoSeats(f"On {departure.date_shown} {left} left. {fewer}, or another date.", free=free)


def _expect_seats(departure: Departure, seats: int, *, but: SeatHold | None) -> None:
    """The caller holds the departure's lock. Raises NoSeats."""
    most = departure.tour.most_travellers
    if not _can_be_booked(departure):
        raise NoSeats(f"{departure.date_shown} can no longer be booked. Choose another date.")
    free = _free(departure, but=but)
    if not 1 <= seats <= most:
        raise NoSeats(f"One booking is for 1 to {most} travellers. Choose a number from 1 to {most}.", free=max(free, 0))
    if free < seats:
        raise no_seats(departure, seats, but=but)


def _expect_not_cancelled(hold: SeatHold) -> None:
    """Under the booking's lock, so that seats are not taken again while it is being cancelled."""
    booking = Booking.objects.select_for_update(of=("self",)).filter(seat_hold=hold).first()
    if booking is not None and booking.cancelled_at is not None:
        raise NoSeats("This booking was cancelled, and its seats are free for others. Book again.")


def _is_paid_for(hold: SeatHold) -> bool:
    return hold.booking is not None and hold.booking.amount_paid > 0


def _can_be_booked(departure: Departure) -> bool:
    return departure.is_open and departure.tour.is_offered and departure.starts_on > timezone.localdate()


def _free(departure: Departure, *, but: SeatHold | None = None) -> int:
    return departure.seats - departure.seats_held(but=but)
