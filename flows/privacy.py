"""The talk with one customer: which rows it is, and how it goes when they are erased."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_data.models import Booking, Customer
from customer_data.privacy import CannotErase, Emptied, Known, Part
from customer_data.privacy.whose import people_beside
from flows.models import Conversation, FlowSession, IncomingMessage, Message, SentFile, Update

STATUSES = ("sent", "delivered", "read", "failed", "deleted", "warning")
"""Words under whose keys WhatsApp's status updates are kept. Others are found by nobody, and go by the timetable."""


def messages_of(customer: Customer) -> QuerySet[Message]:
    return Message.objects.filter(customer=customer)


def messages_beside(customer: Customer) -> QuerySet[Message]:
    """What those were told who pay for them, or for whom they pay: they may be named in it."""
    return Message.objects.filter(customer__in=_beside(customer))


def incoming_of(customer: Customer) -> QuerySet[IncomingMessage]:
    return IncomingMessage.objects.filter(customer=customer)


def incoming_beside(customer: Customer) -> QuerySet[IncomingMessage]:
    return IncomingMessage.objects.filter(customer__in=_beside(customer))


def sessions_of(customer: Customer) -> QuerySet[FlowSession]:
    return FlowSession.objects.filter(customer=customer)


def files_of(customer: Customer) -> QuerySet[SentFile]:
    return SentFile.objects.filter(customer=customer)


def updates_of(customer: Customer) -> QuerySet[Update]:
    """What WhatsApp told us of them: by who sent it, and by the ids of their messages, which hold their number."""
    senders = [known for known in (customer.wa_id, customer.bsuid) if known]
    came = [f"message:{wamid}" for wamid in incoming_of(customer).values_list("wamid", flat=True)]
    went = messages_of(customer).exclude(wamid="").values_list("wamid", flat=True)
    statuses = [f"status:{wamid}:{status}" for wamid in went for status in STATUSES]
    return Update.objects.filter(Q(sender__in=senders) | Q(key__in=[*came, *statuses]))


def _lock_talk(customer: Customer) -> None:
    """Nobody answers them meanwhile. Raises CannotErase while a message is on its way."""
    list(Conversation.objects.select_for_update().filter(customer=customer))
    if messages_of(customer).filter(next_try_at__isnull=False).exists():
        raise CannotErase("A message to them is still on its way. Try again in a few minutes.")
    if files_of(customer).filter(next_try_at__isnull=False).exists():
        raise CannotErase("A photo or PDF of theirs is still being fetched. Try again in a few minutes.")


def _delete_talk(customer: Customer, known: Known) -> Mapping[str, int]:
    """What they wrote and sent, where the talk stands, and what WhatsApp told us of both."""
    gone = {}
    for rows in (updates_of(customer), incoming_of(customer), files_of(customer), Conversation.objects.filter(customer=customer)):
        deleted, _ = rows.delete()
        if deleted:
            gone[rows.model._meta.label] = deleted
    return gone


def _key(row: Message, key: str, customer: Customer, known: Known) -> str:
    """Keys of answers hold the id of the message that was answered, and that holds the number."""
    return f"erased-{row.pk}" if key.startswith("reply-") else known.leaves(key)


def _expiry(row: FlowSession, expires_at: object, customer: Customer, known: Known) -> object:
    return min(row.expires_at, timezone.now())


def _beside(customer: Customer) -> list[int]:
    opened = FlowSession.objects.filter(booking__in=Booking.objects.filter(customer=customer)).values_list("customer_id", flat=True)
    return list({*people_beside(customer).values_list("pk", flat=True), *opened} - {customer.pk})


PART = Part(
    lock=_lock_talk,
    rows=(
        Emptied(messages_of, blank={"body": "", "content": {}, "wamid": "", "last_error": ""}, by={"key": _key}),
        Emptied(messages_beside, exact=("body", "content")),
        Emptied(incoming_beside, exact=("text",)),
        Emptied(sessions_of, blank={"token": "", "typed": {}, "wamid": ""}, by={"expires_at": _expiry}),
    ),
    delete=_delete_talk,
)
"""Rows of messages and forms stay, empty: the figures of forms are counted from them, and nobody is told a second time."""
