"""Messages to customers: a row first, sent by a worker, settled by the status that WhatsApp tells. A key is written once."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from customer_data import correlation
from customer_data.models import Customer, PaymentEvent
from customer_data.models.statements import insert_new, is_written, update_returning
from flows import outcomes
from flows.models import Message
from flows.outcomes import TRY_AGAIN_AFTER
from flows.outgoing import Outgoing, Template, kind_of, to_content
from flows.parcels import NoTemplate, pack
from flows.refusals import SendRefused, advice_for
from flows.whatsapp import NotSent, SendUnknown, client_from_settings
from flows.window import take_turn

__all__ = [
    "SENDING_LEASE",
    "TRY_AGAIN_AFTER",
    "due_messages",
    "message",
    "record_status",
    "send_message",
    "try_again",
    "write",
    "write_all",
]

logger = logging.getLogger(__name__)

SENDING_LEASE = timedelta(minutes=2)
"""How long a message without an answer waits for WhatsApp's status. None came: WhatsApp does not have it, and it is sent again."""

MOST_DUE = 200
MOST_OF_ONE_CUSTOMER = 50

_RANK = {"queued": 0, "sending": 0, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
"""A status only moves forward, in whatever order WhatsApp tells it: what was delivered never failed."""


# --- Writing --------------------------------------------------------------------------------------
def write(
    customer: Customer, outgoing: Outgoing, *, key: str, event: PaymentEvent | None = None, fallback: Template | None = None
) -> Message:
    """Queue `outgoing` for the customer, once for each key, in the caller's transaction. Returns the row, new or old.

    `fallback` is sent instead when the customer last wrote more than 24 hours ago.
    """
    (written,) = write_all([message(customer, outgoing, key=key, event=event, fallback=fallback)])
    return written


def message(
    customer: Customer, outgoing: Outgoing, *, key: str, event: PaymentEvent | None = None, fallback: Template | None = None
) -> Message:
    """What `write_all` writes; see `write`."""
    beside = {"fallback": to_content(fallback)} if fallback else {}
    return Message(
        customer=customer,
        key=key,
        event=event,
        kind=kind_of(outgoing),
        content=to_content(outgoing) | beside,
        body=outgoing.body,
        correlation_id=(event.payment.correlation_id if event else "") or correlation.current_id(),
        next_try_at=timezone.now(),
    )


def write_all(messages: list[Message]) -> list[Message]:
    """Queue them in their order, all or none, each key once. Returns the rows, new or old."""
    new = insert_new(messages, returning=("key", "id"))
    for each in messages:
        if each.key in new:
            is_written(each, new[each.key])
    if len(new) == len(messages):
        return messages
    old = {each.key: each for each in Message.objects.filter(key__in=[each.key for each in messages if each.pk is None])}
    return [each if each.pk else old[each.key] for each in messages]


def try_again(message: Message) -> bool:
    """Queue a failed message from the start. False: it has not failed, and nothing was done."""
    failed = Message.objects.filter(pk=message.pk, status=Message.Status.FAILED)
    return failed.update(status=Message.Status.QUEUED, attempts=0, wamid="", next_try_at=timezone.now()) == 1


# --- Sending --------------------------------------------------------------------------------------
def due_messages() -> list[int]:
    """Ids of the messages that should be tried now: of each customer only the first that waits."""
    due = _firsts().filter(next_try_at__lte=timezone.now()).order_by("next_try_at", "pk")
    return list(due.values_list("pk", flat=True)[:MOST_DUE])


def send_message(message_id: int) -> None:
    """Send what this customer's queue holds up to now, in order. Whoever finds the first one taken leaves: its worker goes on."""
    waiting = Message.objects.select_related("customer__conversation").filter(pk=message_id, next_try_at__isnull=False)
    named = next(iter(waiting), None)
    if named is None:
        return
    for _ in range(MOST_OF_ONE_CUSTOMER):
        message = _claim_first(named.customer)
        if message is None:
            return
        with correlation.thread(message.correlation_id):
            _send(message)


def _claim_first(customer: Customer) -> Message | None:
    """The customer's first waiting message for us alone, if its time has come."""
    now = timezone.now()
    due = _firsts().filter(customer=customer, next_try_at__lte=now)
    claimed = update_returning(due, status=Message.Status.SENDING, attempts=F("attempts") + 1, next_try_at=now + SENDING_LEASE)
    for message in claimed:
        message.customer = customer
    return next(iter(claimed), None)


def _firsts() -> QuerySet[Message]:
    """The waiting messages that no earlier one of the same customer is before."""
    earlier = Message.objects.filter(customer=OuterRef("customer"), pk__lt=OuterRef("pk"), next_try_at__isnull=False)
    return Message.objects.filter(~Exists(earlier), next_try_at__isnull=False)


def _send(message: Message) -> None:
    turn = take_turn(message.customer)
    if turn is not None:
        outcomes.put_off(message, turn - timezone.now(), "WhatsApp takes one message in six seconds to one person.")
        return
    outcome = "accepted"
    try:
        client = client_from_settings()
        outgoing, parts = pack(message, client)
        wamid = client.send(message.customer.chat_address, outgoing, parts=parts, opaque=f"message-{message.pk}")
    except SendRefused as error:
        outcome = f"refused {error.code}"
        outcomes.refused(message, error)
    except NotSent as error:
        outcome = "not sent"
        outcomes.unreachable(message, str(error))
    except SendUnknown as error:
        outcome = "no answer"
        outcomes.no_answer(message, str(error))
    except (NoTemplate, ValueError) as error:  # WhatsApp would refuse it as it stands, however often it is sent
        outcome = "given up"
        outcomes.give_up(message, str(error))
    else:
        outcomes.accepted(message, wamid)
    correlation.step(logger, "message out", message_id=message.pk, kind=message.kind, outcome=outcome)


# --- What WhatsApp tells later --------------------------------------------------------------------
def record_status(
    wamid: str, status: str, *, at: datetime, opaque: str = "", error_code: int | None = None, error: str = ""
) -> bool:
    """Note what became of a message: `sent`, `delivered`, `read` or `failed`. False: no message of ours is known by id or `opaque`.

    By `opaque` it settles a message whose answer was lost, so that it is not sent again.
    """
    with transaction.atomic(savepoint=False):
        message = _message_of(wamid, opaque)
        if message is None:
            return False
        with correlation.thread(message.correlation_id):
            correlation.step(logger, "message reported", message_id=message.pk, status=status, code=error_code)
        is_news = status in _RANK and _RANK[status] > 0 and wamid not in message.content.get("failed_wamids", ())
        if is_news and status == Message.Status.FAILED:
            _note_failure(message, wamid, error_code, error)
        elif is_news:
            _note_progress(message, wamid, status, at)
    return True


def _message_of(wamid: str, opaque: str) -> Message | None:
    locked = Message.objects.select_related("customer").select_for_update(of=("self",))
    found = locked.filter(wamid=wamid).first() if wamid else None
    number = opaque.removeprefix("message-")
    if found is None and opaque.startswith("message-") and number.isascii() and number.isdigit() and len(number) < 19:
        found = locked.filter(pk=int(number)).first()
    return found


def _note_progress(message: Message, wamid: str, status: str, at: datetime) -> None:
    times = {"sent_at": message.sent_at or at}
    if status in ("delivered", "read"):
        times["delivered_at"] = message.delivered_at or at
    if status == "read":
        times["read_at"] = message.read_at or at
    gave_up_unanswered = message.status == Message.Status.FAILED and not message.wamid
    fields: dict[str, object] = {"wamid": message.wamid or wamid, **times}
    if gave_up_unanswered or _RANK[status] > _RANK[message.status]:
        fields |= {"status": status, "next_try_at": None, "last_error": "", "error_code": None}
    Message.objects.filter(pk=message.pk).update(**fields)
    outcomes.note_form(message, message.wamid or wamid)


def _note_failure(message: Message, wamid: str, error_code: int | None, error: str) -> None:
    """A failure is of one try: another try of the same message, or what is on the phone already, is not touched by it."""
    is_other_try = bool(message.wamid) and message.wamid != wamid
    if is_other_try or _RANK[message.status] >= _RANK["failed"]:
        return
    code = error_code or 0
    message.content["failed_wamids"] = [*message.content.get("failed_wamids", ()), wamid]
    refusal = SendRefused(code, error[:400] or "no reason given", advice=advice_for(code))
    outcomes.refused(message, refusal)
