"""WhatsApp in the admin: payment requests are sent from a booking, failed messages are tried again, records are looked at."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_data.models import Booking
from customer_data.tests import make
from customer_data.tests.desk import Desk, desk, list_of, owner, page_of, press_of
from flows import outbox, telling, tokens
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import FlowSession, Message, WhatsAppFlow
from flows.simulator import FaultKind, GraphSimulator

pytestmark = pytest.mark.django_db

SELLER = ("view_booking", "send_request_again", "view_flowsession")
PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}


@pytest.fixture
def meta(settings: Any) -> Iterator[GraphSimulator]:
    """Our WhatsApp account at the simulator, with the payment Flow published."""
    with GraphSimulator() as simulator:
        settings.WHATSAPP_GRAPH_BASE_URL = f"{simulator.url}/v25.0"
        settings.WHATSAPP_ACCESS_TOKEN = "EAAG-s3cret"
        settings.WHATSAPP_PHONE_NUMBER_ID = "106540352242922"
        settings.WHATSAPP_BUSINESS_ACCOUNT_ID = "102290129340398"
        WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="800000000000001", status="PUBLISHED")
        yield simulator


def a_booking() -> Booking:
    return make.booking("231.00", customer=make.customer(name="Rudo Moyo", wa_id="263771234567"))


def pressed(seller: Desk, booking: Booking) -> str:
    (sentence,) = seller.told(seller.press(booking, "send-payment-request"))
    return sentence


def a_failed_message() -> Message:
    payment = make.payment("failed", booking=a_booking(), **PAYNOW)
    event = payment.events.last()
    assert event is not None
    message = next(iter(telling.write_messages(event)), None)
    assert message is not None
    Message.objects.filter(pk=message.pk).update(
        status=Message.Status.FAILED, attempts=6, next_try_at=None, last_error="WhatsApp refused with code 131026: undeliverable"
    )
    return Message.objects.get(pk=message.pk)


def a_booking_of(message: Message) -> Booking:
    return Booking.objects.get(customer=message.customer)


# --- Payment requests -----------------------------------------------------------------------------
def test_a_payment_request_goes_to_the_customer(meta: GraphSimulator) -> None:
    booking, seller = a_booking(), desk(*SELLER)
    assert pressed(seller, booking) == "WhatsApp has taken the payment request to Rudo Moyo."
    assert len(meta.messages_to("+263771234567")) == 1
    assert "Sent Not opened yet" in seller.page(booking)


def test_a_customer_without_whatsapp_gets_none_and_the_seller_is_told_why(meta: GraphSimulator) -> None:
    booking = make.booking("231.00", customer=make.customer(name="Rudo", wa_id=None, phone=""))
    assert pressed(desk(*SELLER), booking) == "Nothing was sent. Rudo has no WhatsApp number. Add it to the customer first."
    assert not meta.messages


def test_nothing_is_asked_for_a_paid_booking(meta: GraphSimulator) -> None:
    booking = make.payment("successful", booking=a_booking(), **PAYNOW).booking
    seller = desk(*SELLER)
    assert "Send payment request" not in seller.page(Booking.objects.get(pk=booking.pk))
    assert "cannot be done" in pressed(seller, Booking.objects.get(pk=booking.pk))
    assert not meta.messages


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FaultKind.REFUSE, "WhatsApp did not take the message."),
        (FaultKind.LOSE_REPLY, "WhatsApp may or may not have taken the message: ask the customer"),
    ],
)
def test_trouble_at_whatsapp_is_a_sentence(meta: GraphSimulator, fault: FaultKind, words: str) -> None:
    meta.faults.add(fault)
    assert pressed(desk(*SELLER), a_booking()).startswith(words)


def test_whatsapp_that_is_not_set_up_is_a_sentence(settings: Any) -> None:
    WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="8", status="PUBLISHED")
    settings.WHATSAPP_ACCESS_TOKEN = ""
    assert pressed(desk(*SELLER), a_booking()).startswith("Nothing was sent. ")


def test_sending_is_for_those_who_may_send_requests(meta: GraphSimulator) -> None:
    booking, looker = a_booking(), desk("view_booking", "change_booking")
    assert looker.press(booking, "send-payment-request").status_code == 403
    assert "Send payment request" not in looker.page(booking)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk(*SELLER).user)
    assert strict.post(press_of(booking, "send-payment-request")).status_code == 403
    assert not meta.messages


# --- Messages -------------------------------------------------------------------------------------
def test_a_failed_message_is_tried_again_from_the_start() -> None:
    message, seller = a_failed_message(), desk("view_message", "change_message")
    assert "131026" in seller.page(message)
    seller.press(message, "try-again")
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Message.Status.QUEUED, 0)
    assert message.pk in outbox.due_messages()


def test_a_message_that_was_sent_is_not_sent_twice() -> None:
    message = a_failed_message()
    Message.objects.filter(pk=message.pk).update(status=Message.Status.SENT, sent_at=timezone.now())
    sender = desk("change_message")
    assert "cannot be done" in sender.told(sender.press(message, "try-again"))[0]
    message.refresh_from_db()
    assert (message.status, message.next_try_at) == (Message.Status.SENT, None)


def test_trying_again_is_for_those_who_may_change_messages() -> None:
    message = a_failed_message()
    assert desk("view_message").press(message, "try-again").status_code == 403
    message.refresh_from_db()
    assert message.status == Message.Status.FAILED


def test_what_a_customer_was_told_stands_on_the_payments_page() -> None:
    message = a_failed_message()
    assert message.event is not None
    payment, line = message.event.payment, f"Message: not sent, or not delivered {message.body[:20]}"
    assert line in owner().page(payment)
    assert line not in desk("view_payment").page(payment), "it is for those who may see messages"


# --- Records --------------------------------------------------------------------------------------
def test_records_are_looked_at_and_not_edited() -> None:
    message = a_failed_message()
    _, session = tokens.issue(a_booking_of(message))
    flow = WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="800000000000001", status="PUBLISHED", flow_json={"version": "7.3"})
    boss = owner()
    for row in (session, flow, message):
        assert boss.web.post(page_of(row), {"status": "sent", "flow_id": "1"}).status_code == 403
        assert boss.get(page_of(row)).status_code == 200
        assert desk().get(page_of(row)).status_code == 403
    assert "Never sent to Meta" in boss.listed(WhatsAppFlow)


def test_the_hash_of_a_token_is_on_no_page() -> None:
    _, session = tokens.issue(a_booking())
    for address in (list_of(FlowSession), page_of(session)):
        assert session.token_hash not in owner().get(address).content.decode()


@pytest.mark.parametrize("typed", ["0771234567", "rudo"])
def test_messages_and_requests_are_found_by_whom_they_went_to(typed: str) -> None:
    message = a_failed_message()
    tokens.issue(a_booking_of(message))
    make.customer(name="Chipo")
    assert "1 message" in owner().listed(Message, q=typed)
    assert "1 payment request" in owner().listed(FlowSession, q=typed)
    assert "0 messages" in owner().listed(Message, q="chipo")


@pytest.mark.parametrize("model", [Message, FlowSession])
def test_lists_cost_the_same_however_long_they_are(model: Any, django_assert_max_num_queries: Any) -> None:
    boss, queries = owner(), []
    for more in (2, 12):
        for _ in range(more):
            payment = make.payment("failed", **PAYNOW)
            event = payment.events.last()
            assert event is not None
            telling.write_messages(event)
            _, session = tokens.issue(payment.booking)
            FlowSession.objects.filter(pk=session.pk).update(payment=payment)
        boss.listed(model)
        with django_assert_max_num_queries(100) as captured:
            boss.listed(model)
        queries.append(len(captured))
    assert queries[0] == queries[1]
