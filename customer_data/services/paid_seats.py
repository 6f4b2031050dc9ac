"""What money does to seats: it keeps those of a trip for good; without any, they are kept for a while, to try again."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Payment, SeatHold
from customer_data.models.tour import BOOKED_FOR, CHOOSING_FOR
from customer_data.status import MONEY_IN, UNPAID_ENDS


def settle_seats(sender: object, *, payment: Payment, booking: Booking, **signal: Any) -> None:
    """Receiver of `payment_moving`: the seats follow the money in the transaction of the move."""
    has_seats = booking.departure_id is not None and booking.cancelled_at is None
    hold = None if not has_seats else SeatHold.objects.filter(booking=booking).first()
    if hold is None:
        return
    if payment.status in MONEY_IN:
        keep_for_good(hold, booking, payment)
    if payment.status in UNPAID_ENDS:
        keep_for_a_while(hold, booking)


def keep_for_good(hold: SeatHold, booking: Booking, payment: Payment) -> None:
    """`booking` is paid, at least in part. A person is told where the seats were given to others meanwhile."""
    if not hold.is_for_good and not hold.keep(until=None):
        sentence = f"{booking} is paid, and its seats were given to others. Offer another date, or give the money back."
        Concern.raise_about(payment, ConcernKind.NO_SEATS, sentence)


def keep_for_a_while(hold: SeatHold, booking: Booking) -> None:
    """What was kept for good for money that is not in (any more) runs out later. Nothing happens where other money is in."""
    if hold.is_for_good and booking.amount_paid == 0:
        hold.keep(until=max(booking.created_at + BOOKED_FOR, timezone.now() + CHOOSING_FOR))
