"""Who comes too often: nothing that Meta sends is lost, forms are asked as fast as a hand taps, and without Redis all goes on."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from customer_data.counting import count, counted
from customer_data.tests import make
from flows import inbox, tokens, views
from flows.crypto import public_key_pem
from flows.keys import private_keys
from flows.models import IncomingMessage, Update
from flows.simulator.envelope import seal
from flows.tests.calls import call, message, post
from flows.tests.customers import post as form_post

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "263772222222"


def handle_all() -> None:
    for pk in Update.objects.filter(next_try_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        inbox.handle(pk)


def test_a_sender_who_writes_without_end_is_kept_whole_and_answered_in_the_next_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_ANSWERED", 3)
    many = [message(f"wamid.{number}", "Hi", at=1700000000 + number) for number in range(5)]
    assert post(call(*many, message("wamid.other", "Hi", number=OTHER))).status_code == 200
    handle_all()
    assert Update.objects.count() == 6
    assert IncomingMessage.objects.count() == 4  # three of the one, and the other's
    waiting = Update.objects.filter(next_try_at__isnull=False)
    assert waiting.filter(next_try_at__gt=timezone.now() + timedelta(seconds=30)).count() == 2
    assert inbox.due_updates() == []
    cache.clear()  # a minute later
    assert len(inbox.due_updates(now=timezone.now() + timedelta(minutes=2))) == 2
    handle_all()
    assert IncomingMessage.objects.count() == 6
    assert not waiting.exists()


def test_while_the_cache_is_away_everybody_is_answered_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisAway

    for name in ("add", "incr", "get"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, away)  # type: ignore[attr-defined]
    with caplog.at_level(logging.WARNING):
        assert count("messages answered", OTHER, seconds=60) == 0
        assert counted("messages answered", OTHER, seconds=60) == 0
        assert post(call(message("wamid.1"))).status_code == 200
        handle_all()
    assert IncomingMessage.objects.count() == 1
    assert "The cache is away; messages answered is not counted." in caplog.text


@pytest.mark.usefixtures("drawer")
def test_a_form_is_asked_no_faster_than_a_hand_taps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_ASKED", 2)
    token, others = (tokens.issue(make.booking())[0] for _ in range(2))
    assert [asked(token) for _ in range(4)] == [200, 200, 429, 429]
    assert asked(others) == 200  # somebody else's form is not slowed down


def asked(token: str) -> int:
    request = {"version": "3.0", "action": "INIT", "screen": "", "data": {}, "flow_token": token}
    envelope = seal(request, public_key=public_key_pem(private_keys()[0]), app_secret=settings.WHATSAPP_APP_SECRET[0])
    return form_post(envelope.body, {"X-Hub-Signature-256": envelope.signature})[0]


def test_who_counts_cannot_be_read_in_the_cache() -> None:
    count("messages answered", OTHER, seconds=60)
    assert OTHER not in str(getattr(cache._connections[cache._alias], "_cache", {}))  # type: ignore[attr-defined]
