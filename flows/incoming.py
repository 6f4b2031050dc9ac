"""One message from a customer, as a value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class IncomingKind(StrEnum):
    TEXT = "text"
    BUTTON = "button"  # a reply button, a row of a list, or a template's button was tapped: see `button_id`
    FLOW_REPLY = "flow_reply"  # a Flow was completed: a notice, never the truth about money
    IMAGE = "image"
    DOCUMENT = "document"
    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    OTHER = "other"  # a kind WhatsApp has and we do not know


@dataclass(frozen=True)
class Incoming:
    """What a customer sent. Every part of the identity may be missing, but not all: a number, a business-scoped id, or both."""

    wamid: str
    sent_at: datetime
    kind: IncomingKind
    wa_id: str = ""  # digits only
    bsuid: str = ""
    name: str = ""  # as the customer's profile has it
    text: str = ""  # the words; the title of what was tapped; the caption of a picture
    button_id: str = ""
    context_wamid: str = ""  # the message of ours that it answers
    media_id: str = ""
    mime_type: str = ""
    flow_reply: Mapping[str, Any] = field(default_factory=dict)
