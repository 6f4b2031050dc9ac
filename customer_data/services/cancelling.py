"""Cancelling a booking: nobody can pay for it any more, its seats are free, and money that is in waits to be given back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Payment, Refund
from customer_data.seats import free_seats_of
from customer_data.services.opening import expire_payment
from customer_data.services.refunds import CannotRefund, most_to_refund, request_refund
from customer_data.signals import booking_cancelled
from customer_data.status import OPEN, Reason, Status

LONGEST_REASON = 300


class CannotCancel(Exception):
    """Nothing was done. The message is a sentence for staff."""


def cancel_booking(booking: Booking, *, reason: str, user: Any, source: str = "admin") -> Booking:
    """Cancel for good. An open payment ends and is still asked about: money that comes all the same is taken, and a person is told.

    The customer is told after commit (`booking_cancelled`). Raises CannotCancel.
    """
    why = " ".join(reason.replace("\0", "").split())
    if len(why) < 3:
        raise CannotCancel("Nothing was done: say why, in a few words. The customer is not told the reason.")
    with transaction.atomic():
        current = Booking.objects.select_for_update().get(pk=booking.pk)
        if current.cancelled_at is not None:
            raise CannotCancel(f"Nothing was done: {current.booking_reference} was cancelled already.")
        current.cancelled_at, current.cancelled_by, current.cancel_reason = timezone.now(), user, why[:LONGEST_REASON]
        current.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason", "updated_at"])
        _end_open_payments(current, why, user, source)
        free_seats_of(current)
        transaction.on_commit(lambda: booking_cancelled.send_robust(Booking, booking=current))
    return current


def money_to_give_back(booking: Booking) -> list[Payment]:
    """Payments of a cancelled booking of which something can still be asked to go back."""
    if booking.cancelled_at is None:
        return []
    paid = Payment.objects.filter(booking=booking, status=Status.SUCCESSFUL).defer("otp", "poll_url", "gateway_data")
    return [payment for payment in paid.order_by("created_at") if most_to_refund(payment) > 0]


def request_refunds_of(booking: Booking, *, reason: str, user: Any) -> list[Refund]:
    """Ask that all money of a cancelled booking goes back, one refund for each payment. Raises CannotRefund."""
    payments = money_to_give_back(booking)
    if not payments:
        raise CannotRefund("There is no money of this booking that could still go back.")
    with transaction.atomic():
        return [request_refund(each, amount=most_to_refund(each), reason=reason, user=user) for each in payments]


def _end_open_payments(booking: Booking, why: str, user: Any, source: str) -> None:
    sentence = f"The booking was cancelled: {why}"
    for payment in Payment.objects.filter(booking=booking, status__in=OPEN):
        actor = user.get_username()
        expire_payment(payment, source=source, actor=actor, reason=Reason.BOOKING_CANCELLED, sentence=sentence)
