"""Staff come from a customer, or from a matter, to the talk, and from the talk to what is booked."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, owner, page_of
from flows.models import Conversation, ReviewedLanguage, WhatsAppTemplate
from flows.tests.talks import Chatter

pytestmark = pytest.mark.django_db

AGENT = ("view_concern", "change_concern", "view_customer", "view_conversation", "change_conversation")


def wanting_a_person(name: str = "Tariro Moyo") -> Chatter:
    chatter = Chatter(name=name)
    chatter.says("agent")
    return chatter


def matter_of(chatter: Chatter) -> Concern:
    return Concern.objects.get(customer=chatter.customer, kind=ConcernKind.WANTS_PERSON, solved_at=None)


def body(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_a_matter_leads_to_the_customer_and_to_the_talk() -> None:
    chatter = wanting_a_person()
    agent = desk(*AGENT)
    assert page_of(chatter.customer) in body(agent.get(list_of(Concern)))
    page = body(agent.get(page_of(matter_of(chatter))))
    assert page_of(chatter.customer) in page
    assert page_of(chatter.talk) in page


def test_a_matter_about_a_payment_leads_to_the_talk_with_who_booked() -> None:
    chatter = Chatter(name="Tariro Moyo")
    payment = make.payment(booking=make.booking(customer=chatter.customer))
    Concern.raise_about(payment, ConcernKind.LATE_MONEY, "Money came late.")
    assert page_of(chatter.talk) in body(desk(*AGENT).get(page_of(Concern.objects.get())))


def test_a_matter_about_nobody_is_shown_all_the_same() -> None:
    Concern.raise_about_customer(None, ConcernKind.WHATSAPP_ACCOUNT, "WhatsApp refuses our key.")
    page = desk(*AGENT).page(Concern.objects.get())
    assert "WhatsApp refuses our key." in page
    assert "The talk on WhatsApp" not in page


def test_who_may_not_read_talks_gets_no_link_to_one() -> None:
    chatter = wanting_a_person()
    page = body(desk("view_concern").get(page_of(matter_of(chatter))))
    assert page_of(chatter.talk) not in page


def test_a_customer_leads_to_the_talk_and_the_talk_to_customer_and_bookings() -> None:
    chatter = wanting_a_person()
    booking = make.booking(customer=chatter.customer)
    agent = desk(*AGENT, "view_booking")
    assert page_of(chatter.talk) in body(agent.get(page_of(chatter.customer)))
    page = body(agent.get(page_of(chatter.talk)))
    assert page_of(chatter.customer) in page
    assert page_of(booking) in page


def test_a_customer_without_number_and_name_has_a_talk_and_a_page() -> None:
    nobody = Customer.objects.create(bsuid="ZW.1A2B3C4D5E")
    chatter = Chatter(customer=nobody)
    chatter.says("agent")
    agent = desk(*AGENT)
    assert "ZW.1A2B3C4D5E (number not shared)" in agent.page(chatter.talk)
    assert "ZW.1A2B3C4D5E asks for a person" in agent.listed(Concern)


def test_markup_in_a_name_or_a_message_is_read_and_not_run() -> None:
    evil = "<script>alert(1)</script>"
    chatter = wanting_a_person(name=evil)
    chatter.customer.incoming_messages.create(wamid="wamid.evil", kind="text", text=evil, sent_at=timezone.now())
    make.booking(customer=chatter.customer, title=evil)
    agent = owner()
    for address in (page_of(chatter.talk), list_of(Conversation), page_of(chatter.customer), page_of(matter_of(chatter))):
        assert evil not in body(agent.get(address))


def test_who_asks_again_after_the_matter_was_solved_is_a_new_matter() -> None:
    chatter = wanting_a_person()
    desk(*AGENT).press(matter_of(chatter), "solve")
    chatter.says("agent")
    assert matter_of(chatter).solved_at is None


def test_the_inbox_and_the_matters_cost_the_same_however_many_wait(django_assert_max_num_queries: Any) -> None:
    agent = owner()
    for model, size in ((Conversation, 2), (Conversation, 15), (Concern, 0)):
        for _ in range(size):
            wanting_a_person()
        with django_assert_max_num_queries(14):
            agent.get(list_of(model))


@pytest.mark.parametrize("model", [WhatsAppTemplate, ReviewedLanguage, Conversation])
def test_the_sidebar_leads_to_every_page_of_whatsapp(model: Any) -> None:
    first_page = body(owner().get("/admin/"))
    assert f'"{list_of(model)}"' in first_page
