"""One chat message in, replies out. The talk itself is declared in `flows/definitions/booking_flow.py`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flows import outbox
from flows.conversation.facts import Talking
from flows.conversation.moving import arrive
from flows.conversation.notice import with_notice
from flows.conversation.understanding import understand
from flows.incoming import Incoming
from flows.models import Conversation

__all__ = ["answer"]

KEPT = ("step", "answers", "trail", "language", "taken_by", "wants_person_since", "muted_at", "notice_given_at", "updated_at")


def answer(conversation: Conversation, incoming: Incoming) -> None:
    """Do what the message asks for, and queue what is said to it, in the caller's transaction, under the conversation's lock.

    Nothing goes over the network here. Called once for each message: its wamid is in the keys of what is written.
    """
    incoming = _storable(incoming)
    talking = Talking(conversation)
    conversation.language = talking.language  # a language that is no longer reviewed is no longer spoken
    messages = with_notice(talking, arrive(talking, understand(talking, incoming)))
    conversation.save(update_fields=KEPT)
    for number, message in enumerate(messages):
        outbox.write(talking.customer, message, key=f"reply-{incoming.wamid}-{number}")


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(incoming: Incoming) -> Incoming:
    """Without the characters that PostgreSQL refuses: nobody types them, but anybody can send them."""
    form: Mapping[str, Any] = {
        name: _UNSTORABLE.sub("", value) if isinstance(value, str) else value for name, value in incoming.flow_reply.items()
    }
    text, button_id = _UNSTORABLE.sub("", incoming.text), _UNSTORABLE.sub("", incoming.button_id)
    return replace(incoming, text=text, button_id=button_id, flow_reply=form)
