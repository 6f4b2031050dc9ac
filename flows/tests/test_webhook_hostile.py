"""Bodies made to hurt, signed and not: the door answers at once, keeps what is a message, and the next customer is answered."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest

from flows import inbox
from flows.models import IncomingMessage, Update
from flows.tests.calls import call, message, post

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5
"""Far more than any of them takes, far less than one that grows with the square of its size."""


def delivered(body: Any, **how: Any) -> int:
    """The status of the answer, after a worker has done what there is to do."""
    status: int = post(body, **how).status_code
    for waiting in Update.objects.filter(next_try_at__isnull=False, attempts=0).order_by("pk").values_list("pk", flat=True):
        inbox.handle(waiting)
    return status


def nested(depth: int, around: str = '"x"') -> bytes:
    """A message with a value that deep in a place where nobody looks."""
    hole = json.dumps(call(message("wamid.deep", referral="HOLE")))
    return hole.replace('"HOLE"', '{"a":' * depth + around + "}" * depth).encode()


@pytest.mark.parametrize("depth", [100, 900, 980, 5_000, 300_000])
def test_nesting_of_any_depth_is_kept_or_refused_and_stops_nobody(depth: int) -> None:
    started = time.monotonic()
    assert delivered(nested(depth)) in (200, 400)
    assert delivered(call(message("wamid.next", "Hi", number="263772000001"))) == 200
    assert IncomingMessage.objects.filter(wamid="wamid.next").exists()
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize(
    "body", [b"[" * 3_000_000, b'{"entry":' * 300_000, b'{"a":"' + b"\\u0000" * 400_000 + b'"}', b"9" * 3_000_000]
)
def test_a_bomb_is_answered_at_once_signed_or_not(body: bytes) -> None:
    started = time.monotonic()
    assert delivered(body, signature="sha256=" + "0" * 64) == 401
    assert delivered(body) in (200, 400)
    assert time.monotonic() - started < SECONDS


def test_of_a_key_that_stands_twice_the_last_one_counts_as_for_everybody() -> None:
    body = json.dumps(call(message("wamid.1", "Hi"))).replace(
        '"from": "263771234567"', '"from": "263779999999", "from": "263771234567"'
    )
    assert delivered(body.encode()) == 200
    assert IncomingMessage.objects.get().customer.wa_id == "263771234567"


def test_zero_characters_and_halves_of_emoji_reach_staff_without_them() -> None:
    contact: Any = {"wa_id": "263771234567", "profile": {"name": "Ru\0do \ud83d"}}
    assert delivered(call(message("wamid.1", "H\0i \udc00"), contacts=(contact,))) == 200
    kept = IncomingMessage.objects.get()
    assert kept.text.startswith("Hi")
    assert kept.customer.name.startswith("Rudo")
    assert "\0" not in kept.text + kept.customer.name


def test_a_captured_call_sent_again_and_again_is_answered_once() -> None:
    for _ in range(5):
        assert delivered(call(message("wamid.1", at=1_790_000_000))) == 200
    assert (Update.objects.count(), IncomingMessage.objects.count()) == (1, 1)


def test_what_people_write_and_their_numbers_are_in_no_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    words = "My secret is kept"
    delivered(call(message("wamid.1", words)))
    delivered(call(message("wamid.2", words)), signature="sha256=forged")
    delivered(json.dumps(call(message("wamid.3", words))).encode() + b"}")
    said = caplog.text
    assert words not in said
    assert "263771234567" not in said
