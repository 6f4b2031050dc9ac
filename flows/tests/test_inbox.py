"""What was kept is handled once, each customer's messages in their order, and nobody is in anybody's way."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Concern, Customer
from flows import inbox
from flows.models import Conversation, IncomingMessage, Message, Update
from flows.tests.calls import NUMBER, call, message
from flows.webhook import read_updates

pytestmark = pytest.mark.django_db(transaction=True)


def stored(*bodies: dict[str, Any]) -> list[int]:
    return [update_id for body in bodies for update_id in inbox.store(read_updates(json.dumps(body).encode()))]


def handled(*bodies: dict[str, Any]) -> None:
    for update_id in stored(*bodies):
        inbox.handle(update_id)


def replies_to(wamid: str) -> int:
    return Message.objects.filter(key__startswith=f"reply-{wamid}-").count()


def test_a_stranger_who_says_hi_is_answered() -> None:
    handled(call(message("wamid.1", "Hi"), contacts=({"wa_id": NUMBER, "profile": {"name": "Rudo"}},)))
    customer = Customer.objects.get(wa_id=NUMBER)
    assert customer.name == "Rudo"
    assert replies_to("wamid.1") == 1
    assert IncomingMessage.objects.get(customer=customer).text == "Hi"
    assert Conversation.objects.get(customer=customer).last_heard_at is not None
    assert Update.objects.get().handled_at is not None
