"""A customer with a phone and one message, at the real endpoint: what these tests do and see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.test import Client

from customer_data import services
from customer_data.models import Booking, Payment
from customer_data.tests import make
from flows import exchange, tokens
from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import CHECK, PAYMENT, PAYMENT_PROCESSING, PAYMENT_WHATSAPP_FLOW
from flows.form_requests import Answer
from flows.keys import private_keys
from flows.simulator import Phone, Shown

ENDPOINT = "/crm-api/flows/paynow-payment-webhook/"
FORM = {"payment_method": "wallet", "amount_option": "full", "phone": "0771234567", "email": "rudo@example.com"}


def phone_of(booking: Booking) -> Phone:
    """The phone that got a message for this booking."""
    return phone_with(tokens.issue(booking)[0])


def phone_with(token: str, *, app_secret: str = "") -> Phone:
    return Phone(
        PAYMENT_WHATSAPP_FLOW,
        flow_token=token,
        app_secret=app_secret or settings.WHATSAPP_APP_SECRET[0],
        public_key=lambda: public_key_pem(private_keys()[0]),
        transport=post,
        pause=lambda seconds: None,
    )


def post(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """As Meta delivers it."""
    signature = {name: value for name, value in headers.items() if name != "Content-Type"}
    kind = headers.get("Content-Type", "application/json")
    answer = Client(enforce_csrf_checks=True).generic("POST", ENDPOINT, body, content_type=kind, headers=signature)
    return answer.status_code, answer.content


def asked(token: str, action: str = "data_exchange", screen: str = PAYMENT, **data: Any) -> Answer:
    """One request, already opened."""
    return exchange.answer({"version": "3.0", "action": action, "screen": screen, "flow_token": token, "data": data})


def submit(on: Phone, **fields: Any) -> Shown:
    """Open the form, fill it in and tap *Pay now*."""
    on.open()
    return on.submit(**(FORM | fields))


def sent(booking: Booking) -> Payment:
    """What the worker does: the newest payment of the booking, put before the customer."""
    return services.send_payment(booking.payments.latest("created_at").reference, source="test")


def on_screen(status: str, *, booking: Booking | None = None, **fields: Any) -> tuple[Phone, Payment]:
    """A customer who tapped *Pay now*, and whose payment has come to `status` since."""
    booking = booking or make.booking()
    phone = phone_of(booking)
    submit(phone, **fields)
    payment = booking.payments.latest("created_at")
    return phone, make.move(payment, status)


def check(phone: Phone) -> Shown:
    return phone.tap({"next": CHECK})


def started(method: str, **fields: Any) -> tuple[Phone, Payment]:
    booking = make.booking()
    phone = phone_of(booking)
    first = submit(phone, payment_method=method, **fields)
    assert first.screen == PAYMENT_PROCESSING
    assert first.data["heading"] == "Starting your payment"
    return phone, sent(booking)
