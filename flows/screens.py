"""What each screen of the payment Flow shows: the data for one payment or booking. Reads rows, changes nothing."""

import base64
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import segno
from django.utils import timezone

from customer_data.gateway import PromptKind, find_method
from customer_data.models import Booking, Customer, Payment
from customer_data.money import show_amount
from customer_data.offer import AmountOption, CannotPay, Ways, amount_options, share_of_balance, ways_to_pay
from customer_data.phones import national
from customer_data.status import MONEY_IN, UNPAID_ENDS, Reason, Status
from flows import form_requests
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_ERROR, PAYMENT_OTP, PAYMENT_PROCESSING, PAYMENT_SUCCESS
from flows.models import FlowSession
from flows.sentences import say

Screen = dict[str, Any]

FIELDS = ("payment_method", "amount_option", "phone", "email")
SHARES = "shares"
NONE_AVAILABLE = "none"

_OPTION_TITLE = {AmountOption.FULL: "Full amount", AmountOption.DEPOSIT: "Deposit", AmountOption.BALANCE: "Balance"}
MOST_TOLD = 600
"""Characters of what is said about ways to pay that are off: the form below must stay in sight."""

_FIELD_ERROR = {"phone": "Check this number", "email": "Check this address"}  # a field's error has room for 30 characters


def payment_form(
    booking: Booking,
    typed: Mapping[str, str],
    *,
    customer: Customer | None = None,
    problem: CannotPay | None = None,
    notice: str = "",
) -> Screen:
    """The entry screen, with what was typed kept and a problem shown at its field and as a message.

    `customer` has the form, and may be another one than the one who booked.
    """
    ways = ways_to_pay(booking.currency)
    methods, amounts = _methods(ways), _amount_options(booking, shares_in(typed))
    notice = notice or " ".join(ways.told)[:MOST_TOLD]
    choices = {"payment_method": [method["id"] for method in methods], "amount_option": [amount["id"] for amount in amounts]}
    data: dict[str, Any] = {
        "booking_title": booking.title[:80],
        "booking_line": say("flow/booking_line", booking=booking, total=show_amount(booking.total_amount, booking.currency)),
        "has_notice": bool(notice),
        "notice": notice or " ",
        "methods": methods,
        "amount_options": amounts,
        "phone_helper": say("flow/phone_helper"),
        "init_values": _init_values(customer or booking.customer, typed, choices=choices),
        "error_messages": {},
    }
    if problem is not None:
        data["error_message"] = str(problem)
        if problem.field in _FIELD_ERROR:
            data["error_messages"] = {problem.field: _FIELD_ERROR[problem.field]}
    return {"screen": PAYMENT, "data": data}


def terms_of(session: FlowSession) -> dict[str, str]:
    """What a form was made for and no field of it can change: one share of the balance."""
    return {name: value for name, value in session.typed.items() if name == SHARES}


def shares_in(typed: Mapping[str, str]) -> int:
    """Among how many the balance is shared; 1: it is not."""
    return int(typed.get(SHARES, "1"))


def payment_news(payment: Payment, *, asked_again: bool = False) -> Screen:
    """The screen for a payment as it stands now."""
    if payment.status in MONEY_IN:
        return _success(payment)
    if payment.status in UNPAID_ENDS or payment.status == Status.REFUNDED:
        return _error(payment)
    if payment.status == Status.PENDING and payment.prompt == PromptKind.TYPE_OTP and not payment.otp:
        return _otp(payment)
    return processing(payment, asked_again=asked_again)


def processing(payment: Payment, *, asked_again: bool = False) -> Screen:
    """What to do next, while nobody knows the end."""
    is_prompted = payment.status == Status.PENDING
    code = payment.authorization_code if is_prompted else ""
    link = payment.redirect_url if is_prompted and payment.prompt == PromptKind.OPEN_PAGE else ""
    data = {
        "heading": say("flow/processing_heading", payment=payment, is_prompted=is_prompted)[:80],
        "instructions": say(
            "flow/processing", payment=payment, is_prompted=is_prompted, method=_label(payment), asked_again=asked_again
        ),
        "detail": f"{payment.amount_shown} · {_label(payment)} · {payment.reference}",
        "has_code": bool(code),
        "code": code or " ",
        "code_expires": _expiry(payment) or " ",
        "has_qr": bool(code),
        "qr_image": _qr(code) if code else _BLANK_PIXEL,
        "has_link": bool(link),
        "link_url": link or "https://www.paynow.co.zw",
        "link_text": "Open the payment page",
        "payment_reference": payment.reference,
    }
    return {"screen": PAYMENT_PROCESSING, "data": data}


def completion(payment: Payment | None, token: str) -> Screen:
    """The end of the Flow."""
    reference, status = (payment.reference, payment.status) if payment else ("", "")
    return form_requests.completion(token, payment_reference=reference, status=status)


def _otp(payment: Payment) -> Screen:
    data: dict[str, Any] = {
        "instructions": say("flow/otp", payment=payment, otp_reference=payment.gateway_data.get("otp_reference", "")),
        "payment_reference": payment.reference,
    }
    if payment.reason_code in (Reason.WRONG_CODE, Reason.GATEWAY_DOWN):
        data["error_message"] = say("flow/otp_problem", reason=payment.reason_code)
    return {"screen": PAYMENT_OTP, "data": data}


def _success(payment: Payment) -> Screen:
    data = {
        "heading": say("flow/success_heading", payment=payment)[:80],
        "summary": say("flow/success", payment=payment, booking=payment.booking),
        "payment_reference": payment.reference,
        "status": payment.status,
    }
    return {"screen": PAYMENT_SUCCESS, "data": data}


def _error(payment: Payment) -> Screen:
    data = {
        "heading": say("flow/error_heading", payment=payment)[:80],
        "reason": say("flow/error_reason", payment=payment, reason=payment.reason_code),
        "advice": say("flow/error_advice", payment=payment, reason=payment.reason_code),
        "payment_reference": payment.reference,
        "status": payment.status,
    }
    return {"screen": PAYMENT_ERROR, "data": data}


def _methods(ways: Ways) -> list[dict[str, str]]:
    methods = [
        {"id": method.choice, "title": method.label[:30], "description": _how_to(method.prompt)} for _, method in ways.offered
    ]
    return methods or [{"id": NONE_AVAILABLE, "title": "Not available now", "description": say("flow/no_method")}]


@cache
def _how_to(prompt: PromptKind) -> str:
    return say(f"flow/method_{prompt}")


def _amount_options(booking: Booking, shares: int) -> list[dict[str, str]]:
    if shares > 1:
        shown = f"One of {shares}: {show_amount(share_of_balance(booking, shares), booking.currency)}"
        return [{"id": AmountOption.BALANCE.value, "title": "Your share", "description": shown}]
    return [
        {"id": option.value, "title": _OPTION_TITLE[option], "description": show_amount(amount, booking.currency)}
        for option, amount in amount_options(booking).items()
    ]


def _init_values(customer: Customer, typed: Mapping[str, str], *, choices: Mapping[str, list[str]]) -> dict[str, str]:
    """What was typed, else what we know of who has the form; a choice that is not on the screen any more is chosen anew."""
    known = {"phone": national(customer.known_phone) or customer.known_phone, "email": customer.email}
    chosen = {name: value for name, value in typed.items() if name not in choices or value in choices[name]}
    if choices["amount_option"]:
        known["amount_option"] = choices["amount_option"][0]
    return {name: value for name in FIELDS if (value := chosen.get(name) or known.get(name, ""))}


def _label(payment: Payment) -> str:
    return find_method(payment.payment_method)[1].label


def _expiry(payment: Payment) -> str:
    if payment.authorization_expires is None:
        return ""
    return f"Valid until {timezone.localtime(payment.authorization_expires):%H:%M on %d %B}"


def _qr(code: str) -> str:
    """A QR image of the code as base64 PNG, made here: no outside service learns the code."""
    image = io.BytesIO()
    segno.make_qr(code).save(image, kind="png", scale=8, border=3)
    return base64.b64encode(image.getvalue()).decode()


_BLANK_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
