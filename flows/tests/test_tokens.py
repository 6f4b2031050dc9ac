"""A token is a capability: nobody guesses it, no copy of the database holds it, and it opens one booking for a while."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from customer_data.models import Payment
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from flows import tokens
from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    CHECK,
    CLOSE,
    DONE,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    RETRY,
)
from flows.models import FlowSession
from flows.tests.customers import FORM, asked, phone_of, submit
from flows.tokens import LIVES_FOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


# --- Unguessable, and kept by nobody --------------------------------------------------------------
def test_a_token_has_256_random_bits_and_no_two_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[int] = []
    original = secrets.token_urlsafe

    def count(size: int) -> str:
        asked_for.append(size)
        return original(size)

    monkeypatch.setattr(secrets, "token_urlsafe", count)
    booking = make.booking()
    issued = {tokens.issue(booking)[0] for _ in range(50)}
    assert len(issued) == 50
    assert {size * 8 for size in asked_for} == {256}
    assert {len(token) for token in issued} == {43}  # base64 without padding: nothing was cut


def test_no_row_of_the_database_holds_a_token() -> None:
    token, session = tokens.issue(make.booking())
    with connection.cursor() as cursor:
        cursor.execute("select s::text from flows_flowsession s")
        (row,) = cursor.fetchone()
    assert token not in row
    assert session.token_hash == hashlib.sha256(token.encode()).hexdigest()


def test_the_hash_found_in_a_stolen_database_opens_nothing() -> None:
    _, session = tokens.issue(make.booking())
    with pytest.raises(tokens.TokenNotValid):
        tokens.redeem(session.token_hash)


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda token: token[:-1], lambda token: f"{token} x", str.swapcase])
def test_a_token_that_is_nearly_right_opens_nothing(change: object) -> None:
    token, _ = tokens.issue(make.booking())
    assert asked(change(token), "INIT", "").status == 427  # type: ignore[operator]


# --- Bound to one customer and one booking --------------------------------------------------------
def test_a_token_belongs_to_the_customer_and_the_booking_it_was_issued_for() -> None:
    booking = make.booking()
    token, _ = tokens.issue(booking)
    session = tokens.redeem(token)
    assert (session.booking_id, session.customer_id) == (booking.pk, booking.customer_id)


def test_a_token_never_touches_another_booking_whatever_the_form_says() -> None:
    """Lesson 7: the booking follows from the token, not from what is submitted."""
    mine, other = make.booking("231.00"), make.booking("500.00")
    token, _ = tokens.issue(mine)
    claims: dict[str, Any] = {
        "booking": other.pk,
        "booking_id": other.pk,
        "booking_reference": other.booking_reference,
        "customer_id": other.customer_id,
        "flow_token": tokens.issue(other)[0],
        "payment_reference": make.payment("pending", booking=other).reference,
    }
    asked(token, "INIT", "", **claims)
    asked(token, **FORM, **claims)
    asked(token, screen=PAYMENT_PROCESSING, next=CHECK, **claims)
    asked(token, screen=PAYMENT_PROCESSING, next=CHANGE_METHOD, **claims)
    assert mine.payments.get().amount == mine.total_amount
    assert [payment.status for payment in other.payments.all()] == ["pending"]


def test_two_messages_for_one_booking_have_a_payment_each_in_sight() -> None:
    booking = make.booking()
    first, second = phone_of(booking), phone_of(booking)
    submit(first)
    assert second.open().data["has_notice"] is True  # whoever pays here must know that a payment is under way
    submit(second)
    assert booking.payments.count() == 1  # the same once more is the same payment


# --- For a while ----------------------------------------------------------------------------------
def test_a_token_expires() -> None:
    token, session = tokens.issue(make.booking())
    assert session.expires_at - timezone.now() > LIVES_FOR - timedelta(minutes=1)
    assert asked(token, "INIT", "").status == 200
    FlowSession.objects.update(expires_at=timezone.now())
    answer = asked(token, "INIT", "")
    assert answer.status == 427
    assert "expired" in answer.payload["error_msg"]


@pytest.mark.parametrize("screen", ["", PAYMENT, PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR])
def test_an_expired_token_does_nothing_on_any_screen(screen: str) -> None:
    booking = make.booking()
    token, _ = tokens.issue(booking)
    FlowSession.objects.update(expires_at=timezone.now())
    answer = asked(token, "data_exchange" if screen else "INIT", screen, **FORM, next=DONE)
    assert answer.status == 427
    assert not booking.payments.exists()


# --- Spent by completion --------------------------------------------------------------------------
def completed(status: str = "successful") -> tuple[str, Payment]:
    payment = make.payment(status)
    token, session = tokens.issue(payment.booking)
    FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    screen, said = (PAYMENT_SUCCESS, DONE) if status == "successful" else (PAYMENT_ERROR, CLOSE)
    assert asked(token, screen=screen, next=said).payload["screen"] == "SUCCESS"
    return token, payment


@pytest.mark.parametrize(("status", "screen", "said"), [("successful", PAYMENT_SUCCESS, DONE), ("failed", PAYMENT_ERROR, CLOSE)])
def test_the_completion_itself_is_answered_again_for_ten_minutes(status: str, screen: str, said: str) -> None:
    """Lesson 14: our answer may have been lost on its way to the phone."""
    token, payment = completed(status)
    again = asked(token, screen=screen, next=said)
    params = again.payload["data"]["extension_message_response"]["params"]
    assert params == {"flow_token": token, "payment_reference": payment.reference, "status": status}
    FlowSession.objects.update(spent_at=timezone.now() - timedelta(minutes=10))
    assert asked(token, screen=screen, next=said).status == 427


@pytest.mark.parametrize(
    ("action", "screen", "said"),
    [
        ("INIT", "", ""),
        ("BACK", PAYMENT_SUCCESS, DONE),
        ("data_exchange", PAYMENT, ""),
        ("data_exchange", PAYMENT_PROCESSING, CHECK),
        ("data_exchange", PAYMENT_OTP, ""),
        ("data_exchange", PAYMENT_ERROR, RETRY),
        ("data_exchange", PAYMENT_ERROR, CHANGE_METHOD),
        ("navigate", PAYMENT_SUCCESS, DONE),
    ],
)
def test_everything_else_with_a_spent_token_is_refused(action: str, screen: str, said: str) -> None:
    token, payment = completed("failed")
    answer = asked(token, action, screen, **FORM, next=said, otp="012345")
    assert answer.status == 427
    assert "used already" in answer.payload["error_msg"]
    assert payment.booking.payments.count() == 1


def test_completing_twice_keeps_the_moment_of_the_first(drawer: Drawer) -> None:
    token, _ = completed()
    first = FlowSession.objects.get().spent_at
    tokens.spend(FlowSession.objects.get())
    asked(token, screen=PAYMENT_SUCCESS, next=DONE)
    assert FlowSession.objects.get().spent_at == first
