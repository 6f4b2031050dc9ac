"""What the benchmarks put into their database: bookings with forms to open, payments that wait."""

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.load import http_request
from benchmarks.place import PAYNOW_ID, PAYNOW_KEY
from customer_data.models import Booking, Customer, Payment
from flows import tokens
from flows.crypto import public_key_pem
from flows.keys import private_keys
from flows.simulator.envelope import seal
from paynow_integration.hashing import sign
from paynow_integration.messages import encode
from paynow_integration.models import PaynowConfig

FLOW = "/crm-api/flows/paynow-payment-webhook/"
IPN = "/crm-api/paynow/ipn/"


def configure_paynow(base_url: str) -> None:
    PaynowConfig.objects.update_or_create(
        currency="USD",
        is_active=True,
        defaults={
            "name": "Bench",
            "integration_id": PAYNOW_ID,
            "integration_key": PAYNOW_KEY,
            "api_base_url": base_url,
            "merchant_email": "merchant@example.com",
        },
    )


def new_bookings(count: int) -> list[Booking]:
    customer = Customer.objects.create(name="Rudo Moyo", email="rudo@example.com", phone="+263771111111")
    made = [Booking(customer=customer, title="Hwange, three days", total_amount=Decimal("231.00")) for _ in range(count)]
    return Booking.objects.bulk_create(made)


def new_tokens(count: int) -> list[str]:
    return [tokens.issue(booking)[0] for booking in new_bookings(count)]


def init(token: str) -> dict[str, Any]:
    return {"data": {}, "flow_token": token, "screen": "", "action": "INIT", "version": "3.0"}


def submit(token: str) -> dict[str, Any]:
    typed = {"payment_method": "ecocash", "amount_option": "full", "phone": "0771111111", "email": "rudo@example.com"}
    return {"data": typed, "flow_token": token, "screen": "PAYMENT", "action": "data_exchange", "version": "3.0"}


def sealed(payloads: list[dict[str, Any]], port: int, path: str = FLOW) -> list[bytes]:
    """The payloads as whole HTTP requests, encrypted and signed as Meta does."""
    key, secret = public_key_pem(private_keys()[0]), settings.WHATSAPP_APP_SECRET[0]
    made = []
    for payload in payloads:
        envelope = seal(payload, public_key=key, app_secret=secret)
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": envelope.signature}
        made.append(http_request(port, path, envelope.body, headers))
    return made


def answer_to(payload: dict[str, Any]) -> str:
    """Our own reply to `payload`, as JSON, for the peers to send."""
    from flows.exchange import answer  # noqa: PLC0415  Django is set up by now

    return json.dumps(answer(payload).payload)


def status_update(payment: Payment, port: int) -> bytes:
    """A genuine update about a payment."""
    poll_url = payment.poll_url or "https://www.paynow.co.zw/Interface/CheckPayment/?guid=bench"
    fields = (
        ("reference", payment.reference),
        ("paynowreference", "12345"),
        ("amount", f"{payment.amount:.2f}"),
        ("status", "Paid"),
        ("pollurl", poll_url),
    )
    return http_request(port, IPN, encode(sign(fields, PAYNOW_KEY)), {"Content-Type": "application/x-www-form-urlencoded"})


def waiting_payments(count: int) -> None:
    """`count` payments that wait for an answer and are due: filler in bulk, not by the road that payments take."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customer_data_payment CASCADE")
        cursor.execute("TRUNCATE customer_data_booking CASCADE")
    bookings = new_bookings(count)
    now = timezone.now()
    payments = (
        Payment(
            booking=booking, amount=booking.total_amount, payment_method="paynow_ecocash", status="pending", gateway="paynow",
            account=PAYNOW_ID, prompt="approve_on_phone", sends_made=1, sent_at=now, next_check_at=now, poll_url="https://x",
        )
        for booking in bookings
    )  # fmt: skip
    Payment.objects.bulk_create(payments, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customer_data_payment")
