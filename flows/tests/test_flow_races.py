"""One form delivered twice at once, with real threads and real transactions. The control shows what the locks keep away."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from customer_data import ledger
from customer_data.models import Booking, Payment
from customer_data.services import open_payment_of
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from flows import exchange, tokens
from flows.definitions.payment_whatsapp_flow import DONE, PAYMENT_ERROR, PAYMENT_PROCESSING, PAYMENT_SUCCESS, RETRY
from flows.models import FlowSession
from flows.tests.customers import FORM, asked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]

PATIENCE_SECONDS = 0.5
AtOnce = Callable[..., list[Any]]


def deliver_twice(at_once: AtOnce, monkeypatch: pytest.MonkeyPatch) -> tuple[Booking, list[Any]]:
    """One tap that arrives twice at once, at a wallet that says no within the moment."""
    booking = make.booking()
    token, _ = tokens.issue(booking)
    door = threading.Barrier(2)

    def open_and_fail(*request: Any, **options: Any) -> Payment:
        with suppress(threading.BrokenBarrierError):  # a lock keeps the other one from coming here
            door.wait(PATIENCE_SECONDS)
        return make.move(open_payment_of(*request, **options), Status.FAILED)

    monkeypatch.setattr(exchange, "open_payment_of", open_and_fail)
    return booking, at_once(*[lambda: asked(token, **FORM)] * 2)


def test_a_form_delivered_twice_at_once_makes_one_payment(at_once: AtOnce, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lesson 14: two PIN prompts for one tap."""
    booking, answers = deliver_twice(at_once, monkeypatch)
    assert [answer.payload["screen"] for answer in answers] == [PAYMENT_ERROR] * 2
    assert booking.payments.count() == 1


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_locks_a_form_delivered_twice_makes_two_payments(
    at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking, _ = deliver_twice(at_once, monkeypatch)
    assert booking.payments.count() == 2


def deliver_eight_times(at_once: AtOnce) -> tuple[Booking, list[Any]]:
    booking = make.booking()
    token, _ = tokens.issue(booking)
    return booking, at_once(*[lambda: asked(token, **FORM)] * 8)


@pytest.mark.usefixtures("tasks_at_once")
def test_eight_deliveries_at_once_all_see_the_one_payment(at_once: AtOnce, drawer: Drawer) -> None:
    """Lesson 14."""
    booking, answers = deliver_eight_times(at_once)
    payment = booking.payments.get()
    assert {answer.status for answer in answers} == {200}
    assert {answer.payload["data"]["payment_reference"] for answer in answers} == {payment.reference}
    assert FlowSession.objects.get().payment == payment
    assert drawer.arrivals(payment.reference) == 1
    assert list(ledger.violations()) == []


def test_two_methods_chosen_at_once_leave_one_open_payment(at_once: AtOnce) -> None:
    booking = make.booking()
    token, _ = tokens.issue(booking)
    choices = [FORM, FORM | {"payment_method": "page"}, FORM | {"payment_method": "otp"}]
    answers = at_once(*[lambda form=form: asked(token, **form) for form in choices])
    assert [answer.payload["screen"] for answer in answers] == [PAYMENT_PROCESSING] * 3
    assert booking.payments.filter(status="created").count() == 1
    assert booking.payments.exclude(status="created").count() == 2
    assert set(booking.payments.exclude(status="created").values_list("reason_code", flat=True)) == {"method_changed"}
    assert list(ledger.violations()) == []


def test_two_messages_for_one_booking_submitted_at_once_are_one_payment(at_once: AtOnce) -> None:
    booking = make.booking()
    first, second = (tokens.issue(booking)[0] for _ in range(2))
    at_once(lambda: asked(first, **FORM), lambda: asked(second, **FORM))
    payment = booking.payments.get()
    assert set(FlowSession.objects.values_list("payment", flat=True)) == {payment.pk}


def test_two_bookings_submitted_at_once_never_mix(at_once: AtOnce) -> None:
    """Lesson 8."""
    bookings = [make.booking(total) for total in ("100.00", "200.00", "300.00", "400.00")]
    issued = [tokens.issue(booking)[0] for booking in bookings]
    at_once(*[lambda token=token: asked(token, **FORM) for token in issued])
    assert [booking.payments.get().amount for booking in bookings] == [booking.total_amount for booking in bookings]


def ended(status: Status) -> str:
    payment = make.payment(status)
    token, session = tokens.issue(payment.booking)
    FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    return token


def test_done_tapped_eight_times_at_once_completes_once_for_all(at_once: AtOnce) -> None:
    token = ended(Status.SUCCESSFUL)
    answers = at_once(*[lambda: asked(token, screen=PAYMENT_SUCCESS, next=DONE)] * 8)
    assert len({str(answer) for answer in answers}) == 1
    assert answers[0].payload["screen"] == "SUCCESS"


def test_try_again_tapped_eight_times_at_once_opens_nothing(at_once: AtOnce) -> None:
    token = ended(Status.FAILED)
    at_once(*[lambda: asked(token, screen=PAYMENT_ERROR, next=RETRY)] * 8)
    assert Payment.objects.count() == 1
