"""Cancelling a booking from its page, and asking that its money goes back."""

from __future__ import annotations

from decimal import Decimal

from customer_data.admin.page import Button, NotDone, Press, add_button
from customer_data.models import Booking
from customer_data.money import show_amount
from customer_data.services import CannotCancel, CannotRefund, cancel_booking, money_to_give_back, request_refunds_of


def _cancel(booking: Booking, press: Press) -> str:
    try:
        cancelled = cancel_booking(booking, reason=press.reason, user=press.user)
    except CannotCancel as error:
        raise NotDone(str(error)) from None
    if not cancelled.amount_paid:
        return "Cancelled. Nobody can pay for it any more, its seats are free, and the customer is told."
    paid = show_amount(cancelled.amount_paid, cancelled.currency)
    return f"Cancelled, its seats are free, and the customer is told. {paid} is in: ask for its refund here."


def _give_back(booking: Booking, press: Press) -> str:
    try:
        asked = request_refunds_of(booking, reason=press.reason, user=press.user)
    except CannotRefund as error:
        raise NotDone(str(error)) from None
    amount = show_amount(sum((refund.amount for refund in asked), start=Decimal(0)), booking.currency)
    refunds = "A refund" if len(asked) == 1 else f"{len(asked)} refunds"
    return f"{refunds} of {amount} in all wait{'s' if len(asked) == 1 else ''} for approval. Somebody else approves."


add_button(
    Booking,
    Button(
        name="cancel",
        label="Cancel the booking",
        press=_cancel,
        hint="Nobody can pay for it any more, its seats are free for others, and the customer is told. It cannot be undone.",
        asks_why="Why is it cancelled?",
        is_offered=lambda booking: booking.cancelled_at is None,
        permission="customer_data.cancel_booking",
        is_grave=True,
    ),
)
add_button(
    Booking,
    Button(
        name="give-back",
        label="Ask for all refunds",
        press=_give_back,
        hint="For each payment of this booking that is still in. For a part of it, open the payment.",
        asks_why="Why does it go back?",
        is_offered=lambda booking: bool(money_to_give_back(booking)),
        permission="customer_data.request_refund",
    ),
)
