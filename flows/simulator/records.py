"""What the Graph API simulator keeps: messages that it accepted, files, templates, and Flows."""

import hashlib
import re
from dataclasses import dataclass, field

from flows.simulator.graph_messages import Json


@dataclass(frozen=True)
class SentMessage:
    """A message that was accepted. `to` is digits only, or a business-scoped id; `body` the message as it was sent."""

    wamid: str
    to: str
    type: str
    body: Json
    accepted_at: str


@dataclass
class FlowRecord:
    """A Flow as Meta keeps it."""

    id: str
    name: str
    categories: list[str]
    endpoint_uri: str = ""
    status: str = "DRAFT"
    flow_json: Json = field(default_factory=dict)
    validation_errors: list[Json] = field(default_factory=list)


@dataclass(frozen=True)
class MediaFile:
    """A file in Meta's care for thirty days; here until the simulator stops."""

    id: str
    name: str
    mime_type: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Template:
    """A message template. `body` and `header` have {{1}} where a parameter goes; `buttons` as Meta describes them."""

    name: str
    body: str
    language: str = "en"
    status: str = "APPROVED"
    category: str = "UTILITY"
    header: str = ""
    footer: str = ""
    buttons: tuple[Json, ...] = ()

    @property
    def parameters(self) -> int:
        """How many the body needs."""
        return len(set(re.findall(r"\{\{(\d+)\}\}", self.body)))

    def as_json(self, number: int) -> Json:
        """As `GET /{account}/message_templates` tells it."""
        components: list[Json] = [{"type": "HEADER", "format": "TEXT", "text": self.header}] if self.header else []
        components.append({"type": "BODY", "text": self.body})
        components += [{"type": "FOOTER", "text": self.footer}] if self.footer else []
        components += [{"type": "BUTTONS", "buttons": list(self.buttons)}] if self.buttons else []
        return {
            "id": str(700_000_000_000_000 + number),
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": "POSITIONAL",
            "components": components,
        }


DEMO_TEMPLATES = (
    Template("payment_successful", "Thank you. We have received {{1}} for {{2}}. Still to pay: {{3}}."),
    Template("payment_failed", "Your payment of {{1}} for {{2}} did not go through. Write to us here to try again."),
    Template("payment_request", "Hello. {{1}} asks you to pay {{2}} for {{3}}, {{4}}. If you do not know of this, do not pay."),
    Template("proof_rejected", "We could not accept your proof of payment for {{1}}: {{2}} Write to us here to send another."),
    Template("balance_reminder", "{{1}} is coming up on {{2}}. Still to pay: {{3}}. Write to us here to pay."),
    Template("unfinished_payment", "You began to pay {{1}} for {{2}} and did not finish. Write to us here to go on."),
    Template("refund_approved", "We will send {{1}} of the payment for {{2}} back and write to you when it is done."),
    Template("refund_done", "We have sent {{1}} of the payment for {{2}} back. It can take some days to arrive."),
    Template(
        "refund_failed", "The refund of {{1}} for {{2}} did not go through yet. We are looking into it and will write to you."
    ),
    Template(
        "booking_cancelled",
        "Your booking {{1}}, {{2}}, was cancelled. Please do not pay for it any more. Write to us here with any question.",
    ),
    Template(
        "payment_transferred",
        "A payment of {{1}} was moved to the booking it was meant for. For your booking {{2}}, {{3}}, still to pay: {{4}}.",
    ),
)
