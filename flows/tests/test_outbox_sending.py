"""Handing a text to WhatsApp: tried again, given up or left alone, as the table of refusals says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer
from customer_data.status import Status
from customer_data.tests import make
from flows.models import Message
from flows.outbox import SENDING_LEASE, TRY_AGAIN_AFTER, due_messages, send_message
from flows.outcomes import ALARM_WAIT
from flows.refusals import ADVICE, Advice
from flows.simulator import FaultKind, GraphSimulator
from flows.telling import write_messages
from flows.tests.news import last_move

pytestmark = pytest.mark.usefixtures("drawer")
committed = pytest.mark.django_db(transaction=True)
quick = pytest.mark.django_db


@pytest.fixture
def message(db: None) -> Message:
    written = write_messages(last_move(make.payment(Status.REFUNDED)))[0]
    assert written is not None
    return written


def waits(message: Message) -> timedelta | None:
    message.refresh_from_db()
    return None if message.next_try_at is None else message.next_try_at - timezone.now()


@pytest.mark.parametrize("code", sorted(set(ADVICE) - set(range(202, 299))))
def test_every_refusal_is_tried_again_put_off_or_given_up_as_the_table_says(
    message: Message, graph: GraphSimulator, code: int
) -> None:
    graph.faults.add(FaultKind.REFUSE, code=code)
    send_message(message.pk)
    wait = waits(message)
    if ADVICE[code] in (Advice.RETRY, Advice.ALARM):
        expected = ALARM_WAIT if ADVICE[code] is Advice.ALARM else timedelta(seconds=1) if code == 131056 else TRY_AGAIN_AFTER[0]
        assert message.status == Message.Status.QUEUED
        assert wait is not None
        assert expected - timedelta(seconds=2) < wait <= expected
    else:
        assert (message.status, wait) == (Message.Status.FAILED, None)
        assert concerns(ConcernKind.NOT_TOLD) == [message.customer]
    assert concerns(ConcernKind.WHATSAPP_ACCOUNT) == ([None] if ADVICE[code] is Advice.ALARM else [])
    assert concerns(ConcernKind.FLOW_HEALTH) == ([None] if ADVICE[code] is Advice.FIX_FLOW else [])
    assert message.error_code == code
    assert str(code) in message.last_error


def concerns(kind: ConcernKind) -> list[Customer | None]:
    return [concern.customer for concern in Concern.objects.filter(kind=kind)]


def test_while_our_account_is_refused_no_message_is_given_up(message: Message, graph: GraphSimulator) -> None:
    graph.faults.add(FaultKind.REFUSE, code=190, times=10)
    for _ in range(10):
        make_due(message)
        send_message(message.pk)
    assert waits(message) is not None
    assert len(concerns(ConcernKind.WHATSAPP_ACCOUNT)) == 1
    make_due(message)
    send_message(message.pk)
    assert len(graph.messages) == 1


def test_an_outage_of_hours_fails_no_message(message: Message, graph: GraphSimulator, settings: Any) -> None:
    ours, settings.WHATSAPP_GRAPH_BASE_URL = settings.WHATSAPP_GRAPH_BASE_URL, "http://127.0.0.1:9/v25.0"
    for _ in range(20):
        make_due(message)
        send_message(message.pk)
        wait = waits(message)
        assert wait is not None
        assert wait <= timedelta(minutes=10)
    settings.WHATSAPP_GRAPH_BASE_URL = ours
    make_due(message)
    send_message(message.pk)
    assert len(graph.messages) == 1


def test_what_could_not_be_sent_for_a_day_is_for_a_person(message: Message, settings: Any) -> None:
    settings.WHATSAPP_GRAPH_BASE_URL = "http://127.0.0.1:9/v25.0"
    Message.objects.update(created_at=timezone.now() - timedelta(hours=24))
    send_message(message.pk)
    assert waits(message) is None
    assert concerns(ConcernKind.NOT_TOLD) == [message.customer]


@pytest.mark.parametrize("kind", [FaultKind.BREAK, FaultKind.CUT, FaultKind.LOSE_REPLY])
def test_without_an_answer_it_waits_for_its_status_and_is_then_sent_again(
    message: Message, graph: GraphSimulator, kind: FaultKind
) -> None:
    graph.faults.add(kind)
    send_message(message.pk)
    wait = waits(message)
    assert wait is not None
    assert SENDING_LEASE - timedelta(seconds=5) < wait <= SENDING_LEASE
    assert message.status == Message.Status.SENDING
    make_due(message)
    send_message(message.pk)
    message.refresh_from_db()
    assert message.status == Message.Status.SENT


def make_due(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(next_try_at=timezone.now())


def test_the_waits_grow_and_then_a_person_reads_it_in_the_log(
    message: Message, graph: GraphSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    graph.faults.add(FaultKind.REFUSE, code=131016, times=10)
    for tries, expected in enumerate(TRY_AGAIN_AFTER, start=1):
        send_message(message.pk)
        wait = waits(message)
        assert wait is not None
        assert expected - timedelta(seconds=2) < wait <= expected
        assert message.attempts == tries
        make_due(message)
    send_message(message.pk)
    assert waits(message) is None
    assert message.status == Message.Status.FAILED
    assert "was not sent" in caplog.text
    assert str(message.customer.wa_id) not in caplog.text


def test_without_settings_nothing_is_lost(message: Message, settings: Any) -> None:
    settings.WHATSAPP_PHONE_NUMBER_ID = ""
    send_message(message.pk)
    assert waits(message) is not None
    assert "WHATSAPP_PHONE_NUMBER_ID is not set" in message.last_error


def test_a_text_whatsapp_would_never_take_is_given_up_at_once(message: Message, graph: GraphSimulator) -> None:
    Message.objects.update(content={"body": "x" * 5000})
    send_message(message.pk)
    assert waits(message) is None
    assert "4096" in message.last_error
    assert graph.messages == []


@pytest.mark.parametrize("tries", range(1, 6))
def test_too_many_to_one_person_waits_as_meta_asks(message: Message, graph: GraphSimulator, tries: int) -> None:
    Message.objects.update(attempts=tries - 1)
    graph.faults.add(FaultKind.REFUSE, code=131056)
    send_message(message.pk)
    wait = waits(message)
    assert wait is not None
    assert timedelta(seconds=4 ** (tries - 1) - 1) < wait <= timedelta(seconds=4 ** (tries - 1))


def test_a_message_that_another_worker_has_is_left_alone(message: Message, graph: GraphSimulator) -> None:
    Message.objects.update(status=Message.Status.SENDING, next_try_at=timezone.now() + SENDING_LEASE)
    send_message(message.pk)
    assert graph.messages == []


def test_what_is_not_due_is_not_listed(message: Message) -> None:
    assert due_messages() == [message.pk]
    Message.objects.update(next_try_at=timezone.now() + timedelta(seconds=5))
    assert due_messages() == []


@committed
def test_two_workers_with_one_message_send_it_once(graph: GraphSimulator, at_once: Callable[..., list[Any]]) -> None:
    written = write_messages(last_move(make.payment(Status.REFUNDED)))[0]
    assert written is not None
    waiting = Message.objects.count()
    at_once(*[lambda: send_message(written.pk)] * 4)
    told = [message.body["biz_opaque_callback_data"] for message in graph.messages]
    assert len(told) == len(set(told)) == waiting
