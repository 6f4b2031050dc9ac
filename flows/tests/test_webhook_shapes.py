"""What WhatsApp tells us is taken apart whole, in every shape it has and in shapes it has not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.incoming import Incoming, IncomingKind
from flows.tests.calls import NUMBER, call, flow_event, message, status, wrapped
from flows.webhook import NotReadable, ReadUpdate, flow_news_of, incoming_of, read_updates, status_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def read(body: Any) -> list[ReadUpdate]:
    return read_updates(json.dumps(body).encode())


def heard(told: dict[str, Any], **contact: Any) -> Incoming:
    (update,) = read(call(told, contacts=(contact,) if contact else ()))
    return incoming_of(update.body, received_at=NOW)


def interactive(**reply: Any) -> dict[str, Any]:
    return message("wamid.1", type="interactive", interactive=reply)


# --- Messages -------------------------------------------------------------------------------------
def test_words_are_read_with_who_wrote_them_and_when() -> None:
    incoming = heard(message("wamid.1", "Mangwanani", at=1749416383), wa_id=NUMBER, profile={"name": "Ana"})
    assert incoming == Incoming(
        wamid="wamid.1",
        sent_at=datetime(2025, 6, 8, 20, 59, 43, tzinfo=UTC),
        kind=IncomingKind.TEXT,
        wa_id=NUMBER,
        name="Ana",
        text="Mangwanani",
    )


@pytest.mark.parametrize(
    "told",
    [
        interactive(type="button_reply", button_reply={"id": "do/pay_full/1", "title": "Pay"}),
        interactive(type="list_reply", list_reply={"id": "do/pay_full/1", "title": "Pay", "description": "10.00"}),
        message("wamid.1", type="button", button={"payload": "do/pay_full/1", "text": "Pay"}),
    ],
)
def test_every_kind_of_tap_is_a_tap(told: dict[str, Any]) -> None:
    incoming = heard(told | {"context": {"from": "15550783881", "id": "wamid.SENT"}})
    tapped = (incoming.kind, incoming.button_id, incoming.text, incoming.context_wamid)
    assert tapped == (IncomingKind.BUTTON, "do/pay_full/1", "Pay", "wamid.SENT")


def test_a_completed_form_gives_its_parameters() -> None:
    reply = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t_9c1","reference":"PAY-1"}'}
    incoming = heard(interactive(type="nfm_reply", nfm_reply=reply))
    assert incoming.kind == IncomingKind.FLOW_REPLY
    assert incoming.flow_reply == {"flow_token": "t_9c1", "reference": "PAY-1"}


@pytest.mark.parametrize("response_json", ["", "no json", "[1]", "null", None, 7, "[" * 100_000])
def test_a_completed_form_with_odd_parameters_is_a_completed_form(response_json: Any) -> None:
    incoming = heard(interactive(type="nfm_reply", nfm_reply={"response_json": response_json}))
    assert (incoming.kind, incoming.flow_reply) == (IncomingKind.FLOW_REPLY, {})


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [
        ("image", IncomingKind.IMAGE),
        ("document", IncomingKind.DOCUMENT),
        ("audio", IncomingKind.VOICE),
        ("video", IncomingKind.VIDEO),
        ("sticker", IncomingKind.STICKER),
        ("location", IncomingKind.LOCATION),
        ("contacts", IncomingKind.CONTACT),
        ("reaction", IncomingKind.REACTION),
        ("order", IncomingKind.OTHER),
        ("unsupported", IncomingKind.OTHER),
        ("of_next_year", IncomingKind.OTHER),
    ],
)
def test_every_kind_is_known_or_other(kind: str, read_as: IncomingKind) -> None:
    part = {"id": "9001", "mime_type": "image/jpeg", "caption": "The slip"}
    incoming = heard(message("wamid.1") | {"type": kind, kind: part})
    assert incoming.kind == read_as
    if kind in ("image", "document", "audio", "video", "sticker"):
        assert (incoming.media_id, incoming.mime_type, incoming.text) == ("9001", "image/jpeg", "The slip")


def test_words_that_no_database_takes_lose_only_what_it_cannot_take() -> None:
    assert heard(message("wamid.1", "a\0b \ud83c c")).text == "ab ? c"


# --- Who ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "contacts", "identity"),
    [
        ({"number": NUMBER}, [], (NUMBER, "", "")),
        ({"number": NUMBER, "bsuid": "ZW.1"}, [], (NUMBER, "ZW.1", "")),
        ({"number": "", "bsuid": "ZW.1"}, [{"user_id": "ZW.1", "profile": {"name": "Ana"}}], ("", "ZW.1", "Ana")),
        ({"number": NUMBER}, [{"wa_id": NUMBER, "user_id": "ZW.1", "profile": {"name": "Ana"}}], (NUMBER, "ZW.1", "Ana")),
        ({"number": "", "bsuid": "ZW.1"}, [{"user_id": "ZW.1", "wa_id": NUMBER}], (NUMBER, "ZW.1", "")),
        ({"number": ""}, [{"user_id": "ZW.1", "profile": {"username": "ana"}}], ("", "ZW.1", "")),
        ({"number": NUMBER}, [{"wa_id": "1", "profile": {"name": "B"}}, {"wa_id": NUMBER, "profile": None}], (NUMBER, "", "")),
        ({"number": NUMBER}, [None, 7, "x", {"wa_id": None, "profile": {"name": "C"}}], (NUMBER, "", "")),
    ],
)
def test_a_customer_is_known_by_whatever_is_given(
    told: dict[str, Any], contacts: list[Any], identity: tuple[str, str, str]
) -> None:
    (update,) = read(call(message("wamid.1", **told), contacts=tuple(contacts)))
    incoming = incoming_of(update.body, received_at=NOW)
    assert (incoming.wa_id, incoming.bsuid, incoming.name) == identity
    assert update.sender == (identity[0] or identity[1])


def test_two_customers_in_one_call_keep_their_names() -> None:
    contacts = ({"wa_id": "263771", "profile": {"name": "Ana"}}, {"wa_id": "263772", "profile": {"name": "Ben"}})
    updates = read(call(message("wamid.2", number="263772"), message("wamid.1", number="263771"), contacts=contacts))
    names = {incoming_of(update.body, received_at=NOW).name for update in updates if update.sender == "263772"}
    assert names == {"Ben"}


# --- Statuses and Flows ---------------------------------------------------------------------------
def test_a_status_is_read_with_its_error() -> None:
    error = {"code": 131047, "title": "Re-engagement message", "message": "Again", "error_data": {"details": "Too late."}}
    told = status("wamid.SENT", "failed", at=1751142888, errors=[error], biz_opaque_callback_data="message-7")
    (update,) = read(call(statuses=(told,)))
    news = status_of(update.body)
    assert update.key == "status:wamid.SENT:failed"
    assert (news.wamid, news.status, news.opaque, news.error_code, news.error) == (
        "wamid.SENT",
        "failed",
        "message-7",
        131047,
        "Too late.",
    )
    assert news.at == datetime.fromtimestamp(1751142888, UTC)


def test_an_event_of_a_flow_is_read_whole() -> None:
    (update,) = read(flow_event("123", "ENDPOINT_LATENCY", at=1684969340, p90_latency=8000, alert_state="ACTIVATED"))
    news = flow_news_of(update.body)
    assert (news.flow_id, news.event, news.facts["p90_latency"]) == ("123", "ENDPOINT_LATENCY", 8000)
    assert news.at == datetime.fromtimestamp(1684969340, UTC)


# --- Whatever else --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        7,
        "text",
        {"entry": {}},
        {"entry": [None, 7, {"changes": "x"}, {"changes": [None, {"field": "flows", "value": None}]}]},
        wrapped({"field": "account_update", "value": {"event": "x"}}),
        call({"id": "wamid.1", "type": "text"}),
        call(message("wamid.1", type="system", system={"body": "A changed number", "wa_id": "1"})),
        call(message("w" * 256)),
        call(message("wamid\n1")),
        call(statuses=({"id": "wamid.1"},)),
    ],
)
def test_what_nobody_foresaw_is_kept_as_something_else(body: Any) -> None:
    updates = read(body)
    assert updates
    assert {update.kind for update in updates} == {"other"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 200_000, b"1" * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotReadable):
        read_updates(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["wamid.1", "263771", "text", "flows"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["entry", "changes", "value", "messages", "statuses", "contacts", "id", "from", "type", "text", "field"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(value=json_values, message_of=json_values, status_of_ours=json_values, event=json_values)
def test_no_json_is_an_error_and_nothing_that_is_kept_hurts_later(
    value: Any, message_of: Any, status_of_ours: Any, event: Any
) -> None:
    odd = {"messages": [message_of, {"id": "wamid.1", "from": "1", "type": "interactive", "interactive": message_of}]}
    body = wrapped(
        {"value": value}, {"value": odd | {"statuses": [status_of_ours], "contacts": value}}, {"field": "flows", "value": event}
    )
    for update in [*read(body), *read(value)]:
        assert update.body.isascii()
        assert len(update.key) <= 320
        assert "\0" not in update.key + update.sender
        _READ_AGAIN[update.kind](update.body)


_READ_AGAIN: dict[str, Callable[[str], object]] = {
    "message": lambda body: incoming_of(body, received_at=NOW),
    "status": status_of,
    "flow": flow_news_of,
    "other": json.loads,
}
