"""What a non-receipt letter says: every fact as a label and a text, in the order of the page. Written down once.

A wallet that took money which never reached us asks the customer for such a letter before it gives the money back.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from customer_data.gateway import NotSupported, find_method, gateway_named
from customer_data.models import Customer, NonReceiptLetter, Payment
from customer_data.phones import national
from customer_data.wallet_messages import read_wallet_message

TEST_MARK = "Test only: no money was asked for."

# The labels that the page looks up; the rest are for reading only.
NUMBER, ISSUED_BY, ADDRESS, CONTACT, WRITTEN, TO = "Letter", "Issued by", "Address", "Contact", "Date", "To"
STATEMENT, ANSWER, SIGNED_BY, NOTE = "Statement", "Answer", "Signed by", "Note"
ABOVE_AND_BELOW = frozenset({NUMBER, ISSUED_BY, ADDRESS, CONTACT, WRITTEN, TO, STATEMENT, ANSWER, SIGNED_BY, NOTE})

Fact = tuple[str, str]


class NotACode(ValueError):
    """The text is not an approval code. The message is a sentence for staff."""


def read_approval_code(text: str, *, payment: Payment, now: datetime) -> str:
    """The approval code in `text`, which may be the wallet's whole message; empty for none. Raises NotACode."""
    if not text.strip():
        return ""
    message = read_wallet_message(text)
    if message is None or not message.code:
        raise NotACode(
            f"{text.strip()[:40]!r} is not an approval code. It stands in the wallet's message, like MP250908.1537.A22242."
        )
    if message.at is not None and not _is_of_that_time(message.at, payment, now):
        asked = timezone.localtime(payment.created_at)
        raise NotACode(
            f"{message.code} is of {_day(message.at)}. This payment was asked for on {_day(asked)}: it belongs to another."
        )
    return message.code


def facts_of(payment: Payment, *, number: str, approval_code: str, signed_by: str, written_at: datetime) -> list[Fact]:
    """Every fact of the letter. `payment.booking` and its customer are read. Facts that there are none of are left out."""
    payer, wallet, gateway = payment.payer or payment.booking.customer, _wallet(payment), _gateway(payment)
    written = _moment(written_at)
    facts = [
        (NUMBER, number),
        (ISSUED_BY, settings.BUSINESS_NAME),
        (ADDRESS, settings.BUSINESS_ADDRESS),
        (CONTACT, settings.BUSINESS_CONTACT),
        (WRITTEN, written),
        (TO, f"{wallet}, and whom it may concern"),
        ("Merchant or biller code", settings.BUSINESS_MERCHANT_CODE),
        (f"Account at {gateway}", payment.account),
        ("Asked for on", _moment(payment.sent_at or payment.created_at)),
        ("Amount", payment.amount_shown),
        ("Way to pay", wallet),
        ("Approval code of the debit", approval_code),
        ("Payer", payer.name.strip() or "not known to us by name"),
        ("Payer's number", national(payment.phone) or payment.phone or _number(payer)),
        ("Our order", payment.booking.booking_reference),
        ("Our payment reference", payment.reference),
        (f"{gateway} reference", payment.gateway_reference),
        (STATEMENT, _statement(payment, written)),
        (ANSWER, _answer(payment, gateway)),
        (SIGNED_BY, signed_by),
        (NOTE, TEST_MARK if payment.is_test else ""),
    ]
    return [(label, text) for label, text in facts if text]


def fact(letter: NonReceiptLetter, label: str) -> str:
    """The text under `label`; empty when the letter does not have it."""
    return next((text for known, text in letter.facts if known == label), "")


def _statement(payment: Payment, written: str) -> str:
    return (
        f"We confirm that {payment.amount_shown} was not received by us as of {written}. "
        "No service was rendered for it, and we have no claim to it. If it was taken from the payer's account, please give it back."
    )


def _answer(payment: Payment, gateway: str) -> str:
    """What the gateway said last, and when."""
    if payment.reported_at is not None and payment.gateway_status:
        return f"{gateway}, asked on {_moment(payment.reported_at)}, answered: {payment.gateway_status}."
    asked = payment.checked_at or payment.sent_at or payment.created_at
    return f"{gateway}, asked on {_moment(asked)}, has no record of this payment."


def _is_of_that_time(at: datetime, payment: Payment, now: datetime) -> bool:
    """A code says the local day. Clocks differ, so a day is what can be compared."""
    asked, today = timezone.localtime(payment.created_at).date(), timezone.localtime(now).date()
    return asked <= at.date() <= today


def _wallet(payment: Payment) -> str:
    try:
        return find_method(payment.payment_method)[1].label
    except NotSupported:
        return payment.payment_method.replace("_", " ").capitalize()


def _gateway(payment: Payment) -> str:
    try:
        return gateway_named(payment.gateway).label
    except NotSupported:
        return "Gateway"


def _number(payer: Customer) -> str:
    return national(payer.known_phone) or payer.known_phone


def _moment(at: datetime) -> str:
    """`21 Nov 2026, 14:05` on the clocks of Harare."""
    local = timezone.localtime(at)
    return f"{_day(local)}, {local:%H:%M}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
