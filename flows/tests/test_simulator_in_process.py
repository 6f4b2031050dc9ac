"""The simulator in one process with our app: its webhooks and Flow requests go into Django's test client, without a thread."""

from collections.abc import Iterator

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from customer_data.tests import make
from flows import tokens
from flows.crypto import public_key_pem
from flows.definitions import DEFINITIONS
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_PROCESSING
from flows.keys import private_keys
from flows.models import Update
from flows.simulator import Business, GraphSimulator
from flows.simulator.webhooks import flow_health
from flows.webhook import flow_news_of, incoming_of, status_of
from flows.whatsapp import WhatsAppClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.fixture
def addresses() -> list[str]:
    """Where our app was asked, in order."""
    return []


@pytest.fixture
def meta(addresses: list[str]) -> Iterator[GraphSimulator]:
    web = Client(enforce_csrf_checks=True)

    def deliver(address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        addresses.append(address)
        signature = {"X-Hub-Signature-256": headers["X-Hub-Signature-256"]}
        answer = web.generic("POST", address, body, content_type="application/json", headers=signature)
        return answer.status_code, answer.content

    secret, key = settings.WHATSAPP_APP_SECRET[0], public_key_pem(private_keys()[0])
    with GraphSimulator(business=Business(deliver=deliver, app_secret=secret, public_key=key)) as simulator:
        yield simulator


@pytest.fixture
def client(meta: GraphSimulator) -> Iterator[WhatsAppClient]:
    with requests.Session() as session:
        yield WhatsAppClient(f"{meta.url}/v25.0", "a-token", "100000000000001", "100000000000002", session)


@pytest.mark.parametrize("flow_id", ["1000000000000001", "uploaded"])
def test_a_customer_opens_the_real_form_from_the_chat(
    meta: GraphSimulator, client: WhatsAppClient, addresses: list[str], flow_id: str
) -> None:
    token, _ = tokens.issue(make.booking())
    tendai = meta.phones.open("0771234567", "Tendai")
    if flow_id == "uploaded":
        address = "https://pay.example.com/crm-api/flows/paynow-payment-webhook/"
        flow_id = client.create_flow("payment_whatsapp_flow", endpoint_uri=address)
    draft = "draft" if flow_id in meta.flows else "published"
    wamid = client.send_flow("+263771234567", flow_id=flow_id, flow_token=token, body="Pay", cta="Pay now", mode=draft)
    sheet = meta.desk.open(tendai, wamid)
    assert sheet.open().screen == PAYMENT
    form = {"payment_method": "wallet", "amount_option": "full", "phone": "0771234567", "email": "rudo@example.com"}
    assert sheet.submit(PAYMENT, form).screen == PAYMENT_PROCESSING
    assert addresses == ["/crm-api/flows/paynow-payment-webhook/"] * 2
    meta.settle()
    assert set(addresses[2:]) == {"/crm-api/whatsapp/webhook/"}


def test_the_flows_of_a_demonstration_are_there_and_can_be_published_anew(meta: GraphSimulator, client: WhatsAppClient) -> None:
    meta.publish_demo()
    details = client.flow_details("1000000000000001")
    assert (details.name, details.status) == ("payment_whatsapp_flow", "PUBLISHED")
    assert client.public_key_status().signature == "VALID"
    flow_id = client.find_flow("booking_whatsapp_flow")
    assert flow_id == "1000000000000002"
    assert client.upload_flow_json(flow_id, DEFINITIONS["booking_whatsapp_flow"]) == []
    client.publish_flow(flow_id)


# --- What our app reads in it ---------------------------------------------------------------------
def test_everything_a_customer_does_is_read_as_what_it_is(meta: GraphSimulator) -> None:
    tendai = meta.phones.open("0771234567", "Tendai")
    choices = [{"type": "reply", "reply": {"id": "step/tour/hwange", "title": "Hwange"}}]
    interactive = {"type": "button", "body": {"text": "Which?"}, "action": {"buttons": choices}}
    message = {"messaging_product": "whatsapp", "to": "+263771234567", "type": "interactive", "interactive": interactive}
    answer = requests.post(f"{meta.url}/v25.0/1/messages", json=message, headers={"Authorization": "Bearer t"}, timeout=5)
    asked = answer.json()["messages"][0]["id"]
    acts = [
        tendai.write("Mhoro 👋"),
        tendai.tap(asked, "step/tour/hwange"),
        tendai.complete_flow(asked, {"flow_token": "t", "status": "pending"}),
        *(tendai.send_media(kind) for kind in ("image", "voice", "sticker", "document", "location")),
    ]
    meta.settle()
    kept = {update.key: update.body for update in Update.objects.filter(kind=Update.Kind.MESSAGE)}
    read = [incoming_of(kept[f"message:{act.id}"], received_at=timezone.now()) for act in acts]
    assert [incoming.kind for incoming in read] == [
        "text",
        "button",
        "flow_reply",
        "image",
        "voice",
        "sticker",
        "document",
        "location",
    ]
    assert {(incoming.wa_id, incoming.bsuid, incoming.name) for incoming in read} == {("263771234567", tendai.user_id, "Tendai")}
    text, tap, end, image = read[:4]
    assert text.text == "Mhoro 👋"
    assert (tap.button_id, tap.text, tap.context_wamid) == ("step/tour/hwange", "Hwange", asked)
    assert end.flow_reply["status"] == "pending"
    assert (image.media_id in meta.files.kept, image.mime_type) == (True, "image/jpeg")
    assert all(act.status in ("delivered", "read") for act in acts)


def test_statuses_and_health_are_read_too(meta: GraphSimulator, client: WhatsAppClient) -> None:
    tendai = meta.phones.open("0771234567", "Tendai")
    wamid = client.send_text("+263771234567", "Hello", opaque="message-17")
    tendai.read_all()
    meta.tell_status(wamid, "failed", error=(131026, "Message undeliverable"))
    meta.postman.post(flow_health(meta.business, {"event": "ENDPOINT_LATENCY", "flow_id": "1", "p90_latency": 8000}))
    meta.settle()
    statuses = [status_of(update.body) for update in Update.objects.filter(kind=Update.Kind.STATUS).order_by("pk")]
    assert [status.status for status in statuses] == ["sent", "delivered", "read", "failed"]
    assert {(status.wamid, status.opaque) for status in statuses} == {(wamid, "message-17")}
    assert statuses[-1].error_code == 131026
    (news,) = (flow_news_of(update.body) for update in Update.objects.filter(kind=Update.Kind.FLOW))
    assert (news.event, news.flow_id) == ("ENDPOINT_LATENCY", "1")
