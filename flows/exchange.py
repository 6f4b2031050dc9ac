"""One Flow request in, one screen out. The payment is opened and committed here; the gateway is asked elsewhere."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.denying import note_refusal
from customer_data.doors import check_soon, send_soon, submit_otp_soon
from customer_data.models import Booking, Payment
from customer_data.offer import CannotPay, method_chosen, owed, unconfirmed
from customer_data.services import PaymentRequest, keep_otp, open_payment_of
from customer_data.status import MONEY_IN, UNPAID_ENDS
from flows import screens, tokens
from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    RETRY,
)
from flows.form_requests import Answer, FormRequest, answer_form, form_text, refuse_token
from flows.models import FlowSession
from flows.sentences import say

SAME_TAP = timedelta(seconds=60)
"""A form that comes again within this time is the same tap, delivered twice: it never makes a second payment."""


def answer(request: Mapping[str, Any]) -> Answer:
    """The reply to one decrypted request of the payment Flow."""
    return answer_form(request, _answer_session)


def _answer_session(asked: FormRequest) -> Answer:
    step = _STEPS.get((asked.action, asked.screen)) or _STEPS.get((asked.action, ""), _show_form_again)
    try:
        if (asked.action, asked.screen) == ("data_exchange", PAYMENT):
            return Answer(200, _submit_form(asked))
        session = (tokens.redeem if asked.action == "INIT" else tokens.redeem_with_payment)(asked.token)
        reply = step(session, asked.data)
    except tokens.TokenSpent as spent:
        if not (_is_completion(asked) and tokens.may_repeat(spent.session)):
            return refuse_token(str(spent))
        reply = screens.completion(spent.session.payment, asked.token)
    except tokens.TokenNotValid as refusal:
        return refuse_token(str(refusal))
    if reply is None:
        tokens.spend(session)
        reply = screens.completion(session.payment, asked.token)
    return Answer(200, reply)


# --- The steps: (session, data) -> screen, or None to complete the Flow ----------------------------
def _show_form(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """INIT: the form, or 427 when there is nothing left to pay. A payment that waits is said so."""
    if session.opened_at is None:
        FlowSession.objects.filter(pk=session.pk).update(opened_at=timezone.now())
    booking = _booking_of(session)
    if owed(booking) == 0 or (session.payment and session.payment.status in MONEY_IN):
        raise tokens.TokenNotValid(say("flow/nothing_to_pay", booking=booking))
    return screens.payment_form(booking, session.typed, customer=session.customer, notice=_notice(session, booking))


def _notice(session: FlowSession, booking: Booking) -> str:
    """What is known of an attempt that may still bring money, this form's own or another: nobody pays twice unawares."""
    own = session.payment if session.payment and session.payment.is_open else None
    if own is not None:
        return say("flow/waiting_notice", payment=own)
    waiting = unconfirmed(booking)
    return say("flow/unconfirmed_notice", payment=waiting) if waiting else ""


def _submit_form(asked: FormRequest) -> screens.Screen:
    """*Pay now*. Of all that was sent only the four fields are read, and none of them is an amount; a share is the form's own."""
    try:
        with transaction.atomic():
            session = tokens.redeem_to_pay(asked.token)
            typed = screens.terms_of(session) | {name: form_text(asked.data.get(name)) for name in screens.FIELDS}
            payment = _open_once(session, typed)
    except CannotPay as problem:
        note_refusal(problem.denial_id)
        if problem.code == "nothing_to_pay":
            raise tokens.TokenNotValid(say("flow/nothing_to_pay", booking=session.booking)) from None
        return screens.payment_form(_booking_of(session), typed, customer=session.customer, problem=problem)
    send_soon(payment)
    news = screens.payment_news(payment)
    return screens.processing(payment) if news["screen"] == PAYMENT_OTP else news


def _open_once(session: FlowSession, typed: Mapping[str, str]) -> Payment:
    """One payment for one form, however often and however simultaneously it is delivered. The caller holds both locks."""
    first = session.payment
    if first is not None and session.typed == typed and _is_same_tap(first):
        return first
    booking = _booking_of(session)
    request = PaymentRequest(
        booking_id=booking.pk,
        payment_method=method_chosen(typed["payment_method"], booking.currency).name,
        amount_option=typed["amount_option"],
        phone=typed["phone"],
        email=typed["email"],
        payer_id=session.customer_id if session.customer_id != booking.customer_id else None,
        shares=screens.shares_in(typed),
    )
    payment = open_payment_of(booking, request, source="flow")
    FlowSession.objects.filter(pk=session.pk).update(payment=payment, typed=typed)
    return payment


def _show_news(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """*Check status*: what we know, at once; the gateway is asked meanwhile."""
    payment = session.payment
    if payment is None or (_wants_another_method(data) and payment.status not in MONEY_IN):
        return _show_form_again(session, data)
    if payment.is_open:
        check_soon(payment)
    return screens.payment_news(payment, asked_again=True)


def _submit_otp(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """The O'mari code: kept here, handed over by a worker, at most once."""
    payment = session.payment
    if payment is None or _wants_another_method(data):
        return _show_news(session, data)
    try:
        keep_otp(payment, form_text(data.get("otp")))
    except CannotPay as problem:
        news = screens.payment_news(payment)
        return {**news, "data": {**news["data"], "error_message": str(problem)}} if news["screen"] == PAYMENT_OTP else news
    submit_otp_soon(payment)
    return screens.payment_news(payment)


def _end_or_retry(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    return _show_form_again(session, data) if _goes_on(data) else None


def _end(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    return None


def _show_form_again(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """*Try again* or *Use another method*: a payment that ended makes room for a new one; one that waits is kept in sight."""
    payment = session.payment
    if payment is not None and payment.status in UNPAID_ENDS:
        FlowSession.objects.filter(pk=session.pk).update(payment=None)
        session.payment = None
    return _show_form(session, data)


Step = Callable[[FlowSession, Mapping[str, Any]], screens.Screen | None]

_STEPS: dict[tuple[str, str], Step] = {
    ("INIT", ""): _show_form,
    ("BACK", ""): _show_form_again,
    ("BACK", PAYMENT_OTP): _show_news,
    ("data_exchange", PAYMENT_PROCESSING): _show_news,
    ("data_exchange", PAYMENT_OTP): _submit_otp,
    ("data_exchange", PAYMENT_SUCCESS): _end,
    ("data_exchange", PAYMENT_ERROR): _end_or_retry,
}


def _booking_of(session: FlowSession) -> Booking:
    """What the form pays for. A form that was made for no booking pays nothing."""
    if session.booking is None:
        raise tokens.TokenNotValid("This form is not valid any more. Write to us in the chat and we will send you a new one.")
    return session.booking


def _is_completion(asked: FormRequest) -> bool:
    ends = asked.screen == PAYMENT_SUCCESS or (asked.screen == PAYMENT_ERROR and not _goes_on(asked.data))
    return asked.action == "data_exchange" and ends


def _wants_another_method(data: Mapping[str, Any]) -> bool:
    return form_text(data.get("next")) == CHANGE_METHOD


def _goes_on(data: Mapping[str, Any]) -> bool:
    return form_text(data.get("next")) in (RETRY, CHANGE_METHOD)


def _is_same_tap(payment: Payment) -> bool:
    return payment.is_open or timezone.now() - payment.created_at < SAME_TAP
