"""Every fact that an approved template of the demo asks for is a fact that our messages bring along."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from config.management.commands.load_demo import TEMPLATES
from customer_data import services
from customer_data.models import Departure, Tour
from customer_data.services import PaymentRequest, open_payment, proof_decisions
from customer_data.services.proofs import hand_in
from customer_data.status import Status
from customer_data.tests import files, make, money_back
from customer_data.tests.conftest import drawer
from flows import proof_news, refund_news, transfer_news
from flows.models import Conversation, Message
from flows.reminders import remind_balances, remind_unfinished
from flows.telling import write_missed

__all__ = ["drawer"]

NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.mark.django_db
@pytest.mark.usefixtures("drawer")
def test_no_template_asks_for_a_fact_that_is_missing() -> None:
    make.payment(Status.SUCCESSFUL, payer=make.customer())
    make.payment(Status.FAILED)
    _asked_of_somebody_else()
    _left_unfinished()
    _with_a_balance()
    _given_back()
    _turned_down()
    _moved()
    write_missed()
    remind_unfinished(NOON)
    remind_balances(NOON)
    brought = {content["purpose"]: {name for name, _ in content["facts"]} for content in _templates()}
    assert brought.keys() == {purpose for purpose, _, _ in TEMPLATES}
    assert {purpose: set(parameters) - brought[purpose] for purpose, _, parameters in TEMPLATES} == {
        purpose: set() for purpose in brought
    }


def _templates() -> list[dict[str, Any]]:
    contents = Message.objects.values_list("content", flat=True)
    return [each for content in contents for each in (content, content.get("fallback", {})) if "purpose" in each]


def _asked_of_somebody_else() -> None:
    booking, payer = make.booking(), make.customer()
    request = PaymentRequest(booking.pk, "drawer_wallet", "full", phone="0772222222", payer_id=payer.pk)
    make.move(open_payment(request, source="chat"), Status.PENDING)


def _left_unfinished() -> None:
    long_ago = NOON - timedelta(hours=21)
    payment = make.payment(Status.CANCELLED, moved_at=long_ago)
    Conversation.objects.create(customer=payment.booking.customer, last_heard_at=long_ago)


def _given_back() -> None:
    """Receivers write nothing inside a test's transaction: what is told is found by the clock."""
    for status in ("approved", "done", "failed"):
        money_back.refund(status)
    services.cancel_booking(make.booking(), reason="The road is closed.", user=make.staff())
    refund_news.write_missed()


def _turned_down() -> None:
    booking = make.booking()
    proof = hand_in(booking=booking, customer=booking.customer, content=files.slip())
    proof_decisions.reject(proof, reason="The picture shows another amount.", user=money_back.person())
    proof_news.write_missed()


def _moved() -> None:
    services.transfer_payment(make.payment(Status.SUCCESSFUL), make.booking(), reason="wrong trip", user=make.staff("mover"))
    transfer_news.write_missed()


def _with_a_balance() -> None:
    tour = Tour.objects.create(name="Hwange", price="231.00")
    departure = Departure.objects.create(tour=tour, starts_on=(NOON + timedelta(days=14)).date(), seats=4)
    booking = make.booking(departure=departure)
    make.payment(Status.SUCCESSFUL, booking=booking, amount="100.00")
    booking.created_at = NOON - timedelta(days=30)
    booking.save(update_fields=["created_at"])
