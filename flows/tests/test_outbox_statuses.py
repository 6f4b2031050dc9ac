"""What WhatsApp tells later about a message: forward only, in any order, and it settles an answer that was lost."""

import subprocess
import sys
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_data.models import Concern, ConcernKind
from customer_data.tests import make
from flows.models import Message
from flows.outbox import due_messages, record_status, send_message, write
from flows.outgoing import Text
from flows.simulator import FaultKind, GraphSimulator

quick = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


def a_message() -> Message:
    return write(make.customer(), Text("Hello"), key="hello")


def tell(message: Message, status: str, *, wamid: str = "", code: int | None = None) -> Message:
    known = record_status(wamid, status, at=timezone.now(), opaque=f"message-{message.pk}", error_code=code, error="no")
    assert known
    message.refresh_from_db()
    return message


@quick
@pytest.mark.parametrize("order", list(permutations(("sent", "delivered", "read", "failed"))))
def test_what_was_read_stays_read_in_whatever_order_it_is_told(graph: GraphSimulator, order: tuple[str, ...]) -> None:
    message = a_message()
    send_message(message.pk)
    wamid = graph.messages[0].wamid
    for status in order:
        tell(message, status, wamid=wamid, code=131026 if status == "failed" else None)
    assert message.status == "read"
    assert message.sent_at
    assert message.delivered_at
    assert message.read_at
    assert message.next_try_at is None


@quick
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(told=st.lists(st.sampled_from(["sent", "delivered", "read", "failed"]), min_size=1, max_size=8))
def test_the_furthest_status_stands(graph: GraphSimulator, told: list[str]) -> None:
    message = write(make.customer(), Text("Hello"), key=f"hello-{Message.objects.count()}-{id(told)}")
    send_message(message.pk)
    wamid = graph.messages[-1].wamid
    for status in told:
        tell(message, status, wamid=wamid, code=131026)
    assert message.status == max(told, key=["sent", "failed", "delivered", "read"].index)


@quick
def test_a_lost_answer_is_settled_by_the_status_and_never_sent_again(graph: GraphSimulator) -> None:
    graph.faults.add(FaultKind.LOSE_REPLY)
    message = a_message()
    send_message(message.pk)
    tell(message, "sent", wamid=graph.messages[0].wamid)
    assert (message.status, message.wamid, message.next_try_at) == ("sent", graph.messages[0].wamid, None)
    send_message(message.pk)
    assert len(graph.messages) == 1


@quick
def test_a_status_of_no_message_of_ours_is_not_known() -> None:
    assert not record_status("wamid.other", "sent", at=timezone.now())
    assert not record_status("wamid.other", "sent", at=timezone.now(), opaque="message-999999")
    assert not record_status("wamid.other", "sent", at=timezone.now(), opaque="message-²")


@quick
def test_a_late_status_of_a_failed_try_does_not_stop_the_next_one(graph: GraphSimulator) -> None:
    message = a_message()
    send_message(message.pk)
    wamid = graph.messages[0].wamid
    assert tell(message, "failed", wamid=wamid, code=131016).status == "queued"
    assert tell(message, "sent", wamid=wamid).status == "queued"
    Message.objects.update(next_try_at=timezone.now())
    send_message(message.pk)
    message.refresh_from_db()
    assert (message.status, message.wamid) == ("sent", graph.messages[1].wamid)


@quick
def test_a_customer_who_cannot_be_reached_is_a_task_for_staff(graph: GraphSimulator) -> None:
    message = a_message()
    send_message(message.pk)
    tell(message, "failed", wamid=graph.messages[0].wamid, code=131026)
    assert (message.status, message.error_code) == ("failed", 131026)
    assert Concern.objects.get(kind=ConcernKind.NOT_TOLD).customer == message.customer


@committed
@pytest.mark.parametrize("is_status_told", [True, False])
def test_a_worker_killed_after_whatsapp_took_the_message(graph: GraphSimulator, *, is_status_told: bool) -> None:
    """With the status it is sent once. The control without it shows that nothing else keeps the second one away."""
    message = a_message()
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "flows.tests.dying_sender", str(message.pk), f"{graph.url}/v25.0", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert "here\n" in iter(process.stdout.readline, "")
        process.kill()
    assert len(graph.messages) == 1
    assert due_messages() == []
    if is_status_told:
        tell(message, "delivered", wamid=graph.messages[0].wamid)
    Message.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now() - timedelta(seconds=1))
    for message_id in [*due_messages(), message.pk]:
        send_message(message_id)
    assert len(graph.messages) == (1 if is_status_told else 2)
