"""The phones of the simulator: what their owners do reaches our app as from Meta, and what our app sends appears in the chat."""

import hashlib
from collections.abc import Iterator

import pytest
import requests

from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_OTP, PAYMENT_PROCESSING
from flows.simulator import Business, CannotTap, ChatPhone, GraphSimulator
from flows.tests.app_server import KEY, SECRET, AppServer, Json, app_server, screen, success

NUMBER = "263771234567"
TOKEN = "a-flow-token"


@pytest.fixture
def app() -> Iterator[AppServer]:
    with app_server() as server:
        yield server


@pytest.fixture
def meta(app: AppServer) -> Iterator[GraphSimulator]:
    business = Business(url=app.url, app_secret=SECRET, public_key=public_key_pem(KEY))
    with GraphSimulator(business=business, retry_gaps=(0, 0.01, 0.01)) as simulator:
        yield simulator


@pytest.fixture
def tendai(meta: GraphSimulator) -> ChatPhone:
    return meta.phones.open("0771234567", "Tendai")


def send(meta: GraphSimulator, content: Json, *, status: int = 200, to: str = f"+{NUMBER}") -> str:
    """What our app sends; its id."""
    message = {"messaging_product": "whatsapp", "to": to} | content
    answer = requests.post(f"{meta.url}/v25.0/1/messages", json=message, headers={"Authorization": "Bearer t"}, timeout=5)
    assert answer.status_code == status, answer.text
    return str(answer.json()["messages"][0]["id"]) if status == 200 else ""


def text(words: str = "Hello") -> Json:
    return {"type": "text", "text": {"body": words}}


def buttons() -> Json:
    choices = [{"type": "reply", "reply": {"id": f"step/tour/{name}", "title": name}} for name in ("Hwange", "Matobo")]
    return {"type": "interactive", "interactive": {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": choices}}}


def menu() -> Json:
    rows = [{"id": "r1", "title": "July", "description": "US$ 10.00"}, {"id": "r2", "title": "August"}]
    action = {"button": "Choose", "sections": [{"title": "Dates", "rows": rows}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "When?"}, "action": action}}


def flow() -> Json:
    parameters = {"flow_message_version": "3", "flow_id": "1000000000000001", "flow_cta": "Pay now"}
    action = {"name": "flow", "parameters": parameters | {"flow_action": "data_exchange", "flow_token": TOKEN}}
    return {"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Pay"}, "action": action}}


# --- What the customer does -----------------------------------------------------------------------
def test_a_text_reaches_the_app_signed_and_as_meta_writes_it(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    item = tendai.write("Mhoro 👋")
    meta.settle()
    (value,) = app.values
    assert value["metadata"] == {"display_phone_number": "263780000000", "phone_number_id": "100000000000001"}
    assert value["contacts"] == [{"profile": {"name": "Tendai"}, "wa_id": NUMBER, "user_id": tendai.user_id}]
    (message,) = value["messages"]
    assert (message["from"], message["id"], message["text"]) == (NUMBER, item.id, {"body": "Mhoro 👋"})
    assert message["timestamp"].isdigit()
    assert (app.forged, item.status) == (0, "delivered")


def test_a_hidden_number_is_known_by_the_business_scoped_id_only(meta: GraphSimulator, app: AppServer) -> None:
    phone = meta.phones.open("0719999999", "Rudo", user_id="ZW.5550001", hides_number=True)
    phone.write("Hi")
    wamid = send(meta, text() | {"to": None, "recipient": "ZW.5550001"})
    meta.settle()
    assert app.messages[0]["from_user_id"] == "ZW.5550001"
    assert "from" not in app.messages[0]
    assert "wa_id" not in app.values[0]["contacts"][0]
    assert phone.item(wamid).body == "Hello"
    assert {(status["recipient_user_id"], status.get("recipient_id")) for status in app.statuses} == {("ZW.5550001", None)}


def test_a_tapped_button_and_a_row_name_the_message_they_answer(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    with_buttons, with_rows = send(meta, buttons()), send(meta, menu())
    tendai.tap(with_buttons, "step/tour/Matobo")
    tendai.tap(with_rows, "r1")
    meta.settle()
    first, second = app.messages
    assert first["interactive"] == {"type": "button_reply", "button_reply": {"id": "step/tour/Matobo", "title": "Matobo"}}
    assert first["context"] == {"from": "263780000000", "id": with_buttons}
    assert second["interactive"]["list_reply"] == {"id": "r1", "title": "July", "description": "US$ 10.00"}
    assert second["context"]["id"] == with_rows


@pytest.mark.parametrize("kind", ["image", "voice", "sticker", "document", "location"])
def test_every_kind_of_media_can_be_sent(meta: GraphSimulator, app: AppServer, tendai: ChatPhone, kind: str) -> None:
    tendai.send_media(kind)
    meta.settle()
    (message,) = app.messages
    content = message[message["type"]]
    assert message["type"] == ("audio" if kind == "voice" else kind)
    if kind != "location":
        about = requests.get(f"{meta.url}/v25.0/{content['id']}", headers={"Authorization": "Bearer t"}, timeout=5).json()
        assert (
            requests.get(about["url"], headers={"Authorization": "Bearer t"}, timeout=5).content
            == f"The simulator's {kind}.".encode()
        )
        assert about["sha256"] == content["sha256"] == hashlib.sha256(f"The simulator's {kind}.".encode()).hexdigest()


# --- What our app sends ---------------------------------------------------------------------------
def test_statuses_come_back_with_what_we_gave_along(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, text() | {"biz_opaque_callback_data": "message-17"})
    tendai.read_all()
    tendai.read_all()
    meta.settle()
    assert [status["status"] for status in app.statuses] == ["sent", "delivered", "read"]
    assert {(status["id"], status["biz_opaque_callback_data"]) for status in app.statuses} == {(wamid, "message-17")}
    assert {status["recipient_id"] for status in app.statuses} == {NUMBER}


def test_a_message_waits_at_meta_until_there_is_a_phone(meta: GraphSimulator, app: AppServer) -> None:
    wamid = send(meta, text())
    meta.settle()
    assert [status["status"] for status in app.statuses] == ["sent"]
    phone = meta.phones.open(NUMBER)
    meta.settle()
    assert [item.id for item in phone.items] == [wamid]
    assert [status["status"] for status in app.statuses] == ["sent", "delivered"]


def test_a_failure_that_comes_later_has_metas_code(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, text())
    wanted = {"status": "failed", "code": 131026, "details": "Message undeliverable"}
    assert requests.post(f"{meta.url}/simulator/messages/{wamid}/status", json=wanted, timeout=5).ok
    meta.settle()
    failed = app.statuses[-1]
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131026)
    assert tendai.item(wamid).status == "failed"
    tendai.read_all()
    assert (tendai.item(wamid).status, tendai.unread) == ("failed", 0)


def test_our_app_can_say_that_it_has_read(meta: GraphSimulator, tendai: ChatPhone) -> None:
    item = tendai.write("Hi")
    meta.settle()
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": item.id}
    assert requests.post(f"{meta.url}/v25.0/1/messages", json=read, headers={"Authorization": "Bearer t"}, timeout=5).ok
    assert item.status == "read"


def test_a_phone_that_wrote_may_be_answered(meta: GraphSimulator, tendai: ChatPhone) -> None:
    meta.closed_windows.add(NUMBER)
    send(meta, text(), status=400)
    tendai.write("Hi")
    send(meta, text())


# --- Flows ----------------------------------------------------------------------------------------
def test_a_flow_is_paid_in_and_its_end_is_told(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [screen(PAYMENT), screen(PAYMENT_PROCESSING), success(TOKEN, status="pending", payment_reference="7K3M9QX2TAZ")]
    sheet = meta.desk.open(tendai, wamid)
    assert sheet.open().screen == PAYMENT
    assert sheet.submit(PAYMENT, {"payment_method": "ecocash"}).screen == PAYMENT_PROCESSING
    assert sheet.submit(PAYMENT_PROCESSING, {"next": "done"}).completion is not None
    meta.settle()
    reply = app.messages[0]["interactive"]["nfm_reply"]
    assert isinstance(reply["response_json"], str)
    assert TOKEN in reply["response_json"]
    assert app.messages[0]["context"]["id"] == wamid
    assert tendai.items[-1].summary == [["Status", "pending"], ["Payment reference", "7K3M9QX2TAZ"]]


def test_a_spent_message_has_a_grey_button(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [427]
    shown = meta.desk.open(tendai, wamid).open()
    assert (shown.status, shown.snackbar) == (427, "This booking is paid.")
    assert tendai.item(wamid).disabled


def test_a_screen_that_no_way_leads_to_cannot_be_the_next(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [screen(PAYMENT)]
    sheet = meta.desk.open(tendai, wamid)
    sheet.open()
    assert sheet.submit("NOWHERE", {}).failure == "invalid-screen-transition"
    assert len(app.asked) == 1


def test_a_person_goes_back_two_screens_and_pays_from_there(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [screen(PAYMENT), screen(PAYMENT_PROCESSING), screen(PAYMENT_OTP), screen(PAYMENT_PROCESSING)]
    sheet = meta.desk.open(tendai, wamid)
    sheet.open()
    sheet.submit(PAYMENT, {"payment_method": "omari"})
    assert sheet.submit(PAYMENT_PROCESSING, {"next": "check"}).screen == PAYMENT_OTP
    assert sheet.submit(PAYMENT, {"payment_method": "ecocash"}).screen == PAYMENT_PROCESSING
    assert app.asked[-1]["screen"] == PAYMENT
    assert sheet.back(PAYMENT_PROCESSING).screen == PAYMENT
    with pytest.raises(CannotTap):
        sheet.back(PAYMENT)


def test_lost_requests_reach_nobody_and_lost_answers_nobody_here(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [screen(PAYMENT), screen(PAYMENT)]
    sheet = meta.desk.open(tendai, wamid)
    tendai.switch_network(drop="requests")
    assert (sheet.open().failure, len(app.asked)) == ("no_http_response_error", 0)
    tendai.switch_network(drop="answers")
    assert (sheet.open().failure, len(app.asked)) == ("timeout_error", 1)
    tendai.switch_network(drop="none")
    assert (sheet.open().screen, len(app.asked)) == (PAYMENT, 2)


def test_a_form_can_be_opened_twice_sent_twice_and_closed_midway(meta: GraphSimulator, app: AppServer, tendai: ChatPhone) -> None:
    wamid = send(meta, flow())
    app.replies = [screen(PAYMENT), screen(PAYMENT), screen(PAYMENT_PROCESSING), screen(PAYMENT_PROCESSING)]
    sheet = meta.desk.open(tendai, wamid)
    tendai.switch_network(repeat_init=True)
    assert sheet.open().screen == PAYMENT
    tendai.switch_network(duplicate=True, close_midway=True)
    assert sheet.submit(PAYMENT, {"payment_method": "ecocash"}).closed
    assert [asked["action"] for asked in app.asked] == ["INIT", "INIT", "data_exchange", "data_exchange"]
    assert app.asked[2] == app.asked[3]
