"""Builders: places to pay, payments by bank transfer that wait, slips handed in for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from customer_data.models import Booking, Payment, Proof
from customer_data.services import PaymentRequest, open_payment, send_payment
from customer_data.services.proofs import hand_in
from customer_data.tests import files, make
from offline_payments.models import PlaceToPay


def bank(currency: str = "USD", **fields: Any) -> PlaceToPay:
    account = {"name": "Example Bank", "account_name": "Example Safaris", "account_number": "0001 2345 6789"}
    return PlaceToPay.objects.create(way="bank_transfer", currency=currency, **(account | fields))


def office(currency: str = "USD", **fields: Any) -> PlaceToPay:
    return PlaceToPay.objects.create(way="cash", currency=currency, name="Example Safaris", branch="12 Example Avenue", **fields)


def transfer(booking: Booking | None = None, *, option: str = "full", method: str = "bank_transfer") -> Payment:
    """A payment whose customer has the instructions."""
    asked = PaymentRequest(booking_id=(booking or make.booking()).pk, payment_method=method, amount_option=option)
    return send_payment(open_payment(asked, source="chat").reference)


def slip_for(booking: Booking | None, *, amount: str = "231.00", **fields: Any) -> Proof:
    """A photo that the customer sent."""
    reference = f"FT{Proof.objects.count():06d}"
    content = files.slip(amount, reference=reference)
    return hand_in(booking=booking, customer=None, content=content, wamid=f"wamid.{reference}", **fields)


def reviewer(name: str = "reviewer") -> Any:
    return make.staff(name)


USD_231, USD_100 = Decimal("231.00"), Decimal("100.00")
