"""What answering one message costs: the same few queries, however long the talk has been."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from customer_data.models import Customer
from customer_data.tests import make
from flows import conversation
from flows.incoming import Incoming, IncomingKind
from flows.models import Conversation, IncomingMessage, Message
from flows.tests.talks import Chatter, tour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

MOST_QUERIES = 15

SCRIPT = [
    *("Hi", "book", "1", "1", "2", "Rudo Moyo", "rudo@example.com", "yes", "1", "2", "0771234567", "back"),
    *("menu", "my bookings", "1", "stop", "help", "??", "pay balance", "1", "1", "i have paid"),
]


def answer_cost(chatter: Chatter, text: str, number: int) -> int:
    """Questions to the database of `answer` alone: the caller has locked the row, with its customer."""
    incoming = Incoming(wamid=f"cost.{chatter.customer.pk}.{number}", sent_at=datetime.now(UTC), kind=IncomingKind.TEXT, text=text)
    with transaction.atomic():
        talk = Conversation.objects.select_for_update(of=("self",)).select_related("customer").get(customer=chatter.customer)
        with CaptureQueriesContext(connection) as queries:
            conversation.answer(talk, incoming)
    asked = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]
    print(*(each[:170] for each in asked), sep="\n") if len(asked) > 12 else None
    return len(asked)


def test_a_message_costs_few_queries_on_every_step() -> None:
    tour(seats=(8,) * 20)
    chatter = Chatter()
    costs = {f"{number} {text}": answer_cost(chatter, text, number) for number, text in enumerate(SCRIPT)}
    print(costs)
    assert {text: cost for text, cost in costs.items() if cost > MOST_QUERIES} == {}


@pytest.mark.parametrize("stored", [1000, 6000])
def test_it_costs_the_same_after_many_messages(stored: int) -> None:
    tour()
    fresh, old = Chatter(), Chatter()
    keep_messages(old.customer, stored)
    for number, text in enumerate(SCRIPT[:5]):
        assert answer_cost(old, text, number) == answer_cost(fresh, text, number)


def keep_messages(customer: Customer, count: int) -> None:
    """Half of them the customer's, half ours."""
    keys = [f"{customer.pk}.{number}" for number in range(count // 2)]
    now = datetime.now(UTC)
    heard = [IncomingMessage(customer=customer, wamid=key, kind="text", text="Hi", sent_at=now) for key in keys]
    IncomingMessage.objects.bulk_create(heard, batch_size=5000)
    Message.objects.bulk_create([Message(customer=customer, key=key, status="read") for key in keys], batch_size=5000)
    assert make.customer().pk != customer.pk
