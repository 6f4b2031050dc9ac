"""The chat's lines in the timeline of a payment: the forms that were sent, and every message with what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from customer_data.admin.page import Reading, TimelineLine, add_timeline
from customer_data.admin.timeline import link
from customer_data.models import Payment
from flows.models import FlowSession, Message

LONGEST_WORDS = 200

_COLOUR_OF = {
    Message.Status.SENDING: "warning",
    Message.Status.DELIVERED: "success",
    Message.Status.READ: "success",
    Message.Status.FAILED: "danger",
}


def _forms(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    """The form that the payment was asked for with: sent, opened, sent off."""
    for form in reading.first_of(FlowSession.objects.filter(payment=payment).select_related("customer"), "created_at"):
        who = str(form.customer)
        yield TimelineLine(form.created_at, "message", link(form, "The payment form was made"), "", f"for {who}", icon="list_alt")
        if form.opened_at:
            yield TimelineLine(form.opened_at, "customer", "The form was opened", "", who, icon="visibility")
        if form.spent_at:
            yield TimelineLine(form.spent_at, "customer", "The form was sent off", "", who, icon="task_alt")


def _messages(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    """What was said about this payment."""
    yield from _lines(Message.objects.filter(event__payment=payment), reading)


def _messages_with_its_form(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    """What opened its form. A question of its own: one for both would look through every message there ever was."""
    wamids = FlowSession.objects.filter(payment=payment).exclude(wamid="").values("wamid")
    yield from _lines(Message.objects.filter(wamid__in=wamids, event=None), reading)


def _lines(messages: QuerySet[Message], reading: Reading) -> Iterator[TimelineLine]:
    for message in reading.first_of(messages.select_related("customer"), "created_at"):
        yield TimelineLine(
            at=message.created_at,
            kind="message",
            title=link(message, f"Message: {_in_a_sentence(message.get_status_display())}"),
            words=f"{_short(message.body)}\n{_delivery(message)}".strip(),
            who=f"to {message.customer}",
            colour=_COLOUR_OF.get(Message.Status(message.status), ""),
        )


def _in_a_sentence(words: str) -> str:
    """With a small first letter; names inside, such as WhatsApp's, keep theirs."""
    return words[:1].lower() + words[1:]


def _short(text: str) -> str:
    """As much as tells one message from another; the message's own page has it whole."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1].rstrip()}…"


def _delivery(message: Message) -> str:
    """`Sent 14:05:02, delivered 14:05:04, read 14:07:31.`, or why it was not, and when it is tried again."""
    moments = (("sent", message.sent_at), ("delivered", message.delivered_at), ("read", message.read_at))
    came = ", ".join(f"{what} {_clock(at, message.created_at)}" for what, at in moments if at is not None)
    waits = f"It is tried (again) at {_clock(message.next_try_at, message.created_at)}." if message.next_try_at else ""
    sentences = (f"{came[:1].upper()}{came[1:]}." if came else "", message.last_error, waits)
    return " ".join(sentence for sentence in sentences if sentence)


def _clock(at: datetime, written: datetime) -> str:
    """The time of day in Harare; with the date when that is another than the message's."""
    local = timezone.localtime(at)
    is_same_day = local.date() == timezone.localtime(written).date()
    return f"{local:%H:%M:%S}" if is_same_day else f"{local:%H:%M} on {local.day} {local:%b}"


add_timeline(Payment, _forms, seen_with=FlowSession)
add_timeline(Payment, _messages, seen_with=Message)
add_timeline(Payment, _messages_with_its_form, seen_with=Message)
