"""The customer is told once how a payment ended, in one text, whatever dies or is away on the way there."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from customer_data.models import Payment, PaymentEvent
from customer_data.status import Reason, Status
from customer_data.tests import make
from flows import tasks, telling
from flows.models import Message
from flows.outbox import due_messages, send_message
from flows.simulator import GraphSimulator
from flows.telling import NOT_TOLD, TOLD, is_told, write_messages, write_missed
from flows.tests.news import last_move, texts, told

pytestmark = pytest.mark.usefixtures("drawer")
committed = pytest.mark.django_db(transaction=True)
quick = pytest.mark.django_db


# --- What is said ---------------------------------------------------------------------------------
@quick
def test_paid_in_full_says_the_amount_the_booking_and_that_nothing_is_left() -> None:
    booking = make.booking("231.00", title="Hwange & Mana <Pools>")
    text = told(Status.SUCCESSFUL, on={"booking": booking})
    assert text.startswith("*Paid.* We received US$ 231.00 for Hwange & Mana <Pools>. Thank you.")
    assert booking.booking_reference in text
    assert text.endswith("Your booking is paid in full.")


@quick
def test_a_deposit_says_what_was_paid_and_what_is_left() -> None:
    text = told(Status.SUCCESSFUL, on={"booking": make.booking("231.00"), "amount": "115.50"})
    assert "We received US$ 115.50" in text
    assert text.endswith("Paid so far: US$ 115.50. Still to pay: US$ 115.50.")


@quick
def test_a_test_payment_says_first_that_no_money_moved() -> None:
    assert told(Status.SUCCESSFUL, on={"is_test": True}).startswith("TEST, no money moved.\n*Paid.*")


@quick
def test_an_apostrophe_an_ampersand_and_a_bracket_arrive_as_they_are() -> None:
    text = told(Status.SUCCESSFUL, on={"booking": make.booking(title="O'Hara & Sons <VIP>")})
    assert "O'Hara & Sons <VIP>" in text
    assert not {"&amp;", "&#x27;", "&lt;"} & set(text.split())
    assert "&amp;" not in text
    assert "&#" not in text


@quick
@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in NOT_TOLD])
def test_a_payment_that_failed_says_why_what_is_owed_and_what_to_do(status: Status, reason: Reason) -> None:
    lines = told(status, reason_code=reason).split("\n")
    assert lines[0].startswith("*Not paid.* ")
    assert len(lines[0]) > len("*Not paid.* ") + 20
    assert "US$ 231.00 for booking B" in lines[1]
    assert lines[1].endswith("is still to pay. Choose what to do next.")


@quick
def test_an_expired_payment_warns_of_paying_twice() -> None:
    """Lesson 29."""
    text = told(Status.EXPIRED, reason_code=Reason.TIMED_OUT)
    assert "If you did approve it, do not pay again" in text


@quick
def test_money_that_went_back_is_said() -> None:
    assert "*Refunded.* US$ 231.00" in told(Status.REFUNDED)


@quick
def test_no_text_is_longer_than_whatsapp_takes() -> None:
    booking = make.booking("99999.99", title="&" * 200, deposit_percent=Decimal(0))
    assert len(told(Status.SUCCESSFUL, on={"booking": booking})) < 4096


# --- Who is told of what --------------------------------------------------------------------------
@quick
@pytest.mark.parametrize("status", list(Status))
def test_only_ends_are_told(status: Status) -> None:
    payment = make.payment(status)
    ends = {Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.REFUNDED}
    assert bool(write_messages(last_move(payment))) == (status in ends)
    assert ends == TOLD


@quick
def test_a_note_in_the_trail_is_not_told() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    assert write_messages(payment.note(source="test", reason="The gateway says Paid again.")) == []


@quick
def test_a_customer_who_is_not_on_whatsapp_is_not_written_to() -> None:
    payment = make.payment(Status.SUCCESSFUL, booking=make.booking(customer=make.customer(wa_id=None, bsuid=None)))
    assert write_messages(last_move(payment)) == []
    assert write_missed() == 0


@quick
def test_a_customer_known_only_by_whatsapps_own_id_is_reached_by_it(graph: GraphSimulator) -> None:
    customer = make.customer(wa_id=None, bsuid="ZW.13491208655302741918")
    payment = make.payment(Status.SUCCESSFUL, booking=make.booking(customer=customer))
    send_message(write_messages(last_move(payment))[0].pk)
    assert graph.messages[0].to == "ZW.13491208655302741918"


@quick
@pytest.mark.parametrize("reason", [Reason.METHOD_CHANGED, Reason.NOT_NEEDED])
def test_an_attempt_that_another_one_replaced_is_not_told(reason: Reason) -> None:
    """Lesson 29."""
    payment = make.move(make.payment(Status.PENDING), Status.EXPIRED, reason_code=reason)
    assert write_messages(last_move(payment)) == []
    assert write_missed() == 0


@quick
def test_late_money_on_a_replaced_attempt_is_told_as_paid_and_nothing_else() -> None:
    """Lesson 29: the end that was not told must not be told now."""
    payment = make.move(make.payment(Status.PENDING), Status.EXPIRED, reason_code=Reason.METHOD_CHANGED)
    make.move(payment, Status.SUCCESSFUL, reason_code="")
    assert write_missed() == 1
    assert [message.body[:7] for message in Message.objects.filter(kind="text")] == ["*Paid.*"]
    assert write_missed() == 0


@quick
def test_bad_news_that_was_missed_and_is_no_longer_true_is_not_told() -> None:
    """Lesson 29."""
    make.move(make.payment(Status.FAILED), Status.SUCCESSFUL, reason_code="")
    assert write_missed() == 1
    assert [message.body[:7] for message in Message.objects.filter(kind="text")] == ["*Paid.*"]


@quick
def test_a_dispute_that_was_won_is_not_told_as_a_second_payment() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    assert write_missed() == 1
    make.move(make.move(payment, Status.DISPUTED), Status.SUCCESSFUL)
    assert write_messages(last_move(payment)) == []
    assert write_missed() == 0


# --- Once -----------------------------------------------------------------------------------------
@quick
def test_one_move_is_told_once_however_often_it_is_written() -> None:
    event = last_move(make.payment(Status.SUCCESSFUL))
    first, second = write_messages(event), write_messages(event)
    assert first == second
    assert write_missed() == 0
    assert [message.kind for message in Message.objects.order_by("pk")] == ["text", "document"]


@committed
@pytest.mark.usefixtures("tasks_at_once")
def test_a_payment_that_moves_is_told_at_once_and_once(graph: GraphSimulator) -> None:
    payment = make.payment(Status.SUCCESSFUL)
    (message,) = texts(graph)
    assert message.to == payment.booking.customer.wa_id
    assert "*Paid.*" in message.body["text"]["body"]
    tasks.tell_missed()
    told = Message.objects.get(kind="text")
    send_message(told.pk)
    assert (len(texts(graph)), told.wamid) == (1, message.wamid)


@committed
def test_a_move_whose_message_was_never_written_is_found(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver never ran."""
    monkeypatch.setattr("customer_data.signals.payment_moved.send_robust", lambda *_, **__: [])
    make.payment(Status.SUCCESSFUL)
    assert not Message.objects.exists()
    assert write_missed() == 1
    for message_id in due_messages():
        send_message(message_id)
    assert len(texts(graph)) == 1
    assert due_messages() == []


@quick
def test_what_is_never_told_does_not_crowd_out_what_is() -> None:
    for _ in range(3):
        make.payment(Status.SUCCESSFUL, booking=make.booking(customer=make.customer(wa_id=None)))
    make.payment(Status.SUCCESSFUL)
    found = [event.payment.booking.customer.wa_id for event in telling._missed()]
    assert len(found) == 1
    assert found[0]


@quick
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("reason", ["", Reason.METHOD_CHANGED, Reason.TIMED_OUT])
def test_what_is_looked_for_is_what_is_told(status: Status, reason: str) -> None:
    """The query and the rule say the same of every event."""
    payment = make.payment(status)
    Payment.objects.filter(pk=payment.pk).update(reason_code=reason)
    by_rule = {event.pk for event in PaymentEvent.objects.select_related("payment") if is_told(event)}
    assert {event.pk for event in telling._missed()} == by_rule


@committed
@pytest.mark.parametrize("trouble", [OperationalError, OSError])
def test_with_the_broker_away_the_message_waits_for_the_clock(
    graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: Any) -> None:
        raise trouble

    monkeypatch.setattr(tasks.send_message, "delay", away)
    make.payment(Status.SUCCESSFUL)
    assert "waits for the clock" in caplog.text
    for message_id in due_messages():
        send_message(message_id)
    assert len(texts(graph)) == 1


@committed
@pytest.mark.parametrize(("point", "is_written"), [("moved", False), ("written", True), ("claimed", True)])
def test_a_worker_killed_between_the_move_and_the_message_leaves_nobody_untold(
    graph: GraphSimulator, point: str, is_written: bool
) -> None:
    payment = make.payment(Status.PENDING)
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "flows.tests.dying_messenger", point, str(payment.pk), f"{graph.url}/v25.0", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    payment.refresh_from_db()
    assert payment.status == "successful"
    assert Message.objects.exists() == is_written
    assert graph.messages == []
    if point == "claimed":
        assert Message.objects.get(kind="text").pk not in due_messages()  # another worker may be at it
        Message.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    for _ in range(2):
        write_missed()
        for message_id in due_messages():
            send_message(message_id)
    assert len(texts(graph)) == 1
    assert Message.objects.get(kind="text").status == Message.Status.SENT
