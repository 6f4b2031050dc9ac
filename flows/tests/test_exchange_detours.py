"""Try again, another method, the form once more, the arrow back: and still one payment for one form."""

from datetime import timedelta
from typing import Any

import pytest

from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from flows import exchange, tokens
from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    CHECK,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    RETRY,
)
from flows.models import FlowSession
from flows.tests.customers import FORM, asked, check, on_screen, phone_of, started, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


# --- Detours --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("link", "said"), [("Try again", RETRY), ("Use another method", CHANGE_METHOD)])
def test_after_a_failure_the_form_comes_back_as_it_was_typed_and_makes_a_new_payment(link: str, said: str) -> None:
    phone, failed = on_screen(Status.FAILED, email="me@example.com", amount_option="deposit", phone="078 123 4567")
    check(phone)
    form = phone.tap_link(link)
    assert form.screen == PAYMENT
    assert form.typed == {
        "payment_method": "wallet",
        "amount_option": "deposit",
        "phone": "078 123 4567",
        "email": "me@example.com",
    }
    phone.submit()
    new = failed.booking.payments.latest("created_at")
    assert (new.status, new.reference != failed.reference) == ("created", True)


@pytest.mark.parametrize("method", ["wallet", "otp"])
def test_another_method_midway_replaces_the_payment_once_it_is_submitted(method: str) -> None:
    phone, first = started(method)
    check(phone)
    form = phone.tap_link("Use another method")
    assert form.screen == PAYMENT
    assert form.data["has_notice"]
    assert "US$ 231.00 is waiting" in form.data["notice"]
    first.refresh_from_db()
    assert first.status == "pending"  # looking at the form again stops nothing
    phone.submit(payment_method="page")
    first.refresh_from_db()
    assert (first.status, first.reason_code) == ("expired", "method_changed")
    assert first.booking.payments.latest("created_at").payment_method == "drawer_page"


@pytest.mark.parametrize("method", ["wallet", "otp"])
def test_another_method_after_the_money_came_shows_that_it_came(method: str) -> None:
    """Lesson 29."""
    phone, payment = started(method)
    check(phone)
    make.move(payment, Status.SUCCESSFUL)
    assert phone.tap_link("Use another method").screen == PAYMENT_SUCCESS


def test_try_again_after_late_money_says_that_it_came_and_opens_nothing() -> None:
    """Lesson 29."""
    phone, payment = on_screen(Status.FAILED)
    check(phone)
    make.move(payment, Status.SUCCESSFUL)
    shown = phone.tap_link("Try again")
    assert shown.status == 427
    assert "has arrived" in shown.snackbar
    assert payment.booking.payments.count() == 1


def test_a_form_left_open_says_on_return_that_a_payment_waits_and_shows_it() -> None:
    phone, payment = started("wallet")
    form = phone.open()
    assert "waiting for your approval" in form.data["notice"]
    assert phone.submit().data["payment_reference"] == payment.reference
    assert payment.booking.payments.count() == 1


def test_a_booking_paid_elsewhere_turns_the_button_grey_instead_of_charging_again() -> None:
    booking = make.booking()
    phone = phone_of(booking)
    phone.open()
    make.payment("successful", booking=booking)
    shown = phone.submit(**FORM)
    assert shown.status == 427
    assert "has arrived" in shown.snackbar
    assert booking.payments.count() == 1


@pytest.mark.parametrize("screen", [PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_ERROR])
def test_back_shows_what_stands(screen: str) -> None:
    payment = make.payment("pending")
    token, session = tokens.issue(payment.booking)
    FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    shown = asked(token, "BACK", screen)
    assert shown.payload["screen"] == (PAYMENT_PROCESSING if screen == PAYMENT_OTP else PAYMENT)
    payment.refresh_from_db()
    assert payment.status == "pending"


@pytest.mark.parametrize("screen", [PAYMENT_PROCESSING, PAYMENT_OTP])
def test_a_screen_asked_about_before_any_payment_leads_to_the_form(screen: str) -> None:
    assert asked(tokens.issue(make.booking())[0], screen=screen, next=CHECK, otp="012345").payload["screen"] == PAYMENT


@pytest.mark.parametrize(("action", "screen"), [("data_exchange", "NOWHERE"), ("init", ""), ("", ""), ("navigate", PAYMENT)])
def test_what_no_phone_asks_is_answered_with_the_form(action: str, screen: str) -> None:
    assert asked(tokens.issue(make.booking())[0], action, screen).payload["screen"] == PAYMENT


# --- Once -----------------------------------------------------------------------------------------
def test_one_form_delivered_twice_is_one_payment() -> None:
    """Lesson 14."""
    booking = make.booking()
    token, _ = tokens.issue(booking)
    answers = [asked(token, **FORM).payload for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert booking.payments.count() == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_a_form_delivered_again_right_after_it_failed_shows_that_and_asks_for_no_second_pin(status: Status) -> None:
    """Lesson 14."""
    phone, payment = on_screen(status)
    token = phone.flow_token
    assert asked(token, **FORM).payload["screen"] == PAYMENT_ERROR
    assert payment.booking.payments.count() == 1


def test_the_same_form_later_is_a_new_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    phone, payment = on_screen(Status.FAILED)
    monkeypatch.setattr(exchange, "SAME_TAP", timedelta(0))  # when a payment was made cannot be changed
    assert asked(phone.flow_token, **FORM).payload["screen"] == PAYMENT_PROCESSING
    assert payment.booking.payments.count() == 2


# --- Quickly --------------------------------------------------------------------------------------
def test_no_step_of_the_form_talks_to_the_gateway(drawer: Drawer) -> None:
    """Lesson 6: a gateway in the request is a Flow that Meta throttles, then blocks."""
    drawer.next_trouble = ["lose"] * 20  # any talk would use one up
    booking = make.booking()
    phone = phone_of(booking)
    submit(phone, payment_method="otp")
    make.move(booking.payments.get(), Status.PENDING)
    check(phone)
    phone.submit(otp="012345")
    check(phone)
    phone.tap_link("Use another method")
    phone.submit(payment_method="wallet")
    assert len(drawer.next_trouble) == 20
    assert list(drawer.folder.iterdir()) == []
    assert drawer.questions == []


@pytest.mark.parametrize(("step", "most"), [("open", 3), ("check", 4)])
def test_a_screen_takes_few_queries(django_assert_max_num_queries: Any, step: str, most: int) -> None:
    phone, _ = on_screen(Status.PENDING)
    check(phone)
    with django_assert_max_num_queries(most):
        phone.open() if step == "open" else check(phone)
