"""Meta's side of the wire: the phone behaves as Meta's client does, the Graph API refuses what Meta refuses."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from flows.crypto import CannotDecrypt, is_signed, open_request, public_key_pem, seal_response
from flows.definitions.payment_whatsapp_flow import (
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    PAYMENT_WHATSAPP_FLOW,
)
from flows.simulator import CannotTap, GraphSimulator, Phone, post_to, print_screen
from flows.simulator.__main__ import main
from flows.tests.vectors import vector_key

SECRET = "an app secret"
TOKEN = "a-flow-token"
KEY = vector_key()
SCREEN = {screen["id"]: screen for screen in PAYMENT_WHATSAPP_FLOW["screens"]}

Json = dict[str, Any]


def shown(screen_id: str, **replaced: Any) -> Json:
    examples = {name: declared["__example__"] for name, declared in SCREEN[screen_id]["data"].items()}
    return {"screen": screen_id, "data": examples | replaced}


class Endpoint:
    """The business's side: answers with whatever `replies` says, and remembers what it was asked."""

    def __init__(self, *replies: Json) -> None:
        self.replies = list(replies)
        self.asked: list[Json] = []
        self.bodies: list[bytes] = []
        self.status = 200
        self.key = KEY

    def __call__(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.bodies.append(body)
        if not is_signed(body, headers["X-Hub-Signature-256"], [SECRET]):
            return 432, b""
        try:
            request = open_request(body, [self.key])
        except CannotDecrypt:
            return 421, b""
        self.asked.append(request.payload)
        data = request.payload.get("data", {})
        reply = {"data": {"acknowledged": True}} if "error" in data else self.replies.pop(0)
        return self.status, seal_response(reply, request).encode()


def phone(endpoint: Callable[[bytes, dict[str, str]], tuple[int, bytes]], **replaced: Any) -> Phone:
    settings: Json = {"flow_token": TOKEN, "app_secret": SECRET, "public_key": public_key_pem(KEY), "pause": lambda _seconds: None}
    return Phone(PAYMENT_WHATSAPP_FLOW, transport=endpoint, **(settings | replaced))


# --- The phone ------------------------------------------------------------------------------------
def test_a_customer_pays_from_the_first_screen_to_the_last() -> None:
    done = {"screen": "SUCCESS", "data": {"extension_message_response": {"params": {"flow_token": TOKEN, "status": "successful"}}}}
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING), shown(PAYMENT_OTP), shown(PAYMENT_SUCCESS), done)
    customer = phone(endpoint)
    assert customer.open().screen == PAYMENT
    assert customer.submit(payment_method="card", email="tendai@example.com").screen == PAYMENT_PROCESSING
    assert customer.submit().screen == PAYMENT_OTP
    assert customer.submit(otp="012345").screen == PAYMENT_SUCCESS
    end = customer.submit()
    assert (end.closed, end.completion) == (True, {"flow_token": TOKEN, "status": "successful"})
    assert [asked["action"] for asked in endpoint.asked] == ["INIT"] + ["data_exchange"] * 4
    assert [asked["screen"] for asked in endpoint.asked] == ["", PAYMENT, PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_SUCCESS]
    assert endpoint.asked[1]["data"] == {
        "payment_method": "card",
        "amount_option": "full",
        "phone": "0771234567",
        "email": "tendai@example.com",
    }
    assert [asked["data"] for asked in endpoint.asked[2:]] == [{"next": "check"}, {"otp": "012345"}, {"next": "done"}]


def test_a_request_is_written_as_meta_writes_it() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT))
    phone(endpoint, escaped_slashes=True).open()
    assert list(endpoint.asked[0]) == ["data", "flow_token", "screen", "action", "version"]
    assert endpoint.asked[0] == {"data": {}, "flow_token": TOKEN, "screen": "", "action": "INIT", "version": "3.0"}
    assert b"\\/" in endpoint.bodies[0]
    assert b"/" not in endpoint.bodies[0].replace(b"\\/", b"")


def test_a_field_left_empty_is_not_sent() -> None:
    endpoint = Endpoint(shown(PAYMENT, init_values={}), shown(PAYMENT_PROCESSING))
    customer = phone(endpoint)
    customer.open()
    customer.submit(payment_method="ecocash", amount_option="full")
    assert endpoint.asked[1]["data"] == {"payment_method": "ecocash", "amount_option": "full"}


def test_the_button_is_grey_while_a_choice_is_missing() -> None:
    customer = phone(Endpoint(shown(PAYMENT, init_values={})))
    customer.open()
    with pytest.raises(CannotTap, match="payment_method is empty"):
        customer.submit(amount_option="full")


@pytest.mark.parametrize(
    ("fields", "reason"), [({"payment_method": "cash"}, "cannot be chosen"), ({"amount": "1"}, "There is no field amount")]
)
def test_only_what_stands_on_the_screen_can_be_chosen_or_typed(fields: Json, reason: str) -> None:
    customer = phone(Endpoint(shown(PAYMENT)))
    customer.open()
    with pytest.raises(CannotTap, match=reason):
        customer.submit(**fields)


def test_what_was_typed_stays_when_the_same_screen_comes_back() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT, init_values={}, error_message="That is not an e-mail address."))
    customer = phone(endpoint)
    customer.open()
    again = customer.submit(email="tendai")
    assert (again.snackbar, again.typed["email"]) == ("That is not an e-mail address.", "tendai")


def test_a_link_sends_its_payload_and_an_address_stays_on_the_phone() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING), shown(PAYMENT))
    customer = phone(endpoint)
    customer.open()
    customer.submit()
    assert customer.tap_link("Open the card page").screen == PAYMENT_PROCESSING
    assert customer.tap_link("Use another method").screen == PAYMENT
    assert endpoint.asked[2]["data"] == {"next": "change_method"}


def test_going_back_shows_the_screen_as_it_was_left_and_tells_nobody() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING))
    customer = phone(endpoint)
    customer.open()
    customer.submit(email="tendai@example.com")
    before = customer.back()
    assert (before.screen, before.typed["email"]) == (PAYMENT, "tendai@example.com")
    assert len(endpoint.asked) == 2
    with pytest.raises(CannotTap):
        customer.back()


def test_going_back_from_a_screen_that_refreshes_asks_the_endpoint() -> None:
    flow = json.loads(json.dumps(PAYMENT_WHATSAPP_FLOW))
    flow["screens"][1]["refresh_on_back"] = True
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING), shown(PAYMENT))
    customer = Phone(flow, flow_token=TOKEN, app_secret=SECRET, public_key=public_key_pem(KEY), transport=endpoint)
    customer.open()
    customer.submit()
    assert customer.back().screen == PAYMENT
    assert (endpoint.asked[2]["action"], endpoint.asked[2]["screen"]) == ("BACK", PAYMENT_PROCESSING)


def test_a_reply_that_cannot_be_shown_is_told_to_the_endpoint_and_can_be_tapped_again() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING, heading=5), shown(PAYMENT_PROCESSING))
    customer = phone(endpoint)
    customer.open()
    failed = customer.submit()
    assert (failed.failure, failed.problems) == ("payload-schema-error", ("data.heading should be of type string, but is number.",))
    assert endpoint.asked[2]["data"]["error"] == "payload-schema-error"
    assert customer.shown.screen == PAYMENT
    assert customer.again().screen == PAYMENT_PROCESSING
    assert endpoint.asked[3] == endpoint.asked[1]


def test_a_screen_to_which_no_way_leads_is_not_shown() -> None:
    customer = phone(Endpoint(shown(PAYMENT_SUCCESS)))
    assert customer.open().failure == "invalid-screen-transition"


def test_after_421_the_phone_asks_for_the_key_and_tries_once_more_with_a_fresh_one() -> None:
    old, pauses = rsa.generate_private_key(65537, 2048), list[float]()
    keys = iter([public_key_pem(old), public_key_pem(KEY)])
    endpoint = Endpoint(shown(PAYMENT))
    customer = phone(endpoint, public_key=lambda: next(keys), pause=pauses.append)
    assert customer.open().screen == PAYMENT
    assert pauses == [0.5]
    first, second = (json.loads(body) for body in endpoint.bodies)
    assert not {first[name] for name in first} & {second[name] for name in second}


def test_a_second_421_ends_it() -> None:
    endpoint = Endpoint()
    endpoint.key = rsa.generate_private_key(65537, 2048)
    answer = phone(endpoint).open()
    assert (answer.status, answer.failure, len(endpoint.bodies)) == (421, "business-decryption-error", 2)


def test_after_427_the_sealed_sentence_is_shown_and_the_button_is_grey() -> None:
    endpoint = Endpoint({"error_msg": "This booking is paid."})
    endpoint.status = 427
    customer = phone(endpoint)
    answer = customer.open()
    assert (answer.status, answer.snackbar, answer.closed) == (427, "This booking is paid.", True)
    with pytest.raises(CannotTap, match="grey"):
        customer.open()


def test_a_427_in_the_open_is_not_understood() -> None:
    answer = phone(lambda _body, _headers: (427, b'{"error_msg": "Paid"}')).open()
    assert answer.failure == "response-decryption-error"


@pytest.mark.parametrize("status", [400, 404, 432, 500])
def test_another_status_is_something_that_went_wrong(status: int) -> None:
    answer = phone(lambda _body, _headers: (status, b"")).open()
    assert (answer.status, answer.failure) == (status, "unexpected_http_status_code")


@pytest.mark.parametrize("body", [b"", b"{}", b"not base64", b'"AAAA"', b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", b"AAAA"])
def test_an_answer_that_cannot_be_opened_is_refused(body: bytes) -> None:
    assert phone(lambda _body, _headers: (200, body)).open().failure == "response-decryption-error"


def test_a_late_answer_and_no_answer_have_their_own_names() -> None:
    def late(_body: bytes, _headers: dict[str, str]) -> tuple[int, bytes]:
        raise TimeoutError

    def gone(_body: bytes, _headers: dict[str, str]) -> tuple[int, bytes]:
        raise ConnectionResetError("gone")

    assert phone(late).open().failure == "timeout_error"
    assert phone(gone).open().failure == "no_http_response_error"


def test_a_wrong_app_secret_is_noticed() -> None:
    assert phone(Endpoint(shown(PAYMENT)), app_secret="another").open().status == 432


def test_meta_checks_the_health_of_the_endpoint() -> None:
    endpoint = Endpoint({"data": {"status": "active"}})
    assert phone(endpoint).ping().data == {"status": "active"}
    assert endpoint.asked == [{"version": "3.0", "action": "ping"}]


def test_an_error_notice_is_acknowledged() -> None:
    endpoint = Endpoint()
    assert phone(endpoint).error_notice("timeout_error").data == {"acknowledged": True}


def test_anything_can_be_sent_past_the_screen() -> None:
    endpoint = Endpoint(shown(PAYMENT), shown(PAYMENT))
    customer = phone(endpoint)
    customer.open()
    customer.tap({"amount": 1, "payment_method": ["x"]})
    assert endpoint.asked[1]["data"] == {"amount": 1, "payment_method": ["x"]}


def test_nothing_can_be_tapped_before_the_flow_is_open() -> None:
    customer = phone(Endpoint())
    for step in (customer.submit, customer.back, customer.again, lambda: customer.tap({}), lambda: customer.tap_link("x")):
        with pytest.raises(CannotTap):
            step()


def test_the_phone_talks_to_a_real_server() -> None:
    endpoint = Endpoint(shown(PAYMENT))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = endpoint(body, dict(self.headers.items()))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        assert phone(post_to(f"http://127.0.0.1:{server.server_address[1]}/flow")).open().screen == PAYMENT
        server.shutdown()
    assert phone(post_to(f"http://127.0.0.1:{server.server_address[1]}/flow")).open().failure == "no_http_response_error"


# --- The screen as text ---------------------------------------------------------------------------
def test_a_screen_reads_as_a_person_sees_it() -> None:
    customer = phone(Endpoint(shown(PAYMENT, error_message="Check the number.")))
    text = print_screen(customer.open())
    for part in (
        "Pay for your booking",
        "VICTORIA FALLS, THREE DAYS",
        "(•) EcoCash: Approve on your phone",
        "( ) Visa or Mastercard",
        "Mobile money number: [0771234567",
        "Not a OneMoney number",
        "[ Pay now ]",
        "! Check the number.",
    ):
        assert part in text


def test_what_is_hidden_does_not_stand_in_the_text() -> None:
    customer = phone(Endpoint(shown(PAYMENT), shown(PAYMENT_PROCESSING, has_code=False, has_qr=False, code="")))
    customer.open()
    text = print_screen(customer.submit())
    assert "30 12 26 24" not in text
    assert "QR code" not in text
    assert "> Open the card page" in text


def test_the_end_of_a_flow_reads_as_such() -> None:
    params = {"flow_token": TOKEN, "payment_reference": "7K3M9QX2TAZ", "status": "failed"}
    done = {"screen": "SUCCESS", "data": {"extension_message_response": {"params": params}}}
    customer = phone(Endpoint(shown(PAYMENT), shown(PAYMENT_ERROR), done))
    customer.open()
    customer.submit()
    text = print_screen(customer.submit())
    assert "The Flow is closed" in text
    assert "status: failed" in text
    assert TOKEN not in text
    assert "Something went wrong" in print_screen(phone(lambda _body, _headers: (500, b"")).open())


# --- The Graph API --------------------------------------------------------------------------------
@pytest.fixture
def meta() -> Iterator[GraphSimulator]:
    with GraphSimulator() as simulator:
        yield simulator


def call(meta: GraphSimulator, method: str, path: str, **content: Any) -> requests.Response:
    headers = content.pop("headers", {"Authorization": "Bearer token"})
    return requests.request(method, f"{meta.url}{path}", headers=headers, timeout=5, **content)


def message(**replaced: Any) -> Json:
    sound = {"messaging_product": "whatsapp", "to": "+263771234567", "type": "text", "text": {"body": "Hello"}}
    return {name: value for name, value in (sound | replaced).items() if value is not None}


def flow_message(**replaced: Any) -> Json:
    parameters = {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Pay now", "flow_action": "data_exchange"} | replaced
    action = {"name": "flow", "parameters": {name: value for name, value in parameters.items() if value is not None}}
    return message(type="interactive", interactive={"type": "flow", "body": {"text": "Hello"}, "action": action})


def list_message(rows: int) -> Json:
    sections = [
        {"title": name, "rows": [{"id": f"{name}{row}", "title": "A trip"} for row in range(rows)]} for name in ("One", "Two")
    ]
    action = {"button": "Choose", "sections": sections}
    return message(type="interactive", interactive={"type": "list", "body": {"text": "Hello"}, "action": action})


@pytest.mark.parametrize("sound", [message(), flow_message(), list_message(5), message(to=None, recipient="ZW.1234567890")])
def test_a_sound_message_is_accepted(meta: GraphSimulator, sound: Json) -> None:
    answer = call(meta, "POST", "/v25.0/1/messages", json=sound)
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["id"] == meta.messages[0].wamid


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (message(messaging_product=None), 100),
        (message(to=None), 131008),
        (message(to="soon"), 131009),
        (message(type="poem"), 131009),
        (message(text=None), 131008),
        (message(text={"body": "x" * 4097}), 131009),
        (message(recipient="nobody"), 131009),
        (flow_message(flow_message_version=3), 131009),
        (flow_message(flow_id=None), 131008),
        (flow_message(flow_cta="x" * 21), 131009),
        (flow_message(mode="test"), 131009),
        (flow_message(flow_action_payload={"screen": PAYMENT}), 131009),
        (list_message(6), 131009),
        (["a list"], 100),
    ],
)
def test_a_broken_message_is_refused_with_metas_code(meta: GraphSimulator, broken: Any, code: int) -> None:
    answer = call(meta, "POST", "/v25.0/1/messages", json=broken)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert meta.messages == []


def test_nothing_is_done_without_an_access_token(meta: GraphSimulator) -> None:
    answer = call(meta, "POST", "/v25.0/1/messages", json=message(), headers={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 50_000])
def test_a_body_that_is_no_json_is_refused(meta: GraphSimulator, body: bytes) -> None:
    assert call(meta, "POST", "/v25.0/1/messages", data=body).json()["error"]["code"] == 100


def test_an_unknown_call_is_refused(meta: GraphSimulator) -> None:
    assert call(meta, "POST", "/v25.0/1/dance").json()["error"]["code"] == 100
    assert call(meta, "GET", "/v25.0/999").json()["error"]["code"] == 100


def test_a_script_can_read_what_was_sent_to_one_number(meta: GraphSimulator) -> None:
    call(meta, "POST", "/v25.0/1/messages", json=message())
    call(meta, "POST", "/v25.0/1/messages", json=message(to="+263719999999"))
    found = call(meta, "GET", "/simulator/messages", params={"to": "+263 77 123 4567"}).json()
    assert [entry["to"] for entry in found] == ["263771234567"]
    assert len(call(meta, "GET", "/simulator/messages").json()) == 2
    call(meta, "DELETE", "/simulator/messages")
    assert call(meta, "GET", "/simulator/messages").json() == []


def test_a_person_can_read_what_was_sent_and_nothing_of_it_is_run(meta: GraphSimulator) -> None:
    call(meta, "POST", "/v25.0/1/messages", json=message(text={"body": "<script>alert(1)</script>"}))
    call(meta, "POST", "/v25.0/1/messages", json=flow_message())
    page = call(meta, "GET", "/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert "Button: Pay now" in page.text


def test_a_script_can_ask_for_a_fault_once(meta: GraphSimulator) -> None:
    assert call(meta, "POST", "/simulator/faults", json={"kind": "refuse", "code": 131047, "call": "messages"}).ok
    assert call(meta, "POST", "/simulator/faults", json={"kind": "earthquake"}).status_code == 400
    assert call(meta, "POST", "/v25.0/1/messages", json=message()).json()["error"]["code"] == 131047
    assert call(meta, "POST", "/v25.0/1/messages", json=message()).ok


def test_an_uploaded_flow_can_be_fetched_again(meta: GraphSimulator) -> None:
    flow_id = call(meta, "POST", "/v25.0/2/flows", data={"name": "payment", "categories": '["OTHER"]'}).json()["id"]
    content = {"file": ("flow.json", json.dumps(PAYMENT_WHATSAPP_FLOW), "application/json")}
    form = {"name": "flow.json", "asset_type": "FLOW_JSON"}
    assert call(meta, "POST", f"/v25.0/{flow_id}/assets", files=content, data=form).json()["validation_errors"] == []
    (asset,) = call(meta, "GET", f"/v25.0/{flow_id}/assets").json()["data"]
    assert requests.get(asset["download_url"], timeout=5).json() == PAYMENT_WHATSAPP_FLOW


def test_a_throttled_flow_cannot_be_sent(meta: GraphSimulator) -> None:
    flow_id = call(meta, "POST", "/v25.0/2/flows", json={"name": "payment", "categories": ["OTHER"]}).json()["id"]
    meta.flows[flow_id].status = "THROTTLED"
    answer = call(meta, "POST", "/v25.0/1/messages", json=flow_message(flow_id=flow_id))
    assert answer.json()["error"]["code"] == 132069


def test_a_key_that_cannot_be_read_stops_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flows.simulator", "--port", "0", "--public-key", str(tmp_path / "none.pem")])
    assert main() == 1
    assert "none.pem cannot be read" in capsys.readouterr().err


def test_it_serves_as_a_program_until_it_is_told_to_stop() -> None:
    program = subprocess.Popen([sys.executable, "-m", "flows.simulator", "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program, program.stdout as output:
        address = output.readline().removeprefix("listening on ").strip()
        assert requests.get(f"{address}/simulator/messages", timeout=5).json() == []
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=5) == 0
