"""A person takes over a talk, answers in it, and hands it back to the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer, Proof
from flows import outbox
from flows.models import Conversation, IncomingMessage, Message
from flows.outgoing import Text, TooLong
from flows.sentences import say
from flows.window import MARGIN, WINDOW

MOST_SHOWN = 200


class CannotReply(Exception):
    """Nothing was sent. The sentence says why, and what to do."""


@dataclass(frozen=True)
class Said:
    """One message of a talk, for people: who said what, when, and what became of it."""

    at: datetime
    is_customers: bool
    words: str
    stands: str = ""  # what became of ours
    is_trouble: bool = False
    choices: tuple[str, ...] = ()  # what the customer could tap
    proof: Proof | None = None  # what was kept of a photo, a PDF or a wallet's message


# --- Reading --------------------------------------------------------------------------------------
def talk_of(customer: Customer) -> list[Said]:
    """The newest messages of both sides, oldest first."""
    heard = IncomingMessage.objects.filter(customer=customer).order_by("-pk")[:MOST_SHOWN]
    told = Message.objects.filter(customer=customer).order_by("-pk")[:MOST_SHOWN]
    proofs = {proof.wamid: proof for proof in Proof.objects.filter(wamid__in=[message.wamid for message in heard])}
    said = [_of_customer(message, proofs.get(message.wamid)) for message in heard] + [_of_ours(message) for message in told]
    return sorted(said, key=lambda one: one.at)[-MOST_SHOWN:]


def window_closes_at(talk: Conversation) -> datetime | None:
    """Up to when free text may be sent; None: it may not."""
    closes = talk.last_heard_at + WINDOW - MARGIN if talk.last_heard_at else None
    return closes if closes is not None and closes > timezone.now() else None


def _of_customer(message: IncomingMessage, proof: Proof | None) -> Said:
    # When it reached us orders the talk: a phone without signal sends what was typed hours ago.
    kind = _KINDS.get(message.kind, "")
    words = f"{kind}: {message.text}" if kind and message.text else message.text or kind or "Something WhatsApp has no words for"
    return Said(message.created_at, is_customers=True, words=words, proof=proof)


_KINDS = {
    "image": "Photo",
    "document": "Document",
    "voice": "Voice note",
    "video": "Video",
    "sticker": "Sticker",
    "location": "Place on the map",
    "contact": "Contact",
    "reaction": "Reaction",
    "flow_reply": "Form filled in",
    "other": "Something the phone could not show here",
}


def _of_ours(message: Message) -> Said:
    status = Message.Status(message.status)
    stands = f"{status.label}: {message.last_error}" if message.last_error else str(status.label)
    return Said(
        message.created_at,
        is_customers=False,
        words=message.body,
        stands=stands,
        is_trouble=status == Message.Status.FAILED,
        choices=tuple(_titles(message.content)),
    )


def _titles(content: dict[str, Any]) -> Iterator[str]:
    rows = list(content.get("choices") or ())
    for section in content.get("sections") or ():
        rows.extend(section.get("rows") or ())
    for row in rows:
        yield str(row.get("title", ""))


# --- Doing ----------------------------------------------------------------------------------------
def take_over(talk: Conversation, user: Any) -> None:
    """From now on `user` answers, and the machine is quiet."""
    Conversation.objects.filter(pk=talk.pk).update(taken_by=user, updated_at=timezone.now())


@transaction.atomic
def hand_back(talk: Conversation, user: Any) -> Message | None:
    """The machine answers again, where the talk stood; the customer is told while that can be. The message, if any."""
    talk = Conversation.objects.select_for_update().get(pk=talk.pk)
    if talk.taken_by_id is None and talk.wants_person_since is None:
        raise CannotReply("The machine answers this customer already.")
    Conversation.objects.filter(pk=talk.pk).update(taken_by=None, wants_person_since=None, updated_at=timezone.now())
    asked = Concern.objects.filter(customer=talk.customer, kind=ConcernKind.WANTS_PERSON, solved_at__isnull=True)
    asked.update(solved_at=timezone.now(), solved_by=user)
    if window_closes_at(talk) is None:
        return None
    told = Text(say("talk/handed_back", language=talk.language))
    return outbox.write(talk.customer, told, key=f"handed-back-{talk.pk}-{timezone.now().timestamp():.6f}")


@transaction.atomic
def reply(talk: Conversation, user: Any, words: str, *, submission: str) -> Message:
    """Queue what a person wrote, once for each `submission`. Whoever answers takes the talk over. Raises CannotReply."""
    talk = Conversation.objects.select_for_update().get(pk=talk.pk)
    key = f"staff-{talk.pk}-{submission}"
    earlier = Message.objects.filter(key=key).first()
    if earlier is not None:
        return earlier
    if talk.taken_by_id not in (None, user.pk):
        raise CannotReply(f"Nothing was sent: {talk.taken_by} answers this customer. Take the talk over first.")
    if window_closes_at(talk) is None:
        raise CannotReply(
            "Nothing was sent: the customer last wrote more than 24 hours ago, and WhatsApp delivers free text only until then. "
            "Phone the customer, or wait until they write again; a message made of an approved template can still be sent."
        )
    message = outbox.write(talk.customer, _text(words), key=key)
    take_over(talk, user)
    return message


def _text(words: str) -> Text:
    if not words.strip():
        raise CannotReply("Nothing was sent: write something first.")
    try:
        return Text(words.strip())
    except TooLong as error:
        raise CannotReply(f"Nothing was sent: {error}") from None
