"""A customer pays a booking in the chat: the real endpoint, Meta's encryption, Paynow's signatures, a real PostgreSQL."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.tests.chat import Chat
from customer_data.models import Concern, Payment
from customer_data.services import expire_payment
from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    DONE,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    RETRY,
)
from flows.models import FlowSession


def test_a_booking_is_paid_in_full_by_ecocash_from_the_first_message_to_paid(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    assert chat.pay(phone).screen == PAYMENT_PROCESSING
    assert "PIN" in chat.check(phone).data["instructions"]
    chat.later(5)
    paid = chat.check(phone)
    assert paid.screen == PAYMENT_SUCCESS
    ended = phone.tap({"next": DONE})
    assert ended.completion is not None
    assert ended.completion["status"] == "successful"
    assert ended.completion["payment_reference"] == booking.payments.get().reference
    assert chat.stands(booking) == ("successful", "paid")
    (text,) = chat.texts()
    assert "*Paid.* We received US$ 231.00 for Hwange & Mana." in text
    assert "paid in full" in text


@pytest.mark.parametrize(
    ("number", "seconds", "ends", "says"),
    [
        ("0771111111", 5, "successful", "*Paid.*"),
        ("0772222222", 30, "successful", "*Paid.*"),
        ("0773333333", 30, "cancelled", "cancelled on the phone"),
        ("0774444444", 0, "failed", "not enough money"),
    ],
)
@pytest.mark.parametrize("method", ["ecocash", "onemoney"])
def test_every_published_test_number_ends_as_paynow_documents(
    chat: Chat, method: str, number: str, seconds: int, ends: str, says: str
) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, method, number)
    chat.later(seconds)
    shown = chat.check(phone)
    assert shown.screen == (PAYMENT_SUCCESS if ends == "successful" else PAYMENT_ERROR)
    assert chat.stands(booking) == (ends, "paid" if ends == "successful" else "unpaid")
    (text,) = chat.texts()
    assert says in text


def test_an_innbucks_code_is_shown_with_its_end_and_a_picture_of_it(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, "innbucks")
    shown = chat.check(phone)
    payment = booking.payments.get()
    assert shown.data["has_code"]
    assert shown.data["code"] == payment.authorization_code
    assert shown.data["code_expires"].startswith("Valid until")
    assert shown.data["has_qr"]
    chat.paynow.approve(payment.reference)
    chat.later(1)
    assert chat.stands(booking) == ("successful", "paid")


def test_an_omari_code_is_typed_wrong_and_then_right_with_its_leading_zero(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, "omari")
    chat.paynow.manners.otp = "012345"
    assert chat.check(phone).screen == PAYMENT_OTP
    assert phone.submit(otp="999999").screen == PAYMENT_PROCESSING
    chat.tasks.work()
    again = chat.check(phone)
    assert again.screen == PAYMENT_OTP
    assert "was not right" in again.snackbar
    phone.submit(otp="012345")
    chat.tasks.work()
    assert chat.stands(booking) == ("successful", "paid")
    assert chat.check(phone).screen == PAYMENT_SUCCESS


def test_a_card_is_paid_on_paynows_page_and_never_typed_in_the_chat(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, "card", "")
    shown = chat.check(phone)
    assert shown.data["has_link"]
    assert shown.data["link_url"].startswith(chat.paynow.url)
    assert "internet data" in shown.data["instructions"]
    chat.paynow.approve(booking.payments.get().reference)
    chat.later(1)
    assert chat.stands(booking) == ("successful", "paid")


def test_a_deposit_leaves_a_balance_that_a_new_form_offers(chat: Chat) -> None:
    booking = chat.booking("231.00")
    chat.pay(chat.invite(booking), option="deposit")
    chat.later(5)
    assert chat.stands(booking) == ("successful", "deposit_paid")
    assert "Still to pay: US$ 115.50" in chat.texts()[-1]
    second = chat.invite(booking)
    form = second.open()
    assert [option["id"] for option in form.data["amount_options"]] == ["balance"]
    second.submit(payment_method="onemoney", amount_option="balance", phone="0771111111")
    chat.tasks.work()
    chat.later(5)
    assert chat.stands(booking) == ("successful", "paid")
    assert sum(payment.amount for payment in booking.payments.all()) == booking.total_amount


def test_nothing_of_the_gateway_is_asked_inside_a_request_of_the_form(chat: Chat) -> None:
    """Lesson 6: Meta throttles, then blocks, a Flow that waits for a gateway."""
    phone = chat.invite(chat.booking())
    phone.open()
    phone.submit(payment_method="ecocash", amount_option="full", phone="0771111111")
    assert chat.paynow.transactions() == []
    assert Payment.objects.get().status == "created"
    chat.tasks.work()
    phone.tap({"next": "check"})
    assert len(chat.paynow.transactions()) == 1


def test_a_form_that_arrives_twice_makes_one_charge(chat: Chat) -> None:
    """Lesson 14: Meta repeats, customers double-tap."""
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone)
    again = phone.again()
    chat.tasks.work()
    assert again.screen == PAYMENT_PROCESSING
    assert booking.payments.count() == 1
    assert len(chat.paynow.transactions()) == 1


def test_a_refused_form_that_arrives_twice_makes_one_charge(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, number="0774444444")
    assert phone.again().screen == PAYMENT_ERROR
    assert booking.payments.count() == 1


def test_try_again_opens_a_new_payment(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, number="0774444444")
    assert chat.check(phone).screen == PAYMENT_ERROR
    form = phone.tap({"next": RETRY})
    assert form.screen == PAYMENT
    assert form.typed["phone"] == "0774444444"
    phone.submit(phone="0771111111")
    chat.tasks.work()
    chat.later(5)
    assert chat.stands(booking) == ("successful", "paid")
    assert booking.payments.count() == 2


def test_another_method_midway_closes_the_first_attempt_and_late_money_is_flagged(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone, number="0772222222")
    chat.check(phone)
    assert phone.tap({"next": CHANGE_METHOD}).screen == PAYMENT
    phone.submit(payment_method="onemoney", phone="0771111111")
    chat.tasks.work()
    chat.later(31)
    first, second = booking.payments.order_by("created_at")
    assert (first.status, second.status) == ("successful", "successful")
    booking.refresh_from_db()
    assert booking.payment_status == "overpaid"
    assert {concern.kind for concern in Concern.objects.all()} == {"paid_twice", "late_money"}


def test_an_attempt_the_customer_replaced_is_not_reported_as_a_failure(chat: Chat) -> None:
    phone = chat.invite(chat.booking())
    chat.pay(phone, number="0773333333")
    phone.tap({"next": CHANGE_METHOD})
    phone.submit(payment_method="onemoney", phone="0772222222")
    chat.tasks.work()
    assert chat.texts() == []


def test_a_used_form_turns_its_button_grey(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    chat.pay(phone)
    chat.later(5)
    chat.check(phone)
    phone.tap({"next": DONE})
    reopened = chat.phone(phone.flow_token).open()
    assert reopened.status == 427
    assert "used already" in reopened.snackbar


def test_a_lost_answer_to_done_is_answered_again(chat: Chat) -> None:
    phone = chat.invite(chat.booking())
    chat.pay(phone)
    chat.later(5)
    chat.check(phone)
    first = phone.tap({"next": DONE})
    repeated = phone.again()
    assert repeated.completion == first.completion


def test_an_expired_form_says_what_to_do(chat: Chat) -> None:
    phone = chat.invite(chat.booking())
    FlowSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    shown = phone.open()
    assert shown.status == 427
    assert "expired" in shown.snackbar


def test_a_bell_that_never_rings_still_ends_in_paid(chat: Chat) -> None:
    chat.paynow.fault("drop_update", times=None)
    booking = chat.booking()
    chat.pay(chat.invite(booking))
    chat.clock.advance(5)
    chat.tasks.forget()
    assert chat.stands(booking)[0] == "pending"
    chat.sweep(seconds_later=10)
    assert chat.stands(booking) == ("successful", "paid")
    assert len(chat.texts()) == 1


def test_lost_tasks_are_found_by_the_sweep(chat: Chat) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    phone.open()
    phone.submit(payment_method="ecocash", amount_option="full", phone="0771111111")
    chat.tasks.forget()
    chat.sweep(seconds_later=11)
    chat.later(5)
    assert chat.stands(booking) == ("successful", "paid")


def test_money_that_comes_after_we_stopped_waiting_still_counts(chat: Chat) -> None:
    booking = chat.booking()
    chat.pay(chat.invite(booking), number="0772222222")
    expire_payment(booking.payments.get(), source="admin", actor="tendai", sentence="Customer left")
    chat.tasks.work()
    chat.later(30)
    assert chat.stands(booking) == ("successful", "paid")
    assert "*Paid.*" in chat.texts()[-1]
