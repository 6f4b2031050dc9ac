"""What a browser, or somebody who plays one, can put into the staff's addresses and forms: an answer, never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from customer_data.tests import trips
from customer_data.tests.desk import list_of, owner
from flows.models import Conversation, Message
from flows.tests.talks import Chatter

pytestmark = pytest.mark.django_db

OURS = [model for model in admin.site._registry if model._meta.app_label in ("customer_data", "flows", "paynow_integration")]
ODD = ["\0", "a\0b", "%", "'; --", "-" * 3000, "9" * 400, "٣", "+", "R-99999999999999999999", "\ud83d"]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_whatever_is_searched_or_filtered_there_is_a_page(model: Any) -> None:
    everything = owner()
    everything.web.raise_request_exception = True
    for words in ODD:
        typed = words.encode("utf-8", "replace").decode()
        for name in ("q", "who", "solved", "status", "kind", "p", "created_at__days"):
            assert everything.get(list_of(model), **{name: typed}).status_code in (200, 302, 400), (name, words)


@pytest.mark.parametrize("words", ["Good\0 morning", "\0", " \u200b ", "x" * 5000, "<script>alert(1)</script>"])
def test_whatever_is_typed_as_a_reply_is_sent_or_explained(words: str) -> None:
    chatter = Chatter(name="Tariro")
    Conversation.objects.filter(customer=chatter.customer).update(last_heard_at=timezone.now())
    everything = owner()
    answer = everything.web.post(
        reverse("admin:flows_conversation_reply", args=(chatter.talk.pk,)), {"words": words, "submission": "a\0b"}
    )
    assert answer.status_code == 302
    told = everything.told(answer)
    is_sent = Message.objects.filter(customer=chatter.customer, key__startswith="staff-").exists()
    assert told == ["Your reply is on its way."] if is_sent else told[0].startswith("Nothing was sent")
    page = everything.get(answer["Location"])
    assert "<script>alert(1)</script>" not in page.content.decode()


def test_a_reason_is_kept_without_what_no_database_takes() -> None:
    everything, held = owner(), trips.hold()
    answer = everything.press(held, "give-back", reason="They\0 phoned")
    assert answer.status_code == 302
    held.refresh_from_db()
    assert held.released_at is not None
