"""When a payment is moved to another booking, who paid and whose booking it is now hear of it, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Booking, Payment, Transfer
from customer_data.services.asking_again import send_request_again
from customer_data.services.transfers import transfer_payment
from customer_data.status import Status
from customer_data.tests import make
from flows.models import Message
from flows.telling import is_told
from flows.transfer_news import write_messages, write_missed

pytestmark = [pytest.mark.usefixtures("drawer"), pytest.mark.django_db]


def moved(payment: Payment, to: Booking) -> Transfer:
    transfer = transfer_payment(payment, to, reason="wrong trip", user=make.staff(f"staff-{to.pk}"))
    return Transfer.objects.select_related("payment", "from_booking__customer", "to_booking__customer").get(pk=transfer.pk)


def test_both_customers_hear_what_concerns_them_and_nothing_of_the_other() -> None:
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking("462.00", title="Hwange, three days")
    wrong = payment.booking
    to, was = write_messages(moved(payment, meant))
    assert (to.customer, was.customer) == (meant.customer, wrong.customer)
    assert to.body.startswith(f"*Paid.* US$ 231.00 (payment {payment.reference}) now counts for Hwange, three days")
    assert "Still to pay: US$ 231.00." in to.body
    assert wrong.booking_reference not in to.body
    assert was.body.startswith("*Corrected.* US$ 231.00")
    assert "Still to pay for Victoria Falls, two days: US$ 231.00." in was.body
    assert meant.booking_reference not in was.body


def test_a_customer_with_both_bookings_hears_it_once() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    meant = make.booking(customer=payment.booking.customer, title="Hwange, three days")
    (only,) = write_messages(moved(payment, meant))
    assert only.body.startswith(f"*Moved.* Your payment of US$ 231.00 ({payment.reference}) now counts for Hwange, three days")
    assert only.body.endswith("That booking is paid in full.")


def test_it_stands_in_the_story_of_the_payment() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    messages = write_messages(moved(payment, make.booking()))
    assert {message.event.payment for message in messages if message.event} == {payment}


def test_what_a_dead_process_left_is_written_once() -> None:
    transfer = moved(make.payment(Status.SUCCESSFUL), make.booking())
    assert len(write_missed()) == 2
    assert write_missed() == []
    write_messages(transfer)
    assert Message.objects.filter(key__startswith="transfer-").count() == 2


def test_old_transfers_and_people_without_whatsapp_are_left_alone() -> None:
    moved(make.payment(Status.SUCCESSFUL), make.booking())
    assert write_missed(now=timezone.now() + timedelta(days=3)) == []
    silent = make.booking(customer=make.customer(wa_id=None, phone=""))
    transfer = moved(make.payment(Status.SUCCESSFUL), silent)
    assert [message.customer for message in write_messages(transfer)] == [transfer.from_booking.customer]


def test_test_money_says_so() -> None:
    messages = write_messages(moved(make.payment(Status.SUCCESSFUL, is_test=True), make.booking()))
    assert all(message.body.startswith("TEST, no money moved.") for message in messages)


def test_a_request_that_staff_send_again_is_told_in_the_chat() -> None:
    payment = make.payment(Status.FAILED)
    newest = send_request_again(payment, user=make.staff(), reason="the customer asks")
    make.move(newest, Status.PENDING)
    assert is_told([event for event in newest.events.all() if event.to_status == Status.PENDING][-1])


def test_a_payment_that_a_program_opened_is_not(settings: Any) -> None:
    payment = make.payment(Status.PENDING)
    assert not is_told([event for event in payment.events.all() if event.to_status == Status.PENDING][-1])
