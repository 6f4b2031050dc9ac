"""What became of a message of ours is noted on it, also when WhatsApp says so before we know the message's id."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Concern, Customer
from flows import inbox, outbox
from flows.models import Message, Update
from flows.outgoing import Text
from flows.tests.calls import NUMBER, call, status
from flows.webhook import read_updates

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent() -> Message:
    message = outbox.write(Customer.objects.create(wa_id=NUMBER), Text("Hello"), key="a-message")
    Message.objects.filter(pk=message.pk).update(status="sent", wamid="wamid.SENT", next_try_at=None)
    return message


def told(*words: str, wamid: str = "wamid.SENT", **parts: Any) -> None:
    for word in words:
        for update_id in inbox.store(read_updates(json.dumps(call(statuses=(status(wamid, word, **parts),))).encode())):
            inbox.handle(update_id)


def stands(message: Message) -> str:
    return str(Message.objects.get(pk=message.pk).status)


def test_delivered_and_read_are_noted(sent: Message) -> None:
    told("delivered", "read")
    assert stands(sent) == "read"


def test_what_comes_late_or_twice_never_goes_backwards(sent: Message) -> None:
    told("read", "delivered", "sent", "read")
    assert stands(sent) == "read"
    assert Update.objects.count() == 3


def test_a_status_that_overtakes_our_own_answer_waits_for_it(sent: Message) -> None:
    Message.objects.filter(pk=sent.pk).update(wamid="")
    told("delivered")
    update = Update.objects.get()
    assert update.next_try_at is not None
    Message.objects.filter(pk=sent.pk).update(wamid="wamid.SENT")
    Update.objects.update(next_try_at=timezone.now() - timedelta(minutes=1))
    inbox.handle(update.pk)
    assert stands(sent) == "delivered"


def test_it_finds_its_message_by_what_we_gave_with_it(sent: Message) -> None:
    Message.objects.filter(pk=sent.pk).update(wamid="")
    told("delivered", biz_opaque_callback_data=f"message-{sent.pk}")
    assert stands(sent) == "delivered"


def test_a_status_about_nothing_of_ours_is_given_up_quietly() -> None:
    told("delivered", wamid="wamid.of-another-system")
    update_id = Update.objects.get().pk
    for _ in inbox.STATUS_TRY_AGAIN_AFTER:
        Update.objects.update(next_try_at=timezone.now() - timedelta(minutes=1))
        inbox.handle(update_id)
    assert Update.objects.get().next_try_at is None
    assert Concern.objects.count() == 0
