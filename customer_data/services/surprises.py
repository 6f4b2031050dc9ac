"""What people are told of money that came otherwise than asked for. It is taken as it is; somebody decides."""

from __future__ import annotations

from typing import Any

from customer_data.models import Booking, Concern, ConcernKind, Payment
from customer_data.money import show_amount
from customer_data.status import MONEY_IN, UNPAID_ENDS, BookingStatus, Status


def flag_surprises(sender: object, *, payment: Payment, was: str, booking: Booking, **signal: Any) -> None:
    """Receiver of `payment_moving`: money that is late, double, disputed or for a cancelled trip is a matter for a person."""
    if payment.status == Status.DISPUTED:
        Concern.raise_about(payment, ConcernKind.DISPUTED, f"{payment.amount_shown} is held at the gateway until it is decided.")
    if payment.status != Status.SUCCESSFUL or was == Status.DISPUTED:
        return
    if booking.cancelled_at is not None:
        sentence = f"{payment.amount_shown} came for {booking.booking_reference}, which was cancelled. Give it back, or move it."
        Concern.raise_about(payment, ConcernKind.TRIP_CANCELLED, sentence + _denied(payment))
        return
    flag_overpaid(payment, booking)
    if was in UNPAID_ENDS:
        sentence = f"{payment.amount_shown} came after the payment was {was}.{_denied(payment)}"
        Concern.raise_about(payment, ConcernKind.LATE_MONEY, sentence)


def flag_overpaid(payment: Payment, booking: Booking) -> None:
    """A person hears when `booking`, for which `payment` counts, has more than it costs. The caller holds the booking's lock."""
    if booking.payment_status != BookingStatus.OVERPAID:
        return
    costs, paid = (show_amount(amount, booking.currency) for amount in (booking.total_amount, booking.amount_paid))
    kind = ConcernKind.PAID_TWICE if _has_a_twin(payment) else ConcernKind.OVERPAID
    Concern.raise_about(payment, kind, f"{booking.booking_reference} costs {costs}, paid is {paid}.")


def _has_a_twin(payment: Payment) -> bool:
    """Whether the same amount came for the same booking once more."""
    alike = {"booking": payment.booking_id, "amount": payment.amount, "is_test": payment.is_test, "status__in": MONEY_IN}
    return Payment.objects.filter(**alike).exclude(pk=payment.pk).exists()


def _denied(payment: Payment) -> str:
    """What to do when a letter says that this money never came: the wallet may still give it back on the strength of it."""
    letter = payment.letters.order_by("-pk").first()
    return f" Letter {letter} says that it never came: write to who has the letter that it is void." if letter else ""
