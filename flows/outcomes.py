"""What became of a message that was handed to WhatsApp: accepted, to be tried again, or given up and told to staff."""

import logging
from datetime import timedelta

from django.utils import timezone

from customer_data.models import Concern, ConcernKind
from flows.models import FlowSession, Message
from flows.parcels import fallback_of
from flows.refusals import PAIR_RATE, Advice, SendRefused

logger = logging.getLogger(__name__)

TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))
MOST_TRIES = len(TRY_AGAIN_AFTER) + 1
ALARM_WAIT = timedelta(minutes=10)
"""While our account is refused, every message waits this long between tries, and none is given up."""

LONGEST_OUTAGE = timedelta(hours=24)


def accepted(message: Message, wamid: str) -> None:
    """WhatsApp has it. Its status may have overtaken the answer; then only the id is new."""
    now = timezone.now()
    if not _write(message, status=Message.Status.SENT, wamid=wamid, sent_at=now, next_try_at=None, last_error="", error_code=None):
        Message.objects.filter(pk=message.pk, wamid="").update(wamid=wamid)
    note_form(message, wamid)


def note_form(message: Message, wamid: str) -> None:
    """The session of a Flow's button knows which message opens it."""
    session_id = message.content.get("session_id")
    if session_id:
        FlowSession.objects.filter(pk=session_id).update(wamid=wamid)


def refused(message: Message, error: SendRefused) -> None:
    """WhatsApp said no, at once or in a later status. What to do stands in the table of refusals."""
    message.error_code = error.code
    match error.advice:
        case Advice.RETRY:
            pair_wait = (
                timedelta(seconds=4 ** (min(message.attempts, MOST_TRIES) - 1)) if message.attempts else timedelta(seconds=1)
            )
            try_later(message, str(error), wait=pair_wait if error.code == PAIR_RATE else None)
        case Advice.TEMPLATE if fallback_of(message) is not None and not message.content.get("as_template"):
            message.content["as_template"] = True
            _queue(message, str(error), wait=timedelta(0))
        case Advice.ALARM:
            sentence = "WhatsApp refuses our account or its keys. Messages wait; repair it in Meta's business settings."
            Concern.raise_about_customer(None, ConcernKind.WHATSAPP_ACCOUNT, sentence, code=str(error.code), said=error.details)
            put_off(message, ALARM_WAIT, str(error))
        case Advice.FIX_FLOW:
            sentence = "Meta holds a Flow back because its endpoint did badly. Look at the Flow's page."
            Concern.raise_about_customer(None, ConcernKind.FLOW_HEALTH, sentence, code=str(error.code), said=error.details)
            give_up(message, str(error))
        case _:
            give_up(message, str(error))


def try_later(message: Message, error: str, *, wait: timedelta | None = None) -> None:
    """The same again after a growing wait; given up after the last."""
    if message.attempts >= MOST_TRIES:
        give_up(message, error)
        return
    _queue(message, error, wait=TRY_AGAIN_AFTER[max(message.attempts, 1) - 1] if wait is None else wait)


def unreachable(message: Message, error: str) -> None:
    """It certainly never left us. An outage of hours must not fail what customers are waiting for; a day later it helps nobody."""
    if timezone.now() - message.created_at >= LONGEST_OUTAGE:
        give_up(message, error)
        return
    tries = min(max(message.attempts, 1), len(TRY_AGAIN_AFTER) - 1)
    _queue(message, error, wait=TRY_AGAIN_AFTER[tries - 1], attempts=tries)


def put_off(message: Message, wait: timedelta, error: str = "") -> None:
    """Not its turn, or nobody's fault of its own: it waits, and this try does not count."""
    _queue(message, error, wait=wait, attempts=max(message.attempts - 1, 0))


def no_answer(message: Message, error: str) -> None:
    """WhatsApp may have it: the message stays `sending` until its status tells, and is sent again only when none came in time."""
    if message.attempts >= MOST_TRIES:
        give_up(message, error)
    else:
        _write(message, last_error=error[:500])


def give_up(message: Message, error: str) -> None:
    """A person must tell the customer."""
    logger.error("Message %s to a customer was not sent: %s", message.pk, error)
    fields = {"status": Message.Status.FAILED, "next_try_at": None, "last_error": error[:500], "error_code": message.error_code}
    if _write(message, **fields):
        sentence = f"A message on WhatsApp did not reach the customer. {error}"
        Concern.raise_about_customer(message.customer, ConcernKind.NOT_TOLD, sentence, message=str(message.pk))


def _queue(message: Message, error: str, *, wait: timedelta, attempts: int | None = None) -> None:
    _write(
        message,
        status=Message.Status.QUEUED,
        next_try_at=timezone.now() + wait,
        last_error=error[:500],
        error_code=message.error_code,
        content=message.content,
        wamid="",
        attempts=message.attempts if attempts is None else attempts,
    )


def _write(message: Message, **fields: object) -> bool:
    """Only while nobody else has moved it on since we read it: a status of WhatsApp's may have settled it meanwhile."""
    unmoved = Message.objects.filter(pk=message.pk, status=message.status, attempts=message.attempts)
    return unmoved.update(**fields) == 1
