"""What we tell customers: written as a row first, sent by a worker, at most one message for each move of a payment."""

import logging
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customer_data.models import Payment, PaymentEvent
from customer_data.money import show_amount
from customer_data.status import UNPAID_ENDS, Reason, Status
from flows.models import Message
from flows.sentences import say
from flows.whatsapp import NotSent, SendRefused, SendUnknown, client_from_settings

logger = logging.getLogger(__name__)

TOLD = frozenset({Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.REFUNDED})
"""The ends a customer is told of. An attempt the customer himself replaced is not one: the new one speaks for itself."""

NOT_TOLD = frozenset({Reason.METHOD_CHANGED, Reason.NOT_NEEDED})
"""An attempt that the customer replaced, or that another one made needless: the other one speaks for itself."""

LOOK_BACK = timedelta(days=2)
SENDING_LEASE = timedelta(minutes=2)
"""A message still `sending` after this lost its worker; it is sent again. WhatsApp offers no way to ask first."""

TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))


def write_message(event: PaymentEvent) -> Message | None:
    """The message about one move, written once. None when this move is not told, or the customer is not on WhatsApp."""
    payment = event.payment
    customer = payment.booking.customer
    if not is_told(event) or not (customer.wa_id or customer.bsuid):
        return None
    message, _ = Message.objects.get_or_create(
        event=event, defaults={"customer": customer, "body": _body(payment, event), "next_try_at": timezone.now()}
    )
    return message


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
    recent = PaymentEvent.objects.filter(to_status__in=TOLD, created_at__gte=timezone.now() - LOOK_BACK, message__isnull=True)
    reachable = Q(payment__booking__customer__wa_id__gt="") | Q(payment__booking__customer__bsuid__gt="")
    still_true = Q(to_status=F("payment__status")) & ~Q(payment__reason_code__in=NOT_TOLD)
    moves = recent.exclude(from_status=F("to_status")).exclude(from_status=Status.DISPUTED)
    return moves.filter(reachable, still_true | ~Q(to_status__in=UNPAID_ENDS))


def due_messages() -> list[int]:
    """Ids of the messages that should be tried now."""
    due = Message.objects.filter(next_try_at__lte=timezone.now()).order_by("next_try_at")
    return list(due.values_list("pk", flat=True)[:200])


def send_message(message_id: int) -> None:
    """Send one message, unless another worker has it."""
    message = _claim(message_id)
    if message is None:
        return
    try:
        wamid = client_from_settings().send_text(_recipient(message), message.body, opaque=f"message-{message.pk}")
    except SendRefused as error:
        if error.retry:
            _try_later(message, str(error))
        else:
            _give_up(message, str(error))
    except (NotSent, SendUnknown) as error:
        _try_later(message, str(error))
    except ValueError as error:  # WhatsApp would refuse it as it stands, however often it is sent
        _give_up(message, str(error))
    else:
        _write(message, status=Message.Status.SENT, wamid=wamid, sent_at=timezone.now(), next_try_at=None, last_error="")


def _claim(message_id: int) -> Message | None:
    now = timezone.now()
    due = Message.objects.filter(pk=message_id, next_try_at__lte=now)
    claimed = due.update(status=Message.Status.SENDING, attempts=F("attempts") + 1, next_try_at=now + SENDING_LEASE)
    return Message.objects.select_related("customer").get(pk=message_id) if claimed else None


def _recipient(message: Message) -> str:
    customer = message.customer
    return f"+{customer.wa_id}" if customer.wa_id else customer.bsuid or ""


def _try_later(message: Message, error: str) -> None:
    if message.attempts > len(TRY_AGAIN_AFTER):
        _give_up(message, error)
        return
    wait = TRY_AGAIN_AFTER[message.attempts - 1]
    _write(message, status=Message.Status.QUEUED, next_try_at=timezone.now() + wait, last_error=error[:500])


def _give_up(message: Message, error: str) -> None:
    logger.error("Message %s to a customer was not sent: %s", message.pk, error)
    _write(message, status=Message.Status.FAILED, next_try_at=None, last_error=error[:500])


def _write(message: Message, **fields: object) -> None:
    Message.objects.filter(pk=message.pk).update(**fields)


def _body(payment: Payment, event: PaymentEvent) -> str:
    booking = payment.booking
    return say(
        f"payment_{event.to_status}",
        payment=payment,
        booking=booking,
        customer=booking.customer,
        paid=show_amount(booking.amount_paid, booking.currency),
    )
