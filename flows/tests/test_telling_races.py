"""Whatever dies between deciding and sending, and however many workers decide at once: each message of a move is written once."""

import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from customer_data.models import Payment
from customer_data.services import PaymentRequest, open_payment
from customer_data.status import Status
from customer_data.tests import make
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import Message, WhatsAppFlow
from flows.simulator import GraphSimulator
from flows.telling import write_messages, write_missed
from flows.tests.chatting import do, talk_of
from flows.tests.news import last_move

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]


def keys() -> list[str]:
    """What the messages are about, without the numbers of the events."""
    return sorted(key.split("-", 2)[2] for key in Message.objects.values_list("key", flat=True))


def kill_at(point: str, payment: Payment, graph: GraphSimulator, status: str) -> None:
    database = str(connection.settings_dict["NAME"])
    arguments = [point, str(payment.pk), f"{graph.url}/v25.0", database, status]
    command = [sys.executable, "-m", "flows.tests.dying_messenger", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()


@pytest.mark.parametrize(("point", "written"), [("moved", 0), ("half", 0), ("written", 2)])
def test_a_receipt_is_written_whole_or_not_at_all_and_then_by_the_clock(graph: GraphSimulator, point: str, written: int) -> None:
    payment = make.payment(Status.PENDING)
    kill_at(point, payment, graph, Status.SUCCESSFUL)
    assert Message.objects.count() == written
    for _ in range(2):
        write_missed()
    assert keys() == ["receipt", "text"]


@pytest.mark.parametrize("point", ["moved", "written"])
def test_a_prompt_that_a_dead_worker_did_not_tell_is_told_once(graph: GraphSimulator, point: str) -> None:
    payment = open_payment(PaymentRequest(make.booking().pk, "drawer_wallet", "full", phone="0771234567"), source="chat")
    make.move(payment, Status.SENDING)
    kill_at(point, payment, graph, Status.PENDING)
    for _ in range(2):
        write_missed()
    assert keys() == ["text"]


def test_two_workers_at_once_write_each_message_once(at_once: Any) -> None:
    event = last_move(make.payment(Status.SUCCESSFUL, payer=make.customer()))
    Message.objects.all().delete()
    results = at_once(*[lambda: write_messages(event)] * 3, write_missed)
    assert not [result for result in results if isinstance(result, Exception)]
    assert keys() == ["payer-text", "receipt", "text"]


def test_two_people_who_pay_the_same_booking_at_once_make_one_payment(at_once: Any) -> None:
    """The one who booked and the one who pays each have a talk of their own, and so a lock of their own."""
    WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="1000000000000001", status="PUBLISHED")
    payer, booking = make.customer(), make.booking()
    make.payment(Status.FAILED, booking=booking, payer=payer)
    argument = f"{booking.booking_reference}/wallet"
    for customer in (payer, booking.customer):
        talk_of(customer)
    results = at_once(lambda: do("pay_with", argument, by=booking.customer), lambda: do("pay_with", argument, by=payer))
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(booking.payments.values_list("status", flat=True)) == [Status.CREATED, Status.FAILED]


def test_two_people_who_want_the_request_again_at_once_make_one_payment(at_once: Any) -> None:
    payer = make.customer()
    payment = make.payment(Status.FAILED, payer=payer)
    customer = payment.booking.customer
    for each in (payer, customer):
        talk_of(each)
    actions = [lambda: do("send_prompt_again", payment.reference, by=customer)]
    results = at_once(*actions, lambda: do("send_prompt_again", payment.reference, by=payer))
    assert not [result for result in results if isinstance(result, Exception)]
    assert Payment.objects.count() == 2
