"""One customer's messages keep their order and WhatsApp's pace: bursts of 45, then one in six seconds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Customer
from customer_data.tests import make
from flows import outbox
from flows.models import Conversation, Message
from flows.outbox import due_messages, send_message, write
from flows.outgoing import Text
from flows.simulator import FaultKind, GraphSimulator
from flows.tests.news import text_of
from flows.window import PAIR_BURST, PAIR_GAP, take_turn

quick = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def queued(customer: Customer, *words: str) -> list[Message]:
    return [write(customer, Text(word), key=f"{customer.pk}-{word}") for word in words]


@quick
def test_a_burst_goes_out_and_then_one_message_in_six_seconds() -> None:
    customer, now = make.customer(), timezone.now()
    assert [take_turn(customer, now=now) for _ in range(PAIR_BURST)] == [None] * PAIR_BURST
    assert take_turn(customer, now=now) == now + PAIR_GAP
    assert take_turn(customer, now=now + PAIR_GAP - timedelta(seconds=1)) is not None
    assert take_turn(customer, now=now + PAIR_GAP) is None
    assert take_turn(customer, now=now + PAIR_GAP) == now + 2 * PAIR_GAP
    assert take_turn(make.customer(), now=now) is None


@committed
def test_many_workers_never_count_one_turn_twice(at_once: Callable[..., list[Any]]) -> None:
    customer, now = make.customer(), timezone.now()
    Conversation.objects.create(customer=customer, pair_spent_until=now + PAIR_GAP * (PAIR_BURST - 1))
    turns = at_once(*[lambda: take_turn(customer, now=now)] * 6)
    assert turns.count(None) == 1


def send_many(graph: GraphSimulator) -> list[str]:
    graph.limits.keep_pair_rate = True
    for message in queued(make.customer(), *[str(number) for number in range(PAIR_BURST + 3)]):
        send_message(message.pk)
    return text_of(graph)


@quick
def test_whatsapp_never_has_to_refuse_our_pace(graph: GraphSimulator) -> None:
    assert send_many(graph) == [str(number) for number in range(PAIR_BURST)]
    assert due_messages() == []
    assert not Message.objects.filter(error_code__isnull=False).exists()
    waiting = Message.objects.filter(next_try_at__isnull=False).order_by("pk")
    assert [message.attempts for message in waiting] == [0, 0, 0]


@quick
def test_control_without_the_pace_whatsapp_refuses(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "take_turn", lambda _: None)
    send_many(graph)
    assert Message.objects.filter(error_code=131056).exists()


@quick
def test_a_later_message_never_overtakes_one_that_waits(graph: GraphSimulator) -> None:
    first, second = queued(make.customer(), "first", "second")
    graph.faults.add(FaultKind.REFUSE, code=131016)
    send_message(first.pk)
    send_message(second.pk)
    assert text_of(graph) == []
    assert due_messages() == []
    Message.objects.filter(pk=first.pk).update(next_try_at=timezone.now())
    assert due_messages() == [first.pk]
    send_message(second.pk)
    assert text_of(graph) == ["first", "second"]


@quick
def test_a_message_that_failed_holds_nobody_up(graph: GraphSimulator) -> None:
    _, second = queued(make.customer(), "first", "second")
    graph.faults.add(FaultKind.REFUSE, code=131009)
    send_message(second.pk)
    assert text_of(graph) == ["second"]


@quick
def test_one_customer_waits_for_no_other(graph: GraphSimulator) -> None:
    (slow,), (quick_one,) = queued(make.customer(), "slow"), queued(make.customer(), "quick")
    graph.faults.add(FaultKind.REFUSE, code=131016)
    send_message(slow.pk)
    send_message(quick_one.pk)
    assert text_of(graph) == ["quick"]


@committed
def test_many_workers_keep_the_order(graph: GraphSimulator, at_once: Callable[..., list[Any]]) -> None:
    messages = queued(make.customer(), *"abcdefgh")
    at_once(*[lambda pk=message.pk: send_message(pk) for message in reversed(messages)])
    assert text_of(graph) == list("abcdefgh")
