"""What the tests of named actions share: a customer's talk, what an action answers, and what its buttons would do."""

from typing import Any

from customer_data import services
from customer_data.models import Booking, Customer, Payment
from flows.models import Conversation, Message
from flows.outgoing import Buttons, ListMenu, Outgoing, from_content
from flows.paying import ACTIONS
from flows.replies import Reply


def talk_of(customer: Customer, **answers: Any) -> Conversation:
    conversation, _ = Conversation.objects.update_or_create(customer=customer, defaults={"answers": answers})
    return conversation


def do(action: str, argument: str = "", *, by: Customer, **answers: Any) -> Reply:
    """What the action answers this customer."""
    return ACTIONS[action](talk_of(by, **answers), argument)


def only(reply: Reply) -> Outgoing:
    (message,) = reply.messages
    return message


def taps(message: Outgoing) -> list[str]:
    """The actions a message offers."""
    if isinstance(message, ListMenu):
        return [row.id for section in message.sections for row in section.rows]
    return [choice.id for choice in message.choices] if isinstance(message, Buttons) else []


def told_to(customer: Customer) -> list[Outgoing]:
    """Everything in the outbox for this customer, oldest first."""
    rows = Message.objects.filter(customer=customer).order_by("pk")
    return [from_content(row.kind, row.content) for row in rows]


def words_to(customer: Customer) -> str:
    return "\n---\n".join(message.body for message in told_to(customer))


def newest(booking: Booking) -> Payment:
    return booking.payments.latest("created_at")


def sent_by_worker(booking: Booking) -> Payment:
    """What the worker does with the newest payment of the booking."""
    return services.send_payment(newest(booking).reference, source="test")
