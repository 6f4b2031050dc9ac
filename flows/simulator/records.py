"""What the Graph API simulator keeps: messages that it accepted, and Flows."""

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
