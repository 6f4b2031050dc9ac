"""Opening a payment, asking for the same again, and changing one's mind."""

from datetime import timedelta

import pytest
from django.db import transaction

from customer_data import services
from customer_data.models import Payment
from customer_data.status import Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def test_a_payment_is_in_the_books_before_the_gateway_hears_of_it(drawer: Drawer) -> None:
    payment = till.ask_for()
    assert till.trail(payment) == ["created"]
    assert drawer.slip(payment.reference) is None
    assert till.due(payment) is not None


def test_asking_twice_for_the_same_is_one_payment() -> None:
    booking = make.booking()
    assert till.ask_for(booking).pk == till.ask_for(booking).pk
    assert booking.payments.count() == 1


@pytest.mark.parametrize("change", [{"method": "purse"}, {"amount": "deposit"}, {"phone": "0781234567"}])
def test_asking_for_something_else_closes_the_first_and_opens_another(change: dict[str, str]) -> None:
    booking = make.booking()
    first, second = till.charge(booking), till.ask_for(booking, **change)
    assert first.pk != second.pk
    assert till.trail(first) == ["created", "sending", "pending", "expired"]
    assert Payment.objects.get(pk=first.pk).reason_code == "method_changed"


def test_money_for_a_closed_attempt_is_still_found(drawer: Drawer) -> None:
    booking = make.booking()
    first = till.charge(booking)
    till.ask_for(booking, "purse")
    drawer.pay(first.reference)
    till.clock_beats()
    assert till.stands(first) == ("successful", "paid")
    assert till.concerns(first) == ["late_money"]


def test_what_never_left_us_is_closed_for_good(drawer: Drawer) -> None:
    booking = make.booking()
    first = till.ask_for(booking)
    till.ask_for(booking, "purse")
    assert till.due(first) is None
    assert services.send_payment(first.reference).status == Status.EXPIRED
    assert drawer.arrivals(first.reference) == 0


def test_an_attempt_closed_while_it_waited_to_be_sent_again_is_not_handed_out_for_ever(drawer: Drawer) -> None:
    booking = make.booking()
    drawer.next_trouble = ["refuse"]
    first = till.charge(booking)
    assert first.unsent
    till.ask_for(booking, "purse")
    days = 0
    while till.due(first) is not None and days < 10:
        till.age(first, timedelta(days=days))
        till.clock_beats()
        days += 1
    assert till.due(first) is None
    assert drawer.arrivals(first.reference) == 0


def test_a_payment_is_only_asked_for_when_its_row_is_kept(drawer: Drawer) -> None:
    booking = make.booking()
    with transaction.atomic():
        till.ask_for(booking)
        transaction.set_rollback(True)
    assert Payment.objects.count() == 0
    assert not list(drawer.folder.iterdir())
