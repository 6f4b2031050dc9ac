"""One chat message in, replies out. The talk itself is declared in `flows/definitions/booking_flow.py`."""

from flows import outbox
from flows.conversation.facts import Talking
from flows.conversation.moving import arrive
from flows.conversation.understanding import understand
from flows.incoming import Incoming
from flows.models import Conversation

__all__ = ["answer"]

KEPT = ("step", "answers", "trail", "language", "taken_by", "wants_person_since", "muted_at", "nudged_at", "updated_at")


def answer(conversation: Conversation, incoming: Incoming) -> None:
    """Do what the message asks for, and queue what is said to it, in the caller's transaction, under the conversation's lock.

    Nothing goes over the network here. Called once for each message: its wamid is in the keys of what is written.
    """
    talking = Talking(conversation)
    conversation.language = talking.language  # a language that is no longer reviewed is no longer spoken
    messages = arrive(talking, understand(talking, incoming))
    conversation.save(update_fields=KEPT)
    for number, message in enumerate(messages):
        outbox.write(talking.customer, message, key=f"reply-{incoming.wamid}-{number}")
