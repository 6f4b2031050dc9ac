"""WhatsApp calls: signed, kept, answered at once; whatever it sends, nothing of it is lost, doubled or taken on trust."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.test import Client
from kombu.exceptions import OperationalError

from flows import tasks
from flows.models import IncomingMessage, Message, Update
from flows.simulator.envelope import sign
from flows.tests.calls import WEBHOOK, call, flow_event, message, post, status

pytestmark = pytest.mark.django_db(transaction=True)


# --- Is this address ours? ------------------------------------------------------------------------
def asked(**parts: str) -> Any:
    words = {"hub.mode": "subscribe", "hub.verify_token": "our-token", "hub.challenge": "1158201444"}
    return Client().get(WEBHOOK, words | {f"hub.{name}": value for name, value in parts.items()})


def test_the_right_token_is_answered_with_the_bare_challenge(settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = "our-token"
    answer = asked()
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_challenge_comes_back_as_it_is_and_never_as_a_page(settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = "our-token"
    answer = asked(challenge="<script>alert(1)</script>&amp;")
    assert answer.content == b"<script>alert(1)</script>&amp;"
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "parts", [{"verify_token": "another"}, {"verify_token": ""}, {"verify_token": "ünser"}, {"mode": "unsubscribe"}]
)
def test_anybody_else_is_refused(parts: dict[str, str], settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = "our-token"
    assert asked(**parts).status_code == 403


def test_without_a_token_of_ours_nobody_is_verified(settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = ""
    assert asked(verify_token="").status_code == 403


# --- Is it WhatsApp? ------------------------------------------------------------------------------
def test_a_signed_call_is_kept_and_answered_200() -> None:
    assert post(call(message("wamid.1"))).status_code == 200
    assert Update.objects.get().key == "message:wamid.1"


def test_the_old_and_the_new_app_secret_are_both_taken(settings: Any) -> None:
    settings.WHATSAPP_APP_SECRET = ["the-new-secret", "the-old-secret"]
    assert post(call(message("wamid.1")), secret="the-new-secret").status_code == 200
    assert post(call(message("wamid.2")), secret="the-old-secret").status_code == 200
    assert post(call(message("wamid.3")), secret="the-oldest-secret").status_code == 401
    assert Update.objects.count() == 2


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=0", "sha256=é"])
def test_a_forged_call_is_refused_and_leaves_nothing(signature: str) -> None:
    assert post(call(message("wamid.1")), signature=signature).status_code == 401
    assert Update.objects.count() == 0


def test_the_signature_is_of_the_bytes_as_they_came() -> None:
    """With escapes, odd spacing and another order than ours: written again they would be other bytes."""
    odd = json.dumps(call(message("wamid.1", "Mangwanani, ndapota 🌺 / é"))).replace("/", "\\/").replace(": ", " :\t").encode()
    assert b"\\u00e9" in odd
    assert post(odd).status_code == 200
    assert post(odd + b" ", signature=signature_of(odd)).status_code == 401


def signature_of(body: bytes) -> str:
    return sign(body, project_settings.WHATSAPP_APP_SECRET[0])


def test_what_is_signed_and_no_json_is_refused() -> None:
    assert post(b"{").status_code == 400
    assert post(b"").status_code == 400
    assert post(b"[" * 100_000).status_code == 400


def test_more_than_whatsapp_ever_sends_is_not_read() -> None:
    assert post(b" " * (3 * 1024 * 1024 + 1)).status_code == 413


# --- Kept -----------------------------------------------------------------------------------------
def test_every_entry_change_message_and_status_of_a_call_is_kept() -> None:
    body = call(message("wamid.1"), message("wamid.2"), statuses=(status("wamid.9", "sent"), status("wamid.9", "delivered")))
    body["entry"] += call(message("wamid.3"))["entry"] + flow_event("123", "ENDPOINT_LATENCY", at=1684969340)["entry"]
    body["entry"][0]["changes"] += call(message("wamid.4"))["entry"][0]["changes"]
    assert post(body).status_code == 200
    kept = set(Update.objects.exclude(kind="flow").values_list("key", flat=True))
    messages = {f"message:wamid.{number}" for number in (1, 2, 3, 4)}
    assert kept == messages | {"status:wamid.9:sent", "status:wamid.9:delivered"}
    assert Update.objects.filter(kind="flow").count() == 1


def test_what_is_delivered_again_in_another_spelling_is_known() -> None:
    told = call(message("wamid.1", "Ndatenda 🌺")) | {"x": 1}
    told["entry"] += flow_event("123", "ENDPOINT_LATENCY", at=1684969340, threshold=7000)["entry"]
    told["entry"].append({"id": "1", "changes": [{"field": "account_update", "value": {"a": 1, "b": "é"}}]})
    assert post(told).status_code == 200
    assert post(json.dumps(told, sort_keys=True, indent=2, ensure_ascii=False).encode()).status_code == 200
    assert Update.objects.count() == 3


def test_when_nothing_can_be_stored_whatsapp_is_asked_to_send_it_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE flows_update RENAME TO flows_update_away")
    try:
        assert post(call(message("wamid.1"))).status_code == 503
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE flows_update_away RENAME TO flows_update")
    assert post(call(message("wamid.1"))).status_code == 200
    assert Update.objects.count() == 1


def test_while_the_broker_is_away_all_is_kept_and_the_clock_answers(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tasks.handle_updates, "apply_async", _away)
        assert post(call(message("wamid.1"))).status_code == 200
    assert IncomingMessage.objects.count() == 0
    Update.objects.update(next_try_at="2026-01-01T00:00:00Z")
    request.getfixturevalue("tasks_at_once")
    tasks.handle_due()
    assert IncomingMessage.objects.count() == 1


def _away(*_: Any, **__: Any) -> None:
    raise OperationalError("refused")


# --- A thousand at once ---------------------------------------------------------------------------
def test_a_thousand_messages_in_one_call_with_duplicates_are_each_answered_once() -> None:
    senders = [f"26377{number:07d}" for number in range(30)]
    many = [message(f"wamid.{at % 300}", "Hi", number=senders[at % 30], at=1700000000 + at % 300) for at in range(1000)]
    assert post(call(*many)).status_code == 200
    assert Update.objects.count() == 300
    ids = list(Update.objects.values_list("pk", flat=True))
    tasks.handle_updates.run(ids[::-1])
    tasks.handle_updates.run(ids)
    assert IncomingMessage.objects.count() == 300
    answered = {key.rsplit("-", 1)[0] for key in Message.objects.filter(key__startswith="reply-").values_list("key", flat=True)}
    assert answered == {f"reply-wamid.{number}" for number in range(300)}
    assert post(call(*many)).status_code == 200
    assert Update.objects.filter(next_try_at__isnull=False).count() == 0
