"""A worker is killed, for real, at each point of sending; the sweep goes on from what the row says."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from customer_data import ledger
from customer_data.models import Booking, Payment
from customer_data.schedule import CHECK_LEASE, NOT_FOUND_CONCLUSIVE_AGE, NOT_FOUND_IS_CONCLUSIVE_AFTER, TASK_LOST_AFTER
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = pytest.mark.django_db(transaction=True)


def worker(point: str, booking: Booking, drawer: Drawer, **environment: str) -> subprocess.Popen[str]:
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "customer_data.tests.dying_worker", point, str(booking.pk), str(drawer.folder), database]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment)  # noqa: S603


def killed_at(point: str, drawer: Drawer) -> Payment:
    """The payment of a worker that was killed with SIGKILL at `point`."""
    booking = make.booking()
    with worker(point, booking, drawer) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    return booking.payments.get()


def test_killed_after_the_row_was_written_it_is_sent_by_the_sweep(drawer: Drawer) -> None:
    payment = killed_at("created", drawer)
    assert (payment.status, drawer.arrivals(payment.reference)) == ("created", 0)
    till.clock_beats(later=TASK_LOST_AFTER)
    assert (till.stands(payment)[0], drawer.arrivals(payment.reference)) == ("pending", 1)


def test_killed_before_the_gateway_heard_of_it_it_is_asked_about_and_never_sent_again(drawer: Drawer) -> None:
    payment = killed_at("claimed", drawer)
    assert (payment.status, drawer.arrivals(payment.reference)) == ("sending", 0)
    due = till.due(payment)
    assert due is not None
    assert timedelta(0) < due <= CHECK_LEASE
    for _ in range(NOT_FOUND_IS_CONCLUSIVE_AFTER):
        till.age(payment, NOT_FOUND_CONCLUSIVE_AGE)
        till.clock_beats()
    assert till.stands(payment) == ("failed", "unpaid")
    assert len(drawer.questions) == NOT_FOUND_IS_CONCLUSIVE_AFTER
    assert drawer.arrivals(payment.reference) == 0


@pytest.mark.parametrize("point", ["arrived", "answered"])
def test_killed_after_the_gateway_heard_of_it_it_is_found_and_charged_once(drawer: Drawer, point: str) -> None:
    payment = killed_at(point, drawer)
    assert (payment.status, drawer.arrivals(payment.reference)) == ("sending", 1)
    till.clock_beats(later=CHECK_LEASE)
    assert till.stands(payment) == ("pending", "unpaid")
    drawer.pay(payment.reference)
    till.clock_beats(later=CHECK_LEASE + timedelta(minutes=1))
    assert till.stands(payment) == ("successful", "paid")
    assert drawer.arrivals(payment.reference) == 1
    assert list(ledger.violations()) == []


def test_with_the_broker_away_nobody_waits_and_the_sweep_sends_it(drawer: Drawer) -> None:
    booking = make.booking()
    with worker("handed over", booking, drawer, REDIS_URL="redis://127.0.0.1:1/0") as process:
        assert process.wait(timeout=60) == 0
    payment = booking.payments.get()
    assert (payment.status, drawer.arrivals(payment.reference)) == ("created", 0)
    till.clock_beats(later=TASK_LOST_AFTER)
    assert (till.stands(payment)[0], drawer.arrivals(payment.reference)) == ("pending", 1)
