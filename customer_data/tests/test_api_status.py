"""Asking how a payment stands: answered at once from the books; the gateway is asked behind the scenes, and not too often."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from customer_data import services
from customer_data.models import Payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from customer_data.tests.shop import Shop, new_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tasks_at_once")]

LONG_AGO = timedelta(seconds=31)


@pytest.fixture
def shop(drawer: Drawer) -> Shop:
    cache.clear()  # nobody has called yet
    return new_shop("drawer")


def waiting(status: str = "pending", *, age: timedelta = LONG_AGO) -> Payment:
    return make.payment(status, moved_at=timezone.now() - age)


@pytest.mark.parametrize("status", ["pending", "sending"])
def test_a_payment_that_has_waited_is_asked_about_once(shop: Shop, drawer: Drawer, status: str) -> None:
    payment = waiting(status)
    shop.status(payment.pk)
    due = Payment.objects.get(pk=payment.pk).next_check_at
    shop.status(payment.pk)
    assert drawer.questions == [payment.reference]
    assert Payment.objects.get(pk=payment.pk).next_check_at == due


def test_a_young_payment_is_left_alone(shop: Shop, drawer: Drawer) -> None:
    assert shop.status(waiting(age=timedelta(seconds=25)).pk).status_code == 200
    assert drawer.questions == []


@pytest.mark.parametrize("status", ["created", "successful", "failed", "expired", "refunded"])
def test_a_payment_that_waits_for_no_answer_is_left_alone(shop: Shop, drawer: Drawer, status: str) -> None:
    assert shop.status(waiting(status).pk).json()["status"] == status
    assert drawer.questions == []


def test_questions_of_callers_keep_to_the_budget_of_the_gateway(shop: Shop, drawer: Drawer) -> None:
    drawer.polls_per_minute = 4  # two at once
    for payment in [waiting() for _ in range(5)]:
        assert shop.status(payment.pk).status_code == 200
    assert len(drawer.questions) == 2


def test_asking_does_not_cut_short_the_wait_before_a_payment_is_sent_again(shop: Shop, drawer: Drawer) -> None:
    payment = waiting("created")
    drawer.next_trouble = ["refuse"]
    due = services.send_payment(payment.reference).next_check_at
    assert shop.status(payment.pk).json()["status"] == "sending"
    assert Payment.objects.get(pk=payment.pk).next_check_at == due


def test_a_paid_payment_is_answered_in_full(shop: Shop) -> None:
    payment = make.payment("successful", amount="19.90")
    answer = shop.status(payment.pk).json()
    assert (answer["status"], answer["paid"], answer["amount"], answer["currency"]) == ("successful", True, "19.90", "USD")
    assert (answer["reference"], answer["booking_reference"]) == (payment.reference, payment.booking.booking_reference)
    assert not {"poll_url", "phone", "email", "notes", "instructions", "redirect_url"} & set(answer)


@pytest.mark.parametrize("status", sorted(set(Status.values) - {"successful"}))
def test_only_a_successful_payment_is_paid(shop: Shop, status: str) -> None:
    """Neither is a disputed one, which the gateway may give back: its status tells the caller to wait."""
    assert shop.status(make.payment(status).pk).json()["paid"] is False
