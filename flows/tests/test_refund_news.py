"""Customers hear of money that goes back to them, once for each step, and of a booking that was cancelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Customer, Refund
from customer_data.status import Status
from customer_data.tests import make, money_back, trips
from flows import refund_news, telling
from flows.models import Message
from flows.reminders import remind_balances
from flows.tasks import send_message

pytestmark = pytest.mark.django_db


def told(customer: Customer) -> list[str]:
    """What was written to this customer, oldest first."""
    return list(Message.objects.filter(customer=customer).order_by("pk").values_list("body", flat=True))


def customer_of(refund: Refund) -> Customer:
    return refund.payment.booking.customer


def test_nobody_hears_that_a_refund_is_asked_for_or_turned_down() -> None:
    refund = money_back.request()
    refund_news.write_missed()
    services.turn_down_refund(refund, reason="The trip took place.", user=money_back.person())
    refund_news.write_missed()
    assert not Message.objects.exists()


def test_each_step_is_told_once_however_often_the_clock_looks() -> None:
    refund = money_back.refund("approved", amount="31.00")
    for _ in range(2):
        refund_news.write_missed()
    money_back.pay_back(refund, proof="CO-77")
    for _ in range(2):
        refund_news.write_missed()
    approved, done = told(customer_of(refund))
    booking = refund.payment.booking.booking_reference
    assert f"We will send US$ 31.00 of the payment for booking {booking} back" in approved
    assert f"US$ 31.00 of the payment for booking {booking} went back to you" in done
    assert "Reference: CO-77" in done


def test_one_that_does_not_go_through_is_told_and_that_the_money_is_safe() -> None:
    refund = money_back.refund("failed", amount="31.00")
    refund_news.write_missed()
    (words,) = told(customer_of(refund))
    assert "did not go through yet. The money is still with us." in words


def test_a_refund_of_everything_is_told_by_itself_and_not_again_by_the_payment() -> None:
    refund = money_back.refund("done")
    refund_news.write_missed()
    telling.write_missed()
    assert sum("*Refunded.*" in words for words in told(customer_of(refund))) == 1


def test_money_that_the_gateway_gave_back_is_told_by_the_payment() -> None:
    payment = make.payment(Status.REFUNDED)
    refund_news.write_missed()
    telling.write_missed()
    assert sum("*Refunded.*" in words for words in told(payment.booking.customer)) == 1


def test_who_paid_for_another_hears_it_too() -> None:
    payer = make.customer()
    refund = money_back.refund("done", payer=payer, amount="31.00")
    refund_news.write_missed()
    assert "went back to you." in told(customer_of(refund))[0]
    assert "went back." in told(payer)[0]


def test_a_message_stands_in_the_story_of_its_payment_and_has_a_template() -> None:
    refund = money_back.refund("approved")
    (message,) = refund_news.write_refund_messages(refund)
    assert message.event is not None
    assert message.event.payment == refund.payment
    assert message.content["fallback"]["purpose"] == "refund_approved"


def test_test_money_says_so() -> None:
    refund = money_back.refund("approved", is_test=True)
    refund_news.write_missed()
    assert told(customer_of(refund))[0].startswith("TEST, no money moved.")


def test_a_cancelled_booking_is_told_once_and_its_open_payment_not_beside_it() -> None:
    payment = make.payment(Status.PENDING)
    services.cancel_booking(payment.booking, reason="The road is closed.", user=money_back.person())
    for _ in range(2):
        refund_news.write_missed()
        telling.write_missed()
    (words,) = told(payment.booking.customer)
    assert words.startswith("*Your booking is cancelled.*")
    assert "Please do not pay for it any more." in words
    assert "The road is closed" not in words


def test_what_was_paid_is_named_and_late_money_is_not_thanked_for_as_a_trip() -> None:
    payment = make.payment(Status.PENDING)
    services.cancel_booking(payment.booking, reason="The road is closed.", user=money_back.person())
    payment.refresh_from_db()
    make.move(payment, Status.SUCCESSFUL)
    telling.write_missed()
    assert any("This booking was cancelled. Your money is safe" in words for words in told(payment.booking.customer))


def test_nobody_is_reminded_to_pay_for_a_cancelled_booking() -> None:

    booking = trips.booking(trips.departure(days_ahead=3))
    make.payment(Status.SUCCESSFUL, booking=booking, amount="10.00")
    Booking.objects.filter(pk=booking.pk).update(created_at=timezone.now() - timedelta(days=30))
    noon = timezone.localtime().replace(hour=12)
    services.cancel_booking(booking, reason="The road is closed.", user=money_back.person())
    assert remind_balances(noon) == 0


@pytest.mark.django_db(transaction=True)
def test_it_is_written_at_once_when_a_refund_moves(monkeypatch: Any) -> None:
    monkeypatch.setattr(send_message, "delay", lambda message_id: None)  # the broker is the far side
    refund = money_back.refund("approved")
    assert "*Your refund is approved.*" in told(customer_of(refund))[-1]
