"""What a receipt says: every fact as a label and a text, in the order of the page. Written down once, when it is issued."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from customer_data.gateway import NotSupported, find_method, gateway_named
from customer_data.models import Booking, Customer, Payment, Receipt
from customer_data.money import show_amount

SERIES, TEST_SERIES = "R", "TEST"

NOT_FISCAL = "This is a receipt for money received. It is not a fiscal tax invoice."

TEST_MARK = "Test only: no money was paid."

# The labels that other modules look up; the rest are for reading only.
NUMBER, ISSUED_BY, AMOUNT, PAYMENT, BALANCE, NOTE = "Receipt", "Issued by", "Amount", "Payment", "Balance", "Note"

Fact = tuple[str, str]


def series_of(payment: Payment) -> str:
    """Test money has numbers of its own, so that the books have no gap where it was."""
    return TEST_SERIES if payment.is_test else SERIES


def facts_of(payment: Payment, *, number: str, paid_so_far: Decimal, issued_at: datetime) -> list[Fact]:
    """Every fact of the receipt `number`. `paid_so_far` counts this payment. Facts that there are none of are left out."""
    booking, departure = payment.booking, payment.booking.departure
    facts = [
        (NUMBER, number),
        (ISSUED_BY, settings.BUSINESS_NAME),
        ("Date", f"{_moment(payment.processed_at or issued_at)}, Harare time"),
        ("Received from", _who(payment.payer or booking.customer)),
        ("For", _who(booking.customer) if payment.payer and payment.payer != booking.customer else ""),
        (AMOUNT, payment.amount_shown),
        ("Paid with", _how(payment)),
        (PAYMENT, payment.reference),
        (f"{_gateway(payment)} reference", payment.gateway_reference),
        ("Booking", booking.booking_reference),
        ("Booked", departure.tour.name if departure else booking.title),
        ("Trip date", departure.date_shown if departure else ""),
        ("Travellers", str(booking.travellers or "")),
        *_account(booking, paid_so_far),
        (NOTE, TEST_MARK if payment.is_test else ""),
    ]
    return [(label, text) for label, text in facts if text]


def fact(receipt: Receipt, label: str) -> str:
    """The text under `label`; empty when the receipt does not have it."""
    return next((text for known, text in receipt.facts if known == label), "")


def receipt_text(receipt: Receipt) -> str:
    """The whole receipt as text for the chat, one fact a line: it holds everything that the PDF does."""
    lines = [f"{label}: {text}" for label, text in receipt.facts]
    return "\n".join([*lines, NOT_FISCAL])


def _account(booking: Booking, paid_so_far: Decimal) -> list[Fact]:
    """What it costs, what came in, and what is left of it either way."""
    total, over = booking.total_amount, paid_so_far - booking.total_amount
    return [
        ("Total", show_amount(total, booking.currency)),
        ("Paid so far", show_amount(paid_so_far, booking.currency)),
        (BALANCE, show_amount(max(-over, Decimal(0)), booking.currency)),
        ("Paid too much", show_amount(over, booking.currency) if over > 0 else ""),
    ]


def _who(customer: Customer) -> str:
    """A name; without one, the last digits of the number, which its owner knows."""
    number = customer.phone or customer.wa_id or ""
    return customer.name.strip() or (f"WhatsApp number ending in {number[-3:]}" if number else "Customer")


def _how(payment: Payment) -> str:
    """`EcoCash, number ending in 567`. A receipt is forwarded, so nobody's whole number stands on it."""
    try:
        label = find_method(payment.payment_method)[1].label
    except NotSupported:
        label = payment.payment_method.replace("_", " ").capitalize()
    return f"{label}, number ending in {payment.phone[-3:]}" if payment.phone else label


def _gateway(payment: Payment) -> str:
    try:
        return gateway_named(payment.gateway).label
    except NotSupported:
        return "Gateway"


def _moment(at: datetime) -> str:
    """`21 Nov 2026, 14:05` on the clocks of Harare."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M}"
