"""A proof that was turned down: the customer is told why, once, also when a worker died or the 24 hours are over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Proof
from customer_data.services.proofs import hand_in, reject
from customer_data.status import Status
from customer_data.tests import make
from flows import outbox, proof_news
from flows.models import Conversation, Message, WhatsAppTemplate
from flows.outgoing import Buttons, from_content
from flows.simulator import GraphSimulator
from flows.tests.slip_files import photo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]

REASON = "The amount cannot be read."


def rejected(**facts: Any) -> Proof:
    booking = facts.pop("booking", None) or make.booking()
    proof = hand_in(booking=booking, customer=booking.customer, content=photo(), **facts)
    reject(proof, reason=REASON, user=make.staff())  # type: ignore[arg-type]  # any user will do
    proof.refresh_from_db()
    return proof


def the_message() -> Buttons:
    message = Message.objects.get()
    outgoing = from_content(message.kind, message.content)
    assert isinstance(outgoing, Buttons)
    return outgoing


def test_the_reason_is_told_at_once_with_what_to_do() -> None:
    proof = rejected()
    said = the_message()
    assert proof.booking is not None
    assert REASON in said.body
    assert proof.booking.booking_reference in said.body
    assert "Nothing was booked as paid" in said.body
    assert [tap.title for tap in said.choices] == ["Send another slip", "Talk to a person"]


def test_it_is_told_once_and_the_clock_tells_what_was_missed() -> None:
    rejected()
    assert proof_news.write_missed() == []
    Message.objects.all().delete()  # as if the process had died before it wrote
    assert len(proof_news.write_missed()) == 1
    assert proof_news.write_missed() == []


def test_what_was_decided_long_ago_is_told_no_more() -> None:
    proof = rejected()
    Message.objects.all().delete()
    later = timezone.now() + proof_news.LOOK_BACK + timedelta(minutes=1)
    assert proof_news.write_missed(now=later) == []
    assert proof.status == "rejected"


def test_a_booking_that_is_paid_meanwhile_needs_no_other_slip() -> None:
    booking = make.booking()
    make.payment(Status.SUCCESSFUL, booking=booking)
    Message.objects.all().delete()
    rejected(booking=booking)
    assert [tap.title for tap in the_message().choices] == ["Talk to a person"]


def test_a_proof_that_waits_or_has_nobody_is_not_told() -> None:
    booking = make.booking()
    assert proof_news.write_message(hand_in(booking=booking, customer=booking.customer, content=photo())) is None
    nobody = make.booking(customer=make.customer(wa_id=None))
    rejected(booking=nobody)
    assert not Message.objects.exists()


@pytest.mark.parametrize("has_template", [True, False])
def test_after_24_hours_a_template_tells_it_or_a_person_does(graph: GraphSimulator, has_template: bool) -> None:
    booking = make.booking()
    Conversation.objects.create(customer=booking.customer, last_heard_at=timezone.now() - timedelta(hours=30))
    if has_template:
        facts = {"parameters": ["booking", "reason"], "status": "APPROVED"}
        WhatsAppTemplate.objects.create(purpose="proof_rejected", name="proof_rejected", **facts)
    rejected(booking=booking)
    outbox.send_message(Message.objects.get().pk)
    assert Concern.objects.filter(kind=ConcernKind.NOT_TOLD).exists() is not has_template
