"""What the page of the phone asks, over real HTTP: each answer as the page reads it, each mistake a sentence."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_PROCESSING, PAYMENT_WHATSAPP_FLOW
from flows.simulator import Business, GraphSimulator
from flows.tests.app_server import KEY, SECRET, AppServer, Json, app_server, screen, success

NUMBER = "263771234567"
CHAT = f"phones/{NUMBER}"
TOKEN = "a-flow-token"


@pytest.fixture
def app() -> Iterator[AppServer]:
    with app_server() as server:
        yield server


@pytest.fixture
def meta(app: AppServer) -> Iterator[GraphSimulator]:
    business = Business(url=app.url, app_secret=SECRET, public_key=public_key_pem(KEY))
    with GraphSimulator(business=business) as simulator:
        yield simulator


class Browser:
    """The page, as its script asks."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, *, status: int = 200) -> Json:
        return self._ask("GET", path, status, {})

    def post(self, path: str, *, status: int = 200, **values: Any) -> Json:
        return self._ask("POST", path, status, {"json": values})

    def items(self) -> list[Json]:
        found: list[Json] = self.get(f"{CHAT}/chat")["items"]
        return found

    def receives(self, content: Json) -> str:
        """Our app sends this; its id."""
        message = {"messaging_product": "whatsapp", "to": f"+{NUMBER}"} | content
        headers = {"Authorization": "Bearer t"}
        answer = requests.post(f"{self.url}/v25.0/1/messages", json=message, headers=headers, timeout=5)
        return str(answer.json()["messages"][0]["id"])

    def _ask(self, method: str, path: str, status: int, content: Json) -> Json:
        answer = requests.request(method, f"{self.url}/phone/api/{path}", timeout=5, **content)
        assert answer.status_code == status, answer.text
        value: Json = answer.json()
        assert (status < 400) == ("error" not in value)
        return value


@pytest.fixture
def page(meta: GraphSimulator) -> Browser:
    page = Browser(meta.url)
    page.post("phones", number="0771234567", name="Tendai")
    return page


def interactive(kind: str, action: Json) -> Json:
    frame = {"header": {"type": "text", "text": "Head"}, "body": {"text": "Body"}, "footer": {"text": "Foot"}}
    return {"type": "interactive", "interactive": {"type": kind, **frame, "action": action}}


def flow() -> Json:
    parameters = {"flow_message_version": "3", "flow_name": "payment_whatsapp_flow", "flow_cta": "Pay now", "flow_token": TOKEN}
    return interactive("flow", {"name": "flow", "parameters": parameters | {"flow_action": "data_exchange"}})


# --- Phones and chats -----------------------------------------------------------------------------
def test_a_phone_is_added_once_however_its_number_is_written(page: Browser) -> None:
    page.post("phones", number="+263 77 123 4567")
    page.post("phones", number="263719999999", name="Rudo")
    assert page.get("phones")["phones"] == [
        {"number": NUMBER, "name": "Tendai", "unread": 0},
        {"number": "263719999999", "name": "Rudo", "unread": 0},
    ]


def test_a_chat_shows_every_kind_of_message(page: Browser) -> None:
    reply = {"type": "reply", "reply": {"id": "a", "title": "A"}}
    rows = [{"id": "r", "title": "Row", "description": "More"}]
    page.receives({"type": "text", "text": {"body": "Hello"}})
    page.receives(interactive("button", {"buttons": [reply]}))
    page.receives(interactive("list", {"button": "Choose", "sections": [{"title": "One", "rows": rows}]}))
    page.receives(
        interactive("cta_url", {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://pay.example/1"}})
    )
    page.receives(flow())
    page.receives({"type": "document", "document": {"link": "https://a.example/r.pdf", "filename": "r.pdf", "caption": "Receipt"}})
    parameters = [{"type": "text", "text": word} for word in ("US$ 10.00", "Hwange", "US$ 0.00")]
    template = {"name": "payment_successful", "language": {"code": "en"}}
    page.receives({"type": "template", "template": template | {"components": [{"type": "body", "parameters": parameters}]}})
    text, buttons, menu, link, form, document, told = page.items()
    assert (text["kind"], text["body"], text["from"], text["status"]) == ("text", "Hello", "business", "delivered")
    assert (buttons["kind"], buttons["header"], buttons["body"], buttons["footer"]) == ("buttons", "Head", "Body", "Foot")
    assert buttons["choices"] == [{"id": "a", "title": "A", "description": ""}]
    assert (menu["kind"], menu["button"]) == ("list", "Choose")
    assert menu["sections"] == [{"title": "One", "rows": [{"id": "r", "title": "Row", "description": "More"}]}]
    assert (link["kind"], link["button"], link["url"]) == ("link", "Open", "https://pay.example/1")
    assert (form["kind"], form["button"], form["disabled"]) == ("flow", "Pay now", False)
    assert TOKEN not in str(form)
    assert (document["kind"], document["body"]) == ("document", "Receipt")
    assert document["file"] == {"name": "r.pdf", "url": "https://a.example/r.pdf", "bytes": 0}
    assert told["body"] == "Thank you. We have received US$ 10.00 for Hwange. Still to pay: US$ 0.00."


def test_whoever_waits_for_news_hears_at_once(page: Browser) -> None:
    version = page.get(f"{CHAT}/chat")["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(page.get, f"{CHAT}/chat?after={version}")
        page.receives({"type": "text", "text": {"body": "News"}})
        answer = waiting.result(timeout=5)
    assert answer["version"] > version
    assert answer["items"][-1]["body"] == "News"
    assert answer["unread"] == 1


def test_where_many_wait_a_browser_has_connections_left(
    page: Browser, meta: GraphSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.simulator.phone_book.SHORT_SECONDS", 0.05)
    version = page.get(f"{CHAT}/chat")["version"]
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(page.get, f"{CHAT}/chat?after={version}") for _ in range(6)]
        assert len([*zip(range(3), as_completed(waiting, timeout=10), strict=False)]) == 3
        patient = [each for each in waiting if not each.done()]
        assert len(patient) == 3
        meta.phones.phone(NUMBER).write("Hi")
        assert {each.result(timeout=5)["version"] > version for each in patient} == {True}


def test_a_page_that_waits_does_not_hold_up_the_end() -> None:
    meta = GraphSimulator().start()
    page = Browser(meta.url)
    page.post("phones", number=NUMBER)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(requests.get, f"{meta.url}/phone/api/{CHAT}/chat?after=99", timeout=20)
        began = time.monotonic()
        meta.stop()
        with suppress(requests.RequestException):  # the connection is cut, or the answer was in time
            waiting.result(timeout=5)
        assert time.monotonic() - began < 5


def test_what_is_written_tapped_and_sent_goes_to_the_app(page: Browser, meta: GraphSimulator, app: AppServer) -> None:
    wamid = page.receives(interactive("button", {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "A"}}]}))
    written = page.post(f"{CHAT}/messages", type="text", text="Hi")["id"]
    tapped = page.post(f"{CHAT}/messages", type="tap", message=wamid, choice="a")["id"]
    sent = page.post(f"{CHAT}/messages", type="media", kind="voice")["id"]
    page.post(f"{CHAT}/read")
    meta.settle()
    assert [message["id"] for message in app.messages] == [written, tapped, sent]
    assert [status["status"] for status in app.statuses] == ["sent", "delivered", "read"]
    assert [(item["kind"], item["answers"]) for item in page.items()[1:]] == [("text", ""), ("reply", wamid), ("media", "")]
    assert page.get("phones")["phones"][0]["unread"] == 0


@pytest.mark.parametrize(
    ("path", "values", "status"),
    [
        ("phones", {}, 400),
        ("phones", {"number": "soon"}, 400),
        ("phones/263770000000/messages", {"type": "text", "text": "Hi"}, 404),
        (f"{CHAT}/messages", {"type": "text", "text": "  "}, 400),
        (f"{CHAT}/messages", {"type": "text", "text": "x" * 4097}, 400),
        (f"{CHAT}/messages", {"type": "text"}, 400),
        (f"{CHAT}/messages", {"type": "poem"}, 400),
        (f"{CHAT}/messages", {"type": "tap", "message": "wamid.none", "choice": "a"}, 404),
        (f"{CHAT}/messages", {"type": "media", "kind": "film"}, 400),
        (f"{CHAT}/flows", {"message": "wamid.none"}, 404),
        ("flows/none", {"do": "submit"}, 404),
        ("network", {"drop": "all"}, 400),
        (f"{CHAT}/network", {"speed": 1}, 400),
        ("health_event", {}, 400),
        ("dance", {}, 404),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(page: Browser, path: str, values: Json, status: int) -> None:
    assert page.post(path, status=status, **values)["error"].strip().endswith((".", "missing.", "here."))


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"7"])
def test_a_body_that_is_no_object_is_a_mistake(page: Browser, body: bytes) -> None:
    assert requests.post(f"{page.url}/phone/api/phones", data=body, timeout=5).status_code == 400


def test_a_page_of_another_site_may_not_write(page: Browser) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = requests.post(f"{page.url}/phone/api/reset", headers=headers, timeout=5)
    assert answer.status_code == 403
    assert page.get("phones")["phones"]
    renamed = {"Origin": "http://evil.example:8002", "Host": "evil.example:8002"}
    assert requests.post(f"{page.url}/phone/api/reset", headers=renamed, timeout=5).status_code == 403
    local = page.url.replace("127.0.0.1", "localhost").removeprefix("http://")
    assert requests.get(f"{page.url}/phone/api/phones", headers={"Host": local}, timeout=5).ok
    assert page.get("phones")["phones"]
    assert requests.post(f"{page.url}/phone/api/reset", headers={"Origin": page.url}, timeout=5).ok
    assert page.get("phones")["phones"] == []


# --- Flows ----------------------------------------------------------------------------------------
def test_a_flow_opens_goes_on_and_leaves_a_bubble(page: Browser, app: AppServer, meta: GraphSimulator) -> None:
    wamid = page.receives(flow())
    app.replies = [
        screen(PAYMENT),
        screen(PAYMENT, error_message="Check the number."),
        screen(PAYMENT_PROCESSING),
        success(TOKEN, status="pending"),
    ]
    opened = page.post(f"{CHAT}/flows", message=wamid)
    assert opened["flow"] == PAYMENT_WHATSAPP_FLOW
    assert opened["shown"]["screen"] == PAYMENT
    step = f"flows/{opened['session']}"
    again = page.post(step, do="submit", screen=PAYMENT, payload={"payment_method": "ecocash"})["shown"]
    assert (again["screen"], again["snackbar"]) == (PAYMENT, "Check the number.")
    assert page.post(step, do="submit", screen=PAYMENT, payload={"phone": "0771"})["shown"]["screen"] == PAYMENT_PROCESSING
    end = page.post(step, do="submit", screen=PAYMENT_PROCESSING, payload={"next": "done"})["shown"]
    assert (end["closed"], end["completed"], end["failure"]) == (True, True, "")
    assert page.items()[-1]["summary"] == [["Status", "pending"]]
    assert page.items()[-1]["answers"] == wamid
    page.post(step, do="init_again", status=404)
    meta.settle()
    assert app.messages[0]["interactive"]["type"] == "nfm_reply"
    assert [asked["data"] for asked in app.asked[1:3]] == [{"payment_method": "ecocash"}, {"phone": "0771"}]


def test_a_flow_that_goes_wrong_says_what_to_do_and_can_be_tapped_again(page: Browser, app: AppServer) -> None:
    wamid = page.receives(flow())
    app.replies = [screen(PAYMENT), screen(PAYMENT_PROCESSING, heading=5), screen(PAYMENT_PROCESSING)]
    step = f"flows/{page.post(f'{CHAT}/flows', message=wamid)['session']}"
    failed = page.post(step, do="submit", screen=PAYMENT, payload={})["shown"]
    assert (failed["failure"], failed["message"]) == ("payload-schema-error", "Something went wrong. Try again.")
    assert failed["problems"] == ["data.heading should be of type string, but is number."]
    assert app.asked[2]["data"]["error"] == "payload-schema-error"
    page.post(f"{CHAT}/network", drop="answers")
    app.replies = [screen(PAYMENT_PROCESSING), *app.replies]
    assert "no answer" in page.post(step, do="submit", screen=PAYMENT, payload={})["shown"]["message"]
    page.post(f"{CHAT}/network", drop="none")
    assert page.post(step, do="submit", screen=PAYMENT, payload={})["shown"]["screen"] == PAYMENT_PROCESSING
    assert page.post(step, do="back", screen=PAYMENT_PROCESSING)["shown"]["screen"] == PAYMENT
    page.post(step, do="back", screen=PAYMENT, status=409)


def test_a_used_link_is_grey_from_then_on(page: Browser, app: AppServer) -> None:
    wamid = page.receives(flow())
    app.replies = [427]
    shown = page.post(f"{CHAT}/flows", message=wamid)["shown"]
    assert (shown["status"], shown["closed"], shown["message"]) == (427, True, "This booking is paid.")
    assert page.items()[0]["disabled"]
    assert "grey" in page.post(f"{CHAT}/flows", message=wamid, status=409)["error"]


def test_a_text_opens_no_form(page: Browser) -> None:
    wamid = page.receives({"type": "text", "text": {"body": "Hello"}})
    page.post(f"{CHAT}/flows", message=wamid, status=409)


def test_without_a_key_it_is_said_how_to_get_one(app: AppServer) -> None:
    with GraphSimulator(business=Business(url=app.url, app_secret=SECRET)) as meta:
        page = Browser(meta.url)
        page.post("phones", number=NUMBER)
        wamid = page.receives(flow())
        assert "upload_flow_key" in page.post(f"{CHAT}/flows", message=wamid, status=409)["error"]
        meta.public_keys["1"] = public_key_pem(KEY)
        app.replies = [screen(PAYMENT)]
        assert page.post(f"{CHAT}/flows", message=wamid)["shown"]["screen"] == PAYMENT


# --- Around ---------------------------------------------------------------------------------------
def test_the_switches_are_read_and_set_for_all_and_for_one(page: Browser) -> None:
    good = {
        "duplicate": False,
        "delay_seconds": 0,
        "reorder": False,
        "drop": "none",
        "repeat_init": False,
        "close_midway": False,
    }
    assert page.get("network") == page.get(f"{CHAT}/network") == good
    assert page.post(f"{CHAT}/network", drop="answers") == good | {"drop": "answers"}
    assert page.get("network") == good
    assert page.post("network", repeat_init=True) == good | {"repeat_init": True}
    assert page.get(f"{CHAT}/network") == good | {"drop": "answers", "repeat_init": True}


def test_a_health_event_goes_to_the_app_as_it_is(page: Browser, meta: GraphSimulator, app: AppServer) -> None:
    event: Json = {"event": "ENDPOINT_LATENCY", "flow_id": "1", "p90_latency": 8000, "alert_state": "ACTIVATED"}
    page.post("health_event", **event)
    meta.settle()
    assert app.values == [event]


def test_without_paynow_there_are_no_prompts(page: Browser) -> None:
    assert page.get(f"{CHAT}/prompts") == {"prompts": []}


def test_the_files_of_the_page_are_served_and_no_others(
    meta: GraphSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (tmp_path / "secret.js").write_text("no", encoding="utf-8")
    (page / "phone.html").write_text("<h1>Phone</h1>", encoding="utf-8")
    (page / "phone.js").write_text("go()", encoding="utf-8")
    (page / "notes.txt").write_text("no", encoding="utf-8")
    monkeypatch.setattr("flows.simulator.phone_api._FILES", page)
    start, script = requests.get(f"{meta.url}/phone", timeout=5), requests.get(f"{meta.url}/phone/static/phone.js", timeout=5)
    assert (start.text, start.headers["Content-Type"]) == ("<h1>Phone</h1>", "text/html; charset=utf-8")
    assert (script.text, script.headers["Content-Type"]) == ("go()", "text/javascript; charset=utf-8")
    assert script.headers["Cache-Control"] == "no-store"
    for outside in ("../secret.js", "..%2Fsecret.js", "x/../../secret.js", "%2Fetc%2Fpasswd", "", "notes.txt"):
        asked = requests.Request("GET", meta.url).prepare()
        asked.url = f"{meta.url}/phone/static/{outside}"  # as it stands: a client would tidy it
        with requests.Session() as session:
            assert session.send(asked, timeout=5).status_code == 404
