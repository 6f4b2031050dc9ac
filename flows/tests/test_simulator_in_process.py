"""The simulator in one process with our app: its webhooks and Flow requests go into Django's test client, without a thread."""

from collections.abc import Iterator

import pytest
import requests
from django.conf import settings
from django.test import Client

from customer_data.tests import make
from flows import tokens
from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_PROCESSING
from flows.keys import private_keys
from flows.simulator import Business, GraphSimulator
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
