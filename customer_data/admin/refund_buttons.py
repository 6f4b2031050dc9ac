"""The buttons of each step of a refund: on the payment's page the asking, on the refund's own page the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from customer_data.admin.page import Ask, Button, NotDone, Press, add_button
from customer_data.doors import send_refund_soon
from customer_data.models import Payment, Refund, RefundStatus, RefundWay
from customer_data.money import NotAnAmount, parse_amount
from customer_data.services import (
    CannotRefund,
    approve_refund,
    most_to_refund,
    record_paid_back,
    record_refund_failed,
    request_refund,
    take_refund,
    turn_down_refund,
)


def _request(payment: Payment, press: Press) -> str:
    try:
        amount = parse_amount(press.given["amount"])
    except NotAnAmount as error:
        raise NotDone(f"Nothing was done: {error}") from None
    refund = _done(lambda: request_refund(payment, amount=amount, reason=press.reason, user=press.user))
    return f"A refund of {refund.amount_shown} waits for approval ({refund.reference}). Somebody else approves it."


def _approve(refund: Refund, press: Press) -> str:
    approved = _done(lambda: approve_refund(refund, user=press.user))
    send_refund_soon(approved)
    if approved.way == RefundWay.GATEWAY:
        return f"Approved. {approved.amount_shown} goes back through the gateway in a moment, and the customer is told."
    return f"Approved. Whoever pays {approved.amount_shown} back takes it first; it stands in what needs a person."


def _turn_down(refund: Refund, press: Press) -> str:
    _done(lambda: turn_down_refund(refund, reason=press.reason, user=press.user))
    return "Nothing goes back. Who asked for it reads why on this page."


def _take(refund: Refund, press: Press) -> str:
    taken = _done(lambda: take_refund(refund, user=press.user))
    return f"It is yours. Pay {taken.amount_shown} back, then write its approval code or bank reference here."


def _paid_back(refund: Refund, press: Press) -> str:
    done = _done(lambda: record_paid_back(refund, proof_of_payment=press.given["proof"], user=press.user))
    return f"{done.amount_shown} is back with the customer, who is told. The booking has been counted again."


def _could_not(refund: Refund, press: Press) -> str:
    _done(lambda: record_refund_failed(refund, reason=press.reason, user=press.user))
    return "Written down. The customer is told that we look into it, and another refund may be asked for."


def _done(step: Callable[[], Refund]) -> Refund:
    try:
        return step()
    except CannotRefund as error:
        raise NotDone(str(error)) from None


def _is(*statuses: RefundStatus, way: RefundWay | None = None) -> Callable[[Refund], bool]:
    return lambda refund: refund.status in statuses and way in (None, refund.way)


def _asked_by_another(refund: Refund, user: Any) -> bool:
    return bool(refund.requested_by_id != user.pk)


def _most(payment: Payment) -> str:
    return f"{most_to_refund(payment):.2f}"


add_button(
    Payment,
    Button(
        name="refund",
        label="Ask for a refund",
        press=_request,
        hint="The most that may still go back is filled in. Somebody else approves it; nothing leaves us before that.",
        asks_why="Why does it go back?",
        asks=(Ask("amount", "Amount", kind="amount", initial=_most),),
        is_offered=lambda payment: most_to_refund(payment) > 0,
        permission="customer_data.request_refund",
    ),
)
add_button(
    Refund,
    Button(
        name="approve",
        label="Approve",
        press=_approve,
        hint="Then the money goes back. Compare amount and reason with the payment first.",
        is_offered=_is(RefundStatus.REQUESTED),
        is_for=_asked_by_another,
        permission="customer_data.approve_refund",
        is_grave=True,
    ),
)
add_button(
    Refund,
    Button(
        name="turn-down",
        label="Turn down",
        press=_turn_down,
        hint="Nothing goes back. Who asked for it reads your reason; the customer hears nothing.",
        asks_why="Why not?",
        is_offered=_is(RefundStatus.REQUESTED),
        is_for=_asked_by_another,
        permission="customer_data.approve_refund",
    ),
)
add_button(
    Refund,
    Button(
        name="withdraw",
        label="Take back",
        press=_turn_down,
        hint="You asked for it, and it is not needed any more.",
        asks_why="Why not?",
        is_offered=_is(RefundStatus.REQUESTED),
        is_for=lambda refund, user: not _asked_by_another(refund, user),
        permission="customer_data.request_refund",
    ),
)
add_button(
    Refund,
    Button(
        name="take",
        label="I pay this back now",
        press=_take,
        hint="Press it before you send the money, so that nobody else sends it too.",
        is_offered=_is(RefundStatus.APPROVED, way=RefundWay.PERSON),
        permission="customer_data.pay_refund",
    ),
)
add_button(
    Refund,
    Button(
        name="paid-back",
        label="Paid back",
        press=_paid_back,
        hint="The customer is told that the money is back.",
        asks=(Ask("proof", "Approval code or bank reference"),),
        is_offered=_is(RefundStatus.SENT, way=RefundWay.PERSON),
        permission="customer_data.pay_refund",
        is_grave=True,
    ),
)
add_button(
    Refund,
    Button(
        name="could-not",
        label="Could not be paid back",
        press=_could_not,
        hint="The customer is told that we look into it.",
        asks_why="What went wrong?",
        is_offered=_is(RefundStatus.APPROVED, RefundStatus.SENT, way=RefundWay.PERSON),
        permission="customer_data.pay_refund",
    ),
)
