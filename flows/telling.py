"""What a customer is told when a payment moves: at most one message for each move, written as a row first."""

from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customer_data.models import Payment, PaymentEvent
from customer_data.money import show_amount
from customer_data.status import UNPAID_ENDS, Reason, Status
from flows import outbox
from flows.models import Message
from flows.outgoing import Text
from flows.sentences import say

TOLD = frozenset({Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.REFUNDED})
"""The ends a customer is told of. An attempt the customer himself replaced is not one: the new one speaks for itself."""

NOT_TOLD = frozenset({Reason.METHOD_CHANGED, Reason.NOT_NEEDED})
"""An attempt that the customer replaced, or that another one made needless: the other one speaks for itself."""

LOOK_BACK = timedelta(days=2)


def write_message(event: PaymentEvent) -> Message | None:
    """The message about one move, written once. None when this move is not told, or the customer is not on WhatsApp."""
    payment = event.payment
    customer = payment.booking.customer
    if not is_told(event) or not (customer.wa_id or customer.bsuid):
        return None
    return outbox.write(customer, Text(_body(payment, event)), key=f"event-{event.pk}-text", event=event)


def is_told(event: PaymentEvent) -> bool:
    """Whether the customer hears of this event: bad news only while it is still true, a payment only when it comes in."""
    if not event.is_move or event.to_status not in TOLD or event.from_status == Status.DISPUTED:
        return False
    was_replaced = event.payment.reason_code in NOT_TOLD
    return event.to_status not in UNPAID_ENDS or (event.to_status == event.payment.status and not was_replaced)


def write_missed() -> int:
    """Write the messages of moves whose process died before it could. Returns how many."""
    missed = _missed().select_related("payment__booking__customer").order_by("pk")
    return sum(write_message(event) is not None for event in missed[:500])


def _missed() -> QuerySet[PaymentEvent]:
    """Only what `write_message` would write: what is never told must not crowd out what is."""
    recent = PaymentEvent.objects.filter(to_status__in=TOLD, created_at__gte=timezone.now() - LOOK_BACK, messages__isnull=True)
    reachable = Q(payment__booking__customer__wa_id__gt="") | Q(payment__booking__customer__bsuid__gt="")
    still_true = Q(to_status=F("payment__status")) & ~Q(payment__reason_code__in=NOT_TOLD)
    moves = recent.exclude(from_status=F("to_status")).exclude(from_status=Status.DISPUTED)
    return moves.filter(reachable, still_true | ~Q(to_status__in=UNPAID_ENDS))


def _body(payment: Payment, event: PaymentEvent) -> str:
    booking = payment.booking
    return say(
        f"payment_{event.to_status}",
        payment=payment,
        booking=booking,
        customer=booking.customer,
        paid=show_amount(booking.amount_paid, booking.currency),
    )
