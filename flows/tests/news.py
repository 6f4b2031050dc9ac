"""What the tests of the outbox arrange and read: a payment that ended, and the texts in the chat."""

from typing import Any

from customer_data.models import Payment, PaymentEvent
from customer_data.status import Status
from customer_data.tests import make
from flows.simulator import GraphSimulator
from flows.simulator.records import SentMessage
from flows.telling import write_messages


def last_move(payment: Payment) -> PaymentEvent:
    return [event for event in payment.events.all() if event.is_move][-1]


def told(status: str, **facts: Any) -> str:
    """The text about a payment that ended like this."""
    payment = make.move(make.payment(Status.PENDING, **facts.pop("on", {})), status, **facts)
    return write_messages(last_move(payment))[0].body


def texts(graph: GraphSimulator) -> list[SentMessage]:
    """The plain texts among all that WhatsApp was given."""
    return [message for message in graph.messages if message.body["type"] == "text"]


def text_of(graph: GraphSimulator) -> list[str]:
    return [message.body["text"]["body"] for message in graph.messages]
