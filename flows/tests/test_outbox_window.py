"""Outside the 24 hours an approved template goes instead; where there is none, a person is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer
from customer_data.tests import make
from flows.models import Conversation, Message, WhatsAppTemplate
from flows.outbox import record_status, send_message, write
from flows.outgoing import Template, Text
from flows.simulator import GraphSimulator
from flows.window import MARGIN, WINDOW, is_closed, is_open

pytestmark = pytest.mark.django_db
FALLBACK = Template("Paid.", purpose="payment_successful", facts=(("amount", "US$ 5.00"), ("trip", "Hwange\nby bus"), ("due", "0")))


def a_customer(heard: timedelta | None, language: str = "en") -> Customer:
    customer = make.customer()
    last = timezone.now() - heard if heard is not None else None
    Conversation.objects.create(customer=customer, last_heard_at=last, language=language)
    return customer


def approve(language: str = "en", **fields: str) -> WhatsAppTemplate:
    facts = {"purpose": "payment_successful", "name": "payment_successful", "status": "APPROVED"} | fields
    return WhatsAppTemplate.objects.create(**facts, language=language, parameters=["amount", "trip", "due"])


def sent(customer: Customer, fallback: Template | None = FALLBACK) -> Message:
    message = write(customer, Text("Paid."), key=f"paid-{customer.pk}", fallback=fallback)
    send_message(message.pk)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize(
    ("heard", "opened", "closed"),
    [
        (timedelta(minutes=1), True, False),
        (WINDOW - MARGIN - timedelta(seconds=5), True, False),
        (WINDOW - MARGIN + timedelta(seconds=5), False, True),
        (None, False, False),
    ],
)
def test_the_window_closes_some_minutes_early(heard: timedelta | None, *, opened: bool, closed: bool) -> None:
    customer = a_customer(heard)
    assert (is_open(customer), is_closed(customer)) == (opened, closed)


@pytest.mark.parametrize("heard", [timedelta(hours=1), None])
def test_inside_the_window_or_unheard_the_words_themselves_go(graph: GraphSimulator, heard: timedelta | None) -> None:
    approve()
    sent(a_customer(heard))
    assert graph.messages[0].type == "text"


def test_outside_the_window_the_template_goes_with_its_facts_in_order(graph: GraphSimulator) -> None:
    approve()
    assert sent(a_customer(timedelta(days=2))).status == "sent"
    template = graph.messages[0].body["template"]
    assert (template["name"], template["language"]) == ("payment_successful", {"code": "en"})
    assert [value["text"] for value in template["components"][0]["parameters"]] == ["US$ 5.00", "Hwange by bus", "0"]


def test_the_customers_language_comes_first_and_english_otherwise(graph: GraphSimulator) -> None:
    approve("en_US", name="american")
    approve("sn", name="shona")
    approve("nd", name="waiting", status="PENDING")
    for language in ("sn", "nd"):
        sent(a_customer(timedelta(days=2), language))
    # This account at Meta knows neither, so both are refused there; what was asked for is what counts.
    asked = [message.last_error for message in Message.objects.order_by("pk")]
    assert "(shona) does not exist in sn" in asked[0]
    assert "(american) does not exist in en_US" in asked[1]


def test_when_only_whatsapp_knows_that_the_window_is_closed_the_template_goes_too(graph: GraphSimulator) -> None:
    approve()
    customer = make.customer()
    graph.closed_windows.add(str(customer.wa_id))
    assert sent(customer).status == "sent"
    assert [message.type for message in graph.messages] == ["template"]


def test_a_message_that_failed_later_for_the_window_goes_as_template(graph: GraphSimulator) -> None:
    approve()
    message = sent(make.customer())
    record_status(graph.messages[0].wamid, "failed", at=timezone.now(), error_code=131047, error="Re-engagement")
    send_message(message.pk)
    assert [each.type for each in graph.messages] == ["text", "template"]


@pytest.mark.parametrize("fallback", [FALLBACK, None])
@pytest.mark.parametrize("status", ["PENDING", "PAUSED", "REJECTED"])
def test_without_an_approved_template_a_person_is_told(graph: GraphSimulator, status: str, fallback: Template | None) -> None:
    approve(status=status)
    customer = a_customer(timedelta(days=2))
    message = sent(customer, fallback)
    assert message.status == "failed"
    assert "Phone the customer" in message.last_error
    assert Concern.objects.get(kind=ConcernKind.NOT_TOLD).customer == customer
    assert graph.messages == []


def test_a_fact_the_template_asks_for_and_nobody_gave_is_named(graph: GraphSimulator) -> None:
    approve()
    WhatsAppTemplate.objects.update(parameters=["colour"])
    assert "asks for colour" in sent(a_customer(timedelta(days=2))).last_error
    assert graph.messages == []
