"""What each customer should have been told by the end, from the trail of the payments: said again here, not asked of our code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from customer_data.models import Payment, PaymentEvent, Receipt
from customer_data.status import Reason, Status
from proof.books import Told

PAID, NOT_PAID, REFUNDED, RECEIPT = "*Paid.*", "*Not paid.*", "*Refunded.*", "receipt"
BAD_NEWS = (Status.FAILED, Status.CANCELLED, Status.EXPIRED)
NOT_TOLD = (Reason.METHOD_CHANGED, Reason.NOT_NEEDED, Reason.OTHER_AMOUNT, Reason.BOOKING_CANCELLED)


@dataclass(frozen=True)
class Due:
    """What should have come to `number`: between `least` and `most` messages that say `says` and name `name`."""

    number: str
    about: str
    says: str
    name: str
    least: int = 1
    most: int = 1

    def fits(self, told: Told) -> bool:
        if self.says == RECEIPT:
            return told.file_name == self.name
        return self.says in told.words[:60] and self.name in told.words


def messages_that_should_be() -> Iterator[Due]:
    """For every payment that came in, every receipt, every refund of the gateway, and every booking with bad news."""
    moves = list(_moves())
    payments = Payment.objects.select_related("booking__customer").in_bulk({move.payment_id for move in moves})
    paid = {move.payment_id for move in moves if move.to_status == Status.SUCCESSFUL and move.from_status != Status.DISPUTED}
    given_back = {move.payment_id for move in moves if move.to_status == Status.REFUNDED and move.source != "admin"}
    for payment in payments.values():
        number, reference = str(payment.booking.customer.wa_id), payment.reference
        came_in = payment.pk in paid
        yield Due(number, f"payment {reference}", PAID, reference, int(came_in), int(came_in))
        if payment.pk in given_back:
            yield Due(number, f"payment {reference}", REFUNDED, reference)
    yield from _receipts()
    yield from _bad_news(moves, payments)


def _moves() -> Iterator[PaymentEvent]:
    for event in PaymentEvent.objects.order_by("pk").iterator():
        if event.from_status != event.to_status:
            yield event


def _receipts() -> Iterator[Due]:
    for receipt in Receipt.objects.select_related("payment__booking__customer"):
        number = str(receipt.payment.booking.customer.wa_id)
        yield Due(number, f"payment {receipt.payment.reference}", RECEIPT, f"receipt-{receipt}.pdf")


def _bad_news(moves: list[PaymentEvent], payments: Mapping[Any, Payment]) -> Iterator[Due]:
    """These name the booking. News that was true for a moment only, because the money came after all, may have been told or not."""
    least: dict[str, int] = {}
    most: dict[str, int] = {}
    numbers: dict[str, str] = {}
    for move in moves:
        if move.to_status not in BAD_NEWS:
            continue
        payment = payments[move.payment_id]
        booking = payment.booking.booking_reference
        numbers[booking] = str(payment.booking.customer.wa_id)
        is_still_true, is_told = payment.status == move.to_status, payment.reason_code not in NOT_TOLD
        least[booking] = least.get(booking, 0) + (is_still_true and is_told)
        most[booking] = most.get(booking, 0) + (not is_still_true or is_told)
    for booking, number in numbers.items():
        yield Due(number, f"booking {booking}", NOT_PAID, booking, least[booking], most[booking])
