"""Moving a payment to the booking that it was meant for. Both bookings are counted again; their seats and people's queue follow."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Payment, SeatHold, Transfer
from customer_data.models.refund import REFUND_UNDER_WAY
from customer_data.services.paid_seats import keep_for_a_while, keep_for_good
from customer_data.services.surprises import flag_overpaid
from customer_data.signals import payment_transferred
from customer_data.status import MONEY_IN, OPEN, BookingStatus

SOURCE = "admin"


class CannotTransfer(Exception):
    """Nothing was moved. The message is a sentence for staff: why, and what to do."""


def transfer_payment(payment: Payment, to_booking: Booking, *, reason: str, user: Any) -> Transfer:
    """Have the money of `payment` count for `to_booking`. `payment_transferred` is sent after commit. Raises CannotTransfer."""
    with transaction.atomic():
        bookings = _locked(payment, to_booking)
        paid = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
        if paid.booking_id not in bookings:
            raise CannotTransfer("Somebody else has moved this payment in the meantime. Look at where it is now.")
        was_for, is_for = bookings[paid.booking_id], bookings[to_booking.pk]
        _expect_movable(paid, was_for, is_for)
        transfer = Transfer.objects.create(payment=paid, from_booking=was_for, to_booking=is_for, reason=reason, made_by=user)
        Payment.objects.filter(pk=paid.pk).update(booking=is_for, updated_at=timezone.now())
        payment.booking = paid.booking = is_for
        for booking in bookings.values():
            booking.recount()
        _settle_seats(paid, was_for, is_for)
        _tell_people(paid, was_for, is_for)
        _note(paid, transfer)
        transaction.on_commit(lambda: payment_transferred.send_robust(Transfer, transfer=transfer))
    return transfer


def _locked(payment: Payment, to_booking: Booking) -> dict[int, Booking]:
    """Both bookings by id, locked in the order of their ids: two people who move money both ways wait for each other, once."""
    now_on = Payment.objects.values_list("booking_id", flat=True).get(pk=payment.pk)
    rows = Booking.objects.select_for_update(of=("self",)).filter(pk__in=[now_on, to_booking.pk]).order_by("pk")
    return {booking.pk: booking for booking in rows.select_related("customer")}


# --- May it be moved? -----------------------------------------------------------------------------
def _expect_movable(payment: Payment, was_for: Booking, is_for: Booking) -> None:
    """The caller holds the locks. Raises CannotTransfer."""
    if was_for == is_for:
        raise CannotTransfer(f"The payment counts for {is_for.booking_reference} already.")
    if payment.status not in MONEY_IN:
        raise CannotTransfer(f"The payment is {payment.get_status_display().lower()}: only money that is in can be moved.")
    if payment.currency != is_for.currency:
        raise CannotTransfer(
            f"The payment is in {payment.get_currency_display()}, that booking in {is_for.get_currency_display()}."
        )
    if is_for.cancelled_at is not None:
        raise CannotTransfer(f"Booking {is_for.booking_reference} is cancelled. Choose another one.")
    _expect_one_kind_of_money(payment, is_for)
    if payment.refunds.filter(status__in=REFUND_UNDER_WAY).exists():
        raise CannotTransfer("A refund of this payment is under way. Finish it or turn it down first.")
    waiting = is_for.payments.filter(status__in=OPEN).first()
    if waiting is not None:
        sentence = (
            f"The customer of {is_for.booking_reference} is being asked to pay it ({waiting.reference}). Stop waiting there first."
        )
        raise CannotTransfer(sentence)


def _expect_one_kind_of_money(payment: Payment, is_for: Booking) -> None:
    """Test money and real money never meet on one booking."""
    has_money = is_for.payment_status != BookingStatus.UNPAID
    if has_money and is_for.is_test != payment.is_test:
        here, there = ("test", "real") if payment.is_test else ("real", "test")
        raise CannotTransfer(f"This is {here} money, and booking {is_for.booking_reference} was paid with {there} money.")


# --- What follows ---------------------------------------------------------------------------------
def _settle_seats(payment: Payment, was_for: Booking, is_for: Booking) -> None:
    """Money keeps seats for good, where it counts now. Where it counted, they are kept for a while when nothing else is in.

    The departures are locked in the order of their ids, as the bookings were.
    """
    for hold in SeatHold.objects.filter(booking__in=[was_for, is_for]).order_by("departure_id"):
        if hold.booking_id == is_for.pk:
            keep_for_good(hold, is_for, payment)
        else:
            keep_for_a_while(hold, was_for)


def _tell_people(payment: Payment, was_for: Booking, is_for: Booking) -> None:
    flag_overpaid(payment, is_for)
    left = was_for.payments.filter(status__in=MONEY_IN).order_by("-created_at").first()
    if left is not None:
        flag_overpaid(left, was_for)
    if was_for.amount_paid == 0 and was_for.cancelled_at is None:
        moved = f"{payment.amount_shown} was moved to {is_for.booking_reference}"
        sentence = f"{was_for} has no money in any more: {moved}. Ask its customer to pay."
        Concern.raise_about(payment, ConcernKind.UNPAID_BY_TRANSFER, sentence)


def _note(payment: Payment, transfer: Transfer) -> None:
    was_for, is_for = transfer.from_booking.booking_reference, transfer.to_booking.booking_reference
    sentence = f"Moved from {was_for} to {is_for}: {transfer.reason}"
    payment.note(source=SOURCE, actor=transfer.made_by.get_username(), reason=sentence, details={"transfer": transfer.pk})
