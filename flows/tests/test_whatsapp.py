"""The client for Meta's Graph API, over real sockets against the simulator: what is sent, refused, lost, and told to nobody."""

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import PAYMENT_WHATSAPP_FLOW
from flows.refusals import ADVICE, CODES, Advice, advice_for
from flows.simulator import FaultKind, GraphSimulator
from flows.tests.flow_faults import fields, sound_flow
from flows.tests.vectors import vector_key
from flows.whatsapp import NotSent, SendRefused, SendUnknown, WhatsAppClient, client_from_settings

CUSTOMER = "+263771234567"
TOKEN = "EAAG-secret-access-token"


@pytest.fixture
def meta() -> Iterator[GraphSimulator]:
    with GraphSimulator() as simulator:
        yield simulator


@pytest.fixture
def client(meta: GraphSimulator) -> Iterator[WhatsAppClient]:
    with requests.Session() as session:
        yield WhatsAppClient(f"{meta.url}/v25.0", TOKEN, "106540352242922", "102290129340398", session)


def send_flow(client: WhatsAppClient, **replaced: Any) -> str:
    message = {
        "flow_id": "800000000000001",
        "flow_token": "a-flow-token",
        "header": "Your booking",
        "body": "US$ 231.00 is due for Victoria Falls.",
        "footer": "Paydesk",
        "cta": "Pay now",
    }
    return client.send_flow(CUSTOMER, **(message | replaced))


# --- Messages -------------------------------------------------------------------------------------
def test_a_text_arrives_as_it_was_written(client: WhatsAppClient, meta: GraphSimulator) -> None:
    wamid = client.send_text(CUSTOMER, "Paid, thank you 🎉", opaque="message-7")
    (message,) = meta.messages_to(CUSTOMER)
    assert message.wamid == wamid
    assert message.body["text"] == {"body": "Paid, thank you 🎉", "preview_url": False}
    assert (message.body["to"], message.body["biz_opaque_callback_data"]) == (CUSTOMER, "message-7")


def test_a_customer_without_a_number_is_reached_by_the_id_whatsapp_gave(client: WhatsAppClient, meta: GraphSimulator) -> None:
    client.send_text("US.13491208655302741918", "Hello")
    assert meta.messages[0].body["recipient"] == "US.13491208655302741918"
    assert "to" not in meta.messages[0].body


def test_a_flow_message_opens_the_flow_at_our_endpoint(client: WhatsAppClient, meta: GraphSimulator) -> None:
    send_flow(client)
    interactive = meta.messages[0].body["interactive"]
    assert interactive["action"]["parameters"] == {
        "flow_message_version": "3",
        "flow_id": "800000000000001",
        "flow_token": "a-flow-token",
        "flow_cta": "Pay now",
        "flow_action": "data_exchange",
        "mode": "published",
    }
    assert (interactive["header"]["text"], interactive["footer"]["text"]) == ("Your booking", "Paydesk")


def test_a_flow_message_may_lack_header_and_footer(client: WhatsAppClient, meta: GraphSimulator) -> None:
    send_flow(client, header="", footer="", flow_id="", flow_name="payment", mode="draft")
    interactive = meta.messages[0].body["interactive"]
    assert not {"header", "footer"} & interactive.keys()
    assert interactive["action"]["parameters"]["flow_name"] == "payment"


@pytest.mark.parametrize(
    ("replaced", "sentence"),
    [
        ({"header": "x" * 61}, "The header has 61 characters"),
        ({"body": "x" * 1025}, "The body has 1025 characters"),
        ({"body": " "}, "The body is empty"),
        ({"footer": "x" * 61}, "The footer has 61 characters"),
        ({"cta": "x" * 21}, "The button has 21 characters"),
        ({"cta": "Pay 💳"}, "must not have an emoji"),
        ({"flow_token": ""}, "The Flow token is empty"),
        ({"flow_id": ""}, "by its id or by its name"),
        ({"flow_name": "payment"}, "by its id or by its name"),
        ({"mode": "test"}, "draft or published"),
        ({"opaque": "x" * 513}, "The callback data has 513"),
    ],
)
def test_a_flow_message_that_whatsapp_would_refuse_is_not_sent(
    client: WhatsAppClient, meta: GraphSimulator, replaced: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        send_flow(client, **replaced)
    assert meta.messages == []


@pytest.mark.parametrize(
    "to", ["", "0771234567", "263771234567", "+263 771 234 567", "+0771234567", "us.123", "US.", "+26377123456a"]
)
def test_a_number_without_plus_and_country_code_is_not_sent_to(client: WhatsAppClient, to: str) -> None:
    with pytest.raises(ValueError, match="The recipient must be"):
        client.send_text(to, "Hello")


def test_a_text_that_is_too_long_is_not_sent(client: WhatsAppClient) -> None:
    with pytest.raises(ValueError, match="4096 at most"):
        client.send_text(CUSTOMER, "x" * 4097)


# --- Refused, unknown, not sent -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        (131047, 400, Advice.TEMPLATE),
        (131056, 400, Advice.RETRY),
        (131000, 500, Advice.RETRY),
        (190, 401, Advice.ALARM),
        (131026, 400, Advice.OTHER_CHANNEL),
        (132068, 400, Advice.FIX_FLOW),
        (100, 400, Advice.REWRITE),
        (999_999, 400, Advice.ALARM),
        (999_999, 503, Advice.RETRY),
    ],
)
def test_a_refusal_says_what_to_do_next(
    client: WhatsAppClient, meta: GraphSimulator, code: int, status: int, advice: Advice
) -> None:
    meta.faults.add(FaultKind.REFUSE, code=code, status=status)
    with pytest.raises(SendRefused, match="A fault was asked for") as refusal:
        client.send_text(CUSTOMER, "Hello")
    assert (refusal.value.code, refusal.value.advice) == (code, advice)
    assert refusal.value.retry is (advice is Advice.RETRY)
    assert refusal.value.alarm is (advice in (Advice.ALARM, Advice.FIX_FLOW))


def test_no_code_has_two_pieces_of_advice() -> None:
    assert len(ADVICE) == sum(len(codes) for codes in CODES.values())
    assert advice_for(200) is Advice.ALARM


def test_a_customer_who_was_silent_for_a_day_needs_a_template(client: WhatsAppClient, meta: GraphSimulator) -> None:
    meta.closed_windows.add("263771234567")
    with pytest.raises(SendRefused) as refusal:
        client.send_text(CUSTOMER, "Hello")
    assert refusal.value.advice is Advice.TEMPLATE


def test_a_refused_connection_was_certainly_not_sent() -> None:
    with socket.socket() as taken, requests.Session() as session:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connecting is refused
        client = WhatsAppClient(f"http://127.0.0.1:{taken.getsockname()[1]}/v25.0", TOKEN, "1", "2", session)
        with pytest.raises(NotSent, match="Nothing was sent"):
            client.send_text(CUSTOMER, "Hello")


def test_a_lost_reply_is_unknown_although_the_message_was_accepted(client: WhatsAppClient, meta: GraphSimulator) -> None:
    meta.faults.add(FaultKind.LOSE_REPLY)
    with pytest.raises(SendUnknown):
        client.send_text(CUSTOMER, "Hello")
    assert len(meta.messages) == 1


def test_a_connection_that_is_cut_is_unknown(client: WhatsAppClient, meta: GraphSimulator) -> None:
    meta.faults.add("cut")
    with pytest.raises(SendUnknown):
        client.send_text(CUSTOMER, "Hello")
    assert meta.messages == []


def test_a_page_instead_of_an_answer_is_unknown(client: WhatsAppClient, meta: GraphSimulator) -> None:
    meta.faults.add(FaultKind.BREAK)
    with pytest.raises(SendUnknown, match="HTTP status 503"):
        client.send_text(CUSTOMER, "Hello")


def test_an_endless_wait_ends(client: WhatsAppClient, meta: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.transport.READ_SECONDS", 0.2)
    meta.faults.add(FaultKind.HANG)
    with pytest.raises(SendUnknown, match="ReadTimeout"):
        client.send_text(CUSTOMER, "Hello")


@pytest.mark.parametrize("missing", ["WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"])
def test_what_is_not_configured_is_named(settings: Any, missing: str) -> None:
    settings.WHATSAPP_ACCESS_TOKEN, settings.WHATSAPP_PHONE_NUMBER_ID = "token", "1"
    setattr(settings, missing, "")
    with pytest.raises(NotSent, match=missing):
        client_from_settings().send_text(CUSTOMER, "Hello")


def test_the_configured_number_sends(settings: Any, meta: GraphSimulator) -> None:
    settings.WHATSAPP_GRAPH_BASE_URL = f"{meta.url}/v25.0/"
    settings.WHATSAPP_ACCESS_TOKEN, settings.WHATSAPP_PHONE_NUMBER_ID = "token", "1"
    assert client_from_settings().send_text(CUSTOMER, "Hello") == meta.messages[0].wamid


def test_neither_token_nor_number_is_logged(client: WhatsAppClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.send_text(CUSTOMER, "Hello")
    assert "messages" in caplog.text
    assert not [secret for secret in (TOKEN, "771234567", "wamid") if secret in caplog.text + repr(client)]


# --- Flows and keys -------------------------------------------------------------------------------
def test_a_flow_is_created_filled_and_published(client: WhatsAppClient, meta: GraphSimulator) -> None:
    client.upload_public_key(public_key_pem(vector_key()))
    flow_id = client.create_flow("payment", endpoint_uri="https://pay.example.com/flow")
    assert client.find_flow("payment") == flow_id
    assert client.upload_flow_json(flow_id, PAYMENT_WHATSAPP_FLOW) == []
    client.publish_flow(flow_id)
    details = client.flow_details(flow_id)
    assert (details.name, details.status, details.json_version, details.data_api_version) == ("payment", "PUBLISHED", "7.3", "3.0")
    assert details.endpoint_uri == "https://pay.example.com/flow"
    assert meta.flows[flow_id].flow_json == PAYMENT_WHATSAPP_FLOW
    send_flow(client, flow_id=flow_id)
    with pytest.raises(SendRefused, match="mode draft"):
        send_flow(client, flow_id=flow_id, mode="draft")


def test_a_flow_that_is_not_there_has_no_id(client: WhatsAppClient) -> None:
    assert client.find_flow("payment") == ""


def test_faults_in_a_flow_come_back_as_sentences_and_prevent_publishing(client: WhatsAppClient) -> None:
    flow_id = client.create_flow("payment", endpoint_uri="https://pay.example.com/flow")
    flow = sound_flow()
    fields(flow)[0]["text"] = ""
    assert [str(problem) for problem in client.upload_flow_json(flow_id, flow)] == [
        "MIN_CHARS_REQUIRED at /screens/0/layout/children/0/children/0/text, line 62: This must not be empty."
    ]
    with pytest.raises(SendRefused, match="has errors, the public key is missing") as refusal:
        client.publish_flow(flow_id)
    assert refusal.value.code == 139002


def test_a_flow_can_be_renamed_and_moved(client: WhatsAppClient) -> None:
    flow_id = client.create_flow("payment", categories=["OTHER", "SURVEY"])
    client.update_flow(flow_id, name="payments", endpoint_uri="https://new.example.com/flow")
    details = client.flow_details(flow_id)
    assert (details.name, details.endpoint_uri) == ("payments", "https://new.example.com/flow")


def test_the_name_of_a_flow_is_unique(client: WhatsAppClient) -> None:
    client.create_flow("payment")
    with pytest.raises(SendRefused, match="unique"):
        client.create_flow("payment")


def test_an_unknown_category_is_not_sent(client: WhatsAppClient) -> None:
    with pytest.raises(ValueError, match="categories"):
        client.create_flow("payment", categories=["PAYMENTS"])


def test_the_public_key_is_kept_with_its_signature(client: WhatsAppClient) -> None:
    assert client.public_key_status().signature == ""
    client.upload_public_key(public_key_pem(vector_key()))
    status = client.public_key_status()
    assert (status.public_key, status.signature) == (public_key_pem(vector_key()), "VALID")


def test_what_is_no_key_is_refused(client: WhatsAppClient) -> None:
    with pytest.raises(SendRefused, match="2048 bits"):
        client.upload_public_key("no key")
