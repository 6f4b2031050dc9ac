"""Messages to customers: written as a row first, sent by a worker. The row's key says what it is about: it is written once."""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from customer_data.models import Customer, PaymentEvent
from flows.models import Message
from flows.outgoing import Outgoing, Template, from_content, kind_of, to_content
from flows.whatsapp import NotSent, SendRefused, SendUnknown, client_from_settings

logger = logging.getLogger(__name__)

SENDING_LEASE = timedelta(minutes=2)
"""A message still `sending` after this lost its worker; it is sent again. WhatsApp offers no way to ask first."""

TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))


def write(
    customer: Customer, outgoing: Outgoing, *, key: str, event: PaymentEvent | None = None, fallback: Template | None = None
) -> Message:
    """Queue `outgoing` for the customer, once for each key, in the caller's transaction. Returns the row, new or old."""
    message, _ = Message.objects.get_or_create(
        key=key,
        defaults={
            "customer": customer,
            "event": event,
            "kind": kind_of(outgoing),
            "content": to_content(outgoing),
            "body": outgoing.body,
            "next_try_at": timezone.now(),
        },
    )
    return message


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
        wamid = client_from_settings().send(
            _recipient(message), from_content(message.kind, message.content), opaque=f"message-{message.pk}"
        )
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
