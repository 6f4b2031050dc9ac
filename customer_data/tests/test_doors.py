"""From a door to a worker: after commit, and not at the mercy of the broker."""

import pytest
from django.db import transaction

from customer_data.doors import check_soon, send_soon, submit_otp_soon
from customer_data.services import keep_otp
from customer_data.tests import make, till
from customer_data.tests.drawer import OTP, Drawer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]


@pytest.mark.usefixtures("tasks_at_once")
def test_a_new_payment_is_sent_once_it_is_committed(drawer: Drawer) -> None:
    booking = make.booking()
    with transaction.atomic():
        payment = till.ask_for(booking)
        send_soon(payment)
        assert drawer.arrivals(payment.reference) == 0
    assert drawer.arrivals(payment.reference) == 1
    send_soon(payment)
    assert drawer.arrivals(payment.reference) == 1


@pytest.mark.usefixtures("tasks_at_once")
def test_a_payment_that_was_never_kept_is_never_sent(drawer: Drawer) -> None:
    booking = make.booking()
    with transaction.atomic():
        send_soon(till.ask_for(booking))
        transaction.set_rollback(True)
    assert not list(drawer.folder.iterdir())


@pytest.mark.usefixtures("tasks_at_once")
def test_asking_soon_and_typing_a_code_reach_the_gateway(drawer: Drawer) -> None:
    payment = till.charge(method="otp")
    check_soon(payment)
    assert drawer.questions == [payment.reference]
    keep_otp(payment, OTP)
    submit_otp_soon(payment)
    assert till.stands(payment) == ("successful", "paid")
