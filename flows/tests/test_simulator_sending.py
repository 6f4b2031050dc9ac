"""What the simulated Cloud API takes and refuses of every kind of message, with Meta's codes; files, templates, windows, rates."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from flows.simulator import GraphSimulator, Limits, Template

Json = dict[str, Any]
HEADERS = {"Authorization": "Bearer token"}
NUMBER = "+263771234567"


class Clock:
    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def meta() -> Iterator[GraphSimulator]:
    with GraphSimulator() as simulator:
        yield simulator


def send(meta: GraphSimulator, content: Json) -> int:
    """Meta's code for the refusal; 0: it was accepted."""
    message = {"messaging_product": "whatsapp", "to": NUMBER} | content
    answer = requests.post(f"{meta.url}/v25.0/1/messages", json=message, headers=HEADERS, timeout=5)
    return 0 if answer.ok else int(answer.json()["error"]["code"])


def upload(meta: GraphSimulator, content: bytes, kind: str = "application/pdf", **form: str) -> requests.Response:
    fields = {"messaging_product": "whatsapp", "type": kind} | form
    files = {"file": ("receipt.pdf", content, kind)}
    return requests.post(f"{meta.url}/v25.0/1/media", data=fields, files=files, headers=HEADERS, timeout=10)


def text(words: str = "Hello") -> Json:
    return {"type": "text", "text": {"body": words}}


def buttons(*titles: str, ids: str = "", **frame: Any) -> Json:
    choices = [{"type": "reply", "reply": {"id": ids or f"id {title}", "title": title}} for title in titles]
    interactive = {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": choices}} | frame
    return {"type": "interactive", "interactive": interactive}


def menu(*titles: str, button: str = "Choose", description: str = "", section: str = "Dates") -> Json:
    rows = [{"id": f"id {title}", "title": title} | ({"description": description} if description else {}) for title in titles]
    action = {"button": button, "sections": [{"title": section, "rows": rows}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "When?"}, "action": action}}


def link(url: str = "https://pay.example/1", label: str = "Open") -> Json:
    action = {"name": "cta_url", "parameters": {"display_text": label, "url": url}}
    return {"type": "interactive", "interactive": {"type": "cta_url", "body": {"text": "Pay"}, "action": action}}


def template(*words: str, name: str = "payment_successful", language: str = "en") -> Json:
    body = {"type": "body", "parameters": [{"type": "text", "text": word} for word in words]}
    return {"type": "template", "template": {"name": name, "language": {"code": language}, "components": [body] if words else []}}


# --- Limits of every kind -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "sound",
    [
        text("x" * 4096),
        buttons("1", "2", "3"),
        buttons("x" * 20, header={"type": "text", "text": "h" * 60}, footer={"text": "f" * 60}, body={"text": "b" * 1024}),
        menu(*(str(number) for number in range(10)), button="x" * 20),
        menu("x" * 24, description="d" * 72),
        link("https://a.example/" + "x" * 1000, "x" * 20),
        template("US$ 10.00", "Hwange", "US$ 0.00"),
        {"type": "document", "document": {"link": "https://a.example/r.pdf", "filename": "r.pdf", "caption": "c" * 1024}},
    ],
)
def test_what_is_just_within_the_limits_is_taken(meta: GraphSimulator, sound: Json) -> None:
    assert send(meta, sound) == 0


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (text("x" * 4097), 131009),
        (text(" "), 131008),
        (buttons("1", "2", "3", "4"), 131009),
        (buttons(), 131008),
        (buttons("x" * 21), 131009),
        (buttons("a", "b", ids="same"), 131009),
        (buttons("a", ids="x" * 257), 131009),
        (buttons("a", body={"text": "b" * 1025}), 131009),
        (buttons("a", footer={"text": "f" * 61}), 131009),
        (buttons("a", header={"type": "text", "text": "h" * 61}), 131009),
        (menu(*(str(number) for number in range(11))), 131009),
        (menu("x" * 25), 131009),
        (menu("a", description="d" * 73), 131009),
        (menu("a", "a"), 131009),
        (menu("a", button="x" * 21), 131009),
        (link("ftp://a.example"), 131009),
        (link(label="x" * 21), 131009),
        ({"type": "document", "document": {"filename": "r.pdf"}}, 131008),
        ({"type": "document", "document": {"id": "1", "link": "https://a.example"}}, 131008),
        ({"type": "document", "document": {"id": "404"}}, 131009),
        ({"type": "image", "image": {"link": "https://a.example/a.png", "caption": "c" * 1025}}, 131009),
        ({"type": "video", "video": {"id": "1"}}, 131009),
    ],
)
def test_what_is_over_a_limit_is_refused(meta: GraphSimulator, broken: Json, code: int) -> None:
    assert send(meta, broken) == code
    assert meta.messages == []


# --- Files ----------------------------------------------------------------------------------------
def test_a_file_is_kept_and_sent_by_its_id(meta: GraphSimulator) -> None:
    content = b"%PDF-1.7\r\n\x00\xff bytes\r\n"
    media_id = upload(meta, content).json()["id"]
    about = requests.get(f"{meta.url}/v25.0/{media_id}", headers=HEADERS, timeout=5).json()
    assert (about["mime_type"], about["file_size"]) == ("application/pdf", len(content))
    assert about["sha256"] == hashlib.sha256(content).hexdigest()
    assert requests.get(about["url"], headers=HEADERS, timeout=5).content == content
    tendai = meta.phones.open(NUMBER)
    assert send(meta, {"type": "document", "document": {"id": media_id, "filename": "R-000012.pdf"}}) == 0
    assert tendai.items[0].file == {"name": "R-000012.pdf", "url": f"/simulator/media/{media_id}", "bytes": len(content)}
    assert send(meta, {"type": "image", "image": {"id": media_id}}) == 131053
    assert requests.delete(f"{meta.url}/v25.0/{media_id}", headers=HEADERS, timeout=5).ok
    assert send(meta, {"type": "document", "document": {"id": media_id}}) == 131009


def test_a_picture_is_kept_and_sent(meta: GraphSimulator) -> None:
    media_id = upload(meta, b"\x89PNG\r\n\x1a\n", "image/png").json()["id"]
    assert send(meta, {"type": "image", "image": {"id": media_id, "caption": "Scan this"}}) == 0
    assert send(meta, {"type": "document", "document": {"id": media_id}}) == 131053


@pytest.mark.parametrize(
    ("content", "kind", "form", "code"),
    [
        (b"", "application/pdf", {}, 131053),
        (b"x" * (5 * 1024 * 1024 + 1), "image/png", {}, 131053),
        (b"x", "image/gif", {}, 131053),
        (b"x", "application/pdf", {"messaging_product": ""}, 100),
    ],
)
def test_a_file_that_meta_would_not_keep_is_refused(
    meta: GraphSimulator, content: bytes, kind: str, form: dict[str, str], code: int
) -> None:
    assert upload(meta, content, kind, **form).json()["error"]["code"] == code


# --- Templates ------------------------------------------------------------------------------------
def test_the_templates_of_the_demonstration_are_listed(meta: GraphSimulator) -> None:
    listed = requests.get(f"{meta.url}/v25.0/2/message_templates", headers=HEADERS, timeout=5).json()["data"]
    names = {"payment_successful", "payment_failed", "payment_request", "balance_reminder", "unfinished_payment"}
    names |= {"refund_approved", "refund_done", "refund_failed", "booking_cancelled", "proof_rejected", "payment_transferred"}
    assert {each["name"] for each in listed} == names
    assert {(each["status"], each["language"]) for each in listed} == {("APPROVED", "en")}
    assert all("{{1}}" in each["components"][0]["text"] for each in listed)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (template(name="unknown"), 132001),
        (template("a", "b", "c", language="sn"), 132001),
        (template("a", "b"), 132000),
        (template("a", "b", "c", "d"), 132000),
        (template(), 132000),
        (template("a", "b", " "), 131008),
        (template("a", "b", "two\nlines"), 132012),
        (template(name="waiting"), 132001),
        (template(name="paused"), 132015),
        (template(name="disabled"), 132016),
    ],
)
def test_a_template_must_be_known_approved_and_have_its_parameters(meta: GraphSimulator, broken: Json, code: int) -> None:
    for name, status in (("waiting", "PENDING"), ("paused", "PAUSED"), ("disabled", "DISABLED")):
        meta.templates.append(Template(name, "Hello", status=status))
    assert send(meta, broken) == code


def test_a_template_has_the_buttons_it_was_approved_with(meta: GraphSimulator) -> None:
    tendai = meta.phones.open(NUMBER)
    form = {"type": "FLOW", "text": "Pay now", "flow_name": "payment_whatsapp_flow"}
    meta.templates.append(Template("pay", "Pay {{1}}", buttons=(form, {"type": "QUICK_REPLY", "text": "Later"})))
    action = {"type": "action", "action": {"flow_token": "a-token"}}
    components = [
        {"type": "body", "parameters": [{"type": "text", "text": "US$ 10.00"}]},
        {"type": "button", "sub_type": "flow", "index": "0", "parameters": [action]},
        {"type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{"type": "payload", "payload": "do/later/"}]},
    ]
    content = {"name": "pay", "language": {"code": "en"}, "components": components}
    assert send(meta, {"type": "template", "template": content}) == 0
    (item,) = tendai.items
    assert (item.body, item.button) == ("Pay US$ 10.00", "Pay now")
    assert item.flow == {"flow_name": "payment_whatsapp_flow", "flow_token": "a-token"}
    assert item.choices == [{"id": "do/later/", "title": "Later", "description": ""}]
    assert tendai.tap(item.id, "do/later/").body == "Later"


# --- When, and how often --------------------------------------------------------------------------
def test_after_a_day_of_silence_only_a_template_reaches_a_customer() -> None:
    clock = Clock()
    with GraphSimulator(limits=Limits(now=clock)) as meta:
        tendai = meta.phones.open(NUMBER)
        assert send(meta, text()) == 0  # it is not known when the customer last wrote
        tendai.write("Hi")
        clock.seconds += 24 * 3600
        assert send(meta, text()) == 0
        clock.seconds += 1
        assert send(meta, text()) == 131047
        assert send(meta, {"to": None, "recipient": tendai.user_id} | text()) == 131047
        assert send(meta, template("a", "b", "c")) == 0
        tendai.write("Hi again")
        assert send(meta, text()) == 0


def test_where_windows_are_strict_a_stranger_has_none() -> None:
    with GraphSimulator(limits=Limits(strict_windows=True)) as meta:
        assert send(meta, text()) == 131047
        assert send(meta, template("a", "b", "c")) == 0
        meta.phones.open(NUMBER).write("Hi")
        assert send(meta, text()) == 0


def test_one_customer_gets_one_message_in_six_seconds_and_a_burst() -> None:
    clock = Clock()
    with GraphSimulator(limits=Limits(keep_pair_rate=True, now=clock)) as meta:
        assert [send(meta, text()) for _ in range(46)] == [0] * 45 + [131056]
        assert send(meta, {"to": "+263719999999"} | text()) == 0
        clock.seconds += 6
        assert [send(meta, text()) for _ in range(2)] == [0, 131056]
        clock.seconds += 24 * 3600
        assert send(meta, text()) == 0


def test_a_status_that_we_cannot_set_is_refused(meta: GraphSimulator) -> None:
    assert send(meta, {"status": "delivered", "message_id": "wamid.1"}) == 131009
    assert send(meta, {"status": "read"}) == 131009
