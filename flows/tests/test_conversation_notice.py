"""A customer is told once what is done with their data, before anything else is said, and when is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from flows.conversation.facts import Talking
from flows.conversation.notice import with_notice
from flows.outgoing import Buttons, Choice, Text
from flows.tests.talks import Chatter, tour, words

pytestmark = pytest.mark.django_db

ADDRESS = "https://example.com/privacy"


@pytest.fixture(autouse=True)
def page(settings: Any) -> None:
    settings.PRIVACY_NOTICE_URL = ADDRESS


@pytest.mark.parametrize("first", ["hi", "help", "2", "something nobody understands", "STOP"])
def test_whatever_is_written_first_the_notice_comes_with_the_answer(first: str) -> None:
    tour()
    chatter = Chatter()
    (said, *_) = chatter.says(first)
    assert said.body.startswith("We keep your number")
    assert "WhatsApp and Paynow handle it too, partly abroad" in said.body
    assert ADDRESS in said.body
    given_at = chatter.talk.notice_given_at
    assert given_at is not None
    assert given_at <= timezone.now()


def test_it_is_said_once() -> None:
    tour()
    chatter = Chatter()
    chatter.says("hi")
    given_at = chatter.talk.notice_given_at
    assert ADDRESS not in words(chatter.says("hi"))
    assert chatter.talk.notice_given_at == given_at


def test_without_a_page_to_read_nothing_is_said_and_nothing_is_noted(settings: Any) -> None:
    settings.PRIVACY_NOTICE_URL = ""
    chatter = Chatter()
    assert "We keep" not in words(chatter.says("hi"))
    assert chatter.talk.notice_given_at is None


def test_where_the_words_leave_no_room_it_is_a_message_of_its_own() -> None:
    talking = Talking(Chatter().talk)
    long = Buttons("x" * 1024, choices=(Choice("a", "A"),))
    notice, answer = with_notice(talking, [long])
    assert isinstance(notice, Text)
    assert ADDRESS in notice.body
    assert answer is long
