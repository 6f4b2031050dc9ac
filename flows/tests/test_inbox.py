"""What was kept is handled once, each customer's messages in their order, and nobody is in anybody's way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer
from customer_data.tests import make
from flows import conversation, inbox
from flows.incoming import Incoming
from flows.models import Conversation, IncomingMessage, Message, Update
from flows.tests.calls import NUMBER, call, message
from flows.webhook import read_updates

pytestmark = pytest.mark.django_db(transaction=True)

OTHER_NUMBER = "263777654321"
BSUID = "ZW.13491208655302741918"


def stored(*bodies: dict[str, Any]) -> list[int]:
    return [update_id for body in bodies for update_id in inbox.store(read_updates(json.dumps(body).encode()))]


def handled(*bodies: dict[str, Any]) -> None:
    for update_id in stored(*bodies):
        inbox.handle(update_id)


def replies_to(wamid: str) -> int:
    return Message.objects.filter(key__startswith=f"reply-{wamid}-").count()


def answered_order() -> list[str]:
    return list(IncomingMessage.objects.order_by("pk").values_list("text", flat=True))


def due_again() -> None:
    Update.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """The talk breaks on one message, after it has written something."""
    whole = conversation.answer

    def answer(talk: Conversation, incoming: Incoming) -> None:
        whole(talk, incoming)
        if "poison" in incoming.text:
            raise RuntimeError("It broke.")

    monkeypatch.setattr(conversation, "answer", answer)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages for which the talk was asked."""
    asked: list[str] = []
    whole = conversation.answer

    def answer(talk: Conversation, incoming: Incoming) -> None:
        asked.append(incoming.wamid)
        whole(talk, incoming)

    monkeypatch.setattr(conversation, "answer", answer)
    return asked


# --- Once -----------------------------------------------------------------------------------------
def test_a_stranger_who_says_hi_is_answered() -> None:
    handled(call(message("wamid.1", "Hi"), contacts=({"wa_id": NUMBER, "profile": {"name": "Rudo"}},)))
    customer = Customer.objects.get(wa_id=NUMBER)
    assert customer.name == "Rudo"
    assert replies_to("wamid.1") == 1
    assert IncomingMessage.objects.get(customer=customer).text == "Hi"
    assert Conversation.objects.get(customer=customer).last_heard_at is not None
    assert Update.objects.get().handled_at is not None


def test_a_message_delivered_again_is_not_answered_again() -> None:
    handled(call(message("wamid.1")))
    assert stored(call(message("wamid.1"))) == []
    assert Update.objects.count() == 1


def test_a_message_handled_twice_is_answered_once() -> None:
    (update_id,) = stored(call(message("wamid.1")))
    inbox.handle(update_id)
    inbox.handle(update_id)
    assert IncomingMessage.objects.count() == 1
    assert replies_to("wamid.1") == 1


def test_one_message_handled_by_eight_workers_at_once_is_answered_once(at_once: Callable[..., list[Any]], turns: list[str]) -> None:
    (update_id,) = stored(call(message("wamid.1")))
    assert at_once(*[lambda: inbox.handle(update_id)] * 8) == [True] * 8
    assert turns == ["wamid.1"]
    assert Update.objects.get().attempts == 0


def test_control_without_lock_and_second_look_the_talk_takes_several_turns(
    at_once: Callable[..., list[Any]], turns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_locked", lambda update_id: Update.objects.get(pk=update_id))
    monkeypatch.setattr(inbox, "_keep", lambda customer, incoming: True)
    (update_id,) = stored(call(message("wamid.1")))
    at_once(*[lambda: inbox.handle(update_id)] * 8)
    assert len(turns) > 1


def test_two_strangers_with_one_number_at_once_are_one_customer(at_once: Callable[..., list[Any]]) -> None:
    ids = stored(call(message("wamid.1")), call(message("wamid.2", number="", bsuid=BSUID, at=5)))
    at_once(*[lambda update_id=update_id: inbox.handle(update_id) for update_id in ids * 4])
    assert Customer.objects.filter(wa_id=NUMBER).count() == 1
    assert Customer.objects.filter(bsuid=BSUID).count() == 1


# --- In order -------------------------------------------------------------------------------------
def test_messages_of_one_call_are_answered_in_the_order_they_were_written() -> None:
    handled(call(message("wamid.3", "third", at=300), message("wamid.1", "first", at=100), message("wamid.2", "second", at=200)))
    assert answered_order() == ["first", "second", "third"]


def test_a_later_task_answers_what_came_before_first() -> None:
    stored(call(message("wamid.1", "first")))
    (second,) = stored(call(message("wamid.2", "second")))
    inbox.handle(second)
    assert answered_order() == ["first", "second"]


def test_while_a_worker_has_the_first_message_the_next_one_waits_for_it(at_once: Callable[..., list[Any]]) -> None:
    first, second = stored(call(message("wamid.1", "first", at=1), message("wamid.2", "second", at=2)))
    with transaction.atomic():
        Update.objects.select_for_update().get(pk=first)
        at_once(lambda: inbox.handle(second))
        assert answered_order() == []
    inbox.handle(second)
    assert answered_order() == ["first", "second"]


def test_the_window_counts_from_the_newest_message_whatever_comes_late() -> None:
    now = int(timezone.now().timestamp())
    handled(call(message("wamid.2", at=now - 10)), call(message("wamid.1", at=now - 5000)))
    heard = Conversation.objects.get().last_heard_at
    assert heard is not None
    assert int(heard.timestamp()) == now - 10


def test_a_clock_that_is_ahead_does_not_lengthen_the_window() -> None:
    handled(call(message("wamid.1", at=int(timezone.now().timestamp()) + 86400)))
    heard = Conversation.objects.get().last_heard_at
    assert heard is not None
    assert heard <= timezone.now()


# --- What goes wrong ------------------------------------------------------------------------------
@pytest.mark.usefixtures("poison")
def test_a_message_that_breaks_the_talk_leaves_nothing_half_done_and_is_tried_again() -> None:
    handled(call(message("wamid.1", "poison")))
    assert Message.objects.count() == 0
    assert IncomingMessage.objects.count() == 0
    update = Update.objects.get()
    assert update.attempts == 1
    assert update.last_error == "RuntimeError: It broke."
    assert update.next_try_at is not None
    assert update.next_try_at > timezone.now()


@pytest.mark.usefixtures("poison")
def test_after_the_last_try_a_person_is_told_and_the_next_message_is_answered() -> None:
    handled(call(message("wamid.0", "hello", at=1)))
    poisonous, _ = stored(call(message("wamid.1", "poison", at=2), message("wamid.2", "menu", at=3)))
    for _ in range(len(inbox.TRY_AGAIN_AFTER) + 1):
        assert replies_to("wamid.2") == 0
        inbox.handle(poisonous)
        due_again()
    assert replies_to("wamid.2") == 1
    concern = Concern.objects.get(kind=ConcernKind.NOT_TOLD)
    assert concern.customer == Customer.objects.get(wa_id=NUMBER)
    assert Update.objects.get(pk=poisonous).next_try_at is None


@pytest.mark.usefixtures("poison")
def test_one_customers_trouble_is_not_anothers() -> None:
    handled(call(message("wamid.1", "poison"), message("wamid.2", "Hi", number=OTHER_NUMBER)))
    assert replies_to("wamid.2") == 1


@pytest.mark.usefixtures("poison")
def test_a_message_is_not_tried_before_its_time() -> None:
    (update_id,) = stored(call(message("wamid.1", "poison")))
    inbox.handle(update_id)
    inbox.handle(update_id)
    assert Update.objects.get().attempts == 1


def test_the_clock_finds_what_a_dead_process_left_and_nothing_else() -> None:
    (update_id,) = stored(call(message("wamid.1")))
    assert inbox.due_updates() == []  # its own task has a moment
    assert inbox.due_updates(now=timezone.now() + timedelta(seconds=6)) == [update_id]
    inbox.handle(update_id)
    assert inbox.due_updates(now=timezone.now() + timedelta(days=1)) == []


# --- Who ------------------------------------------------------------------------------------------
def test_a_customer_without_a_number_is_known_by_the_business_scoped_id() -> None:
    handled(call(message("wamid.1", number="", bsuid=BSUID)), call(message("wamid.2", number="", bsuid=BSUID)))
    assert Customer.objects.get().bsuid == BSUID
    assert Customer.objects.get().wa_id is None
    assert IncomingMessage.objects.count() == 2


def test_a_number_and_an_id_that_come_together_make_one_customer() -> None:
    handled(call(message("wamid.1")), call(message("wamid.2", bsuid=BSUID)), call(message("wamid.3", number="", bsuid=BSUID)))
    customer = Customer.objects.get()
    assert (customer.wa_id, customer.bsuid) == (NUMBER, BSUID)
    assert customer.incoming_messages.count() == 3


def test_who_was_known_by_the_id_alone_is_known_by_the_number_too() -> None:
    handled(call(message("wamid.1", number="", bsuid=BSUID)), call(message("wamid.2", bsuid=BSUID)))
    assert (Customer.objects.get().wa_id, Customer.objects.get().bsuid) == (NUMBER, BSUID)


def test_the_id_may_stand_with_the_contact_only() -> None:
    handled(call(message("wamid.1"), contacts=({"wa_id": NUMBER, "user_id": BSUID},)))
    assert Customer.objects.get().bsuid == BSUID


def test_two_customers_who_turn_out_to_be_one_are_left_as_they_are_and_the_number_is_answered() -> None:
    for body in (message("wamid.1"), message("wamid.2", number="", bsuid=BSUID), message("wamid.3", bsuid=BSUID)):
        handled(call(body))
    assert Customer.objects.count() == 2
    assert replies_to("wamid.3") == 1
    assert IncomingMessage.objects.get(wamid="wamid.3").customer.wa_id == NUMBER


def test_the_name_that_staff_gave_a_customer_is_kept() -> None:
    make.booking()
    Customer.objects.create(wa_id=NUMBER, name="Mrs Moyo")
    handled(call(message("wamid.1"), contacts=({"wa_id": NUMBER, "profile": {"name": "gogo 🌺"}},)))
    assert Customer.objects.get(wa_id=NUMBER).name == "Mrs Moyo"


# --- Keeping --------------------------------------------------------------------------------------
def test_what_people_wrote_cannot_be_read_in_the_database() -> None:
    stored(call(message("wamid.1", "my very secret words")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM flows_update")
        assert "secret" not in cursor.fetchone()[0]


def test_after_two_weeks_what_was_said_is_blank_and_a_late_copy_is_still_known() -> None:
    handled(call(message("wamid.1", "Hi")))
    waiting = stored(call(message("wamid.2", "Hi")))
    assert inbox.forget_old(now=timezone.now() + timedelta(days=13)) == 0
    assert inbox.forget_old(now=timezone.now() + timedelta(days=15)) == 1
    assert Update.objects.get(key="message:wamid.1").body == ""
    assert Update.objects.get(pk=waiting[0]).body != ""
    assert stored(call(message("wamid.1", "Hi"))) == []
