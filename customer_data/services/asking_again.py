"""Asking a customer for the money once more, for the same amount and in the same way. Never while the first request may bring it.

No wallet publishes how long its request lives; shops in the wild stop waiting after three to five minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.gateway import PromptKind
from customer_data.models import Booking, Payment
from customer_data.offer import CannotPay, unconfirmed
from customer_data.services.opening import asked_again, expire_payment, open_payment
from customer_data.services.stopping import can_be_asked
from customer_data.status import MONEY_IN, Reason, Status

PROMPT_LIVES_FOR = timedelta(minutes=3)
"""A second request is not sent while the first may still be on the phone: both could be approved."""

FRESH = timedelta(minutes=2)
"""So old may the gateway's *unpaid* be for a new request to follow it."""

SOURCE = "admin"


class NotSentAgain(Exception):
    """Nothing was sent, and nothing has changed. The message is a sentence for staff: why, and what to do first."""


def send_request_again(payment: Payment, *, user: Any, reason: str) -> Payment:
    """Open a new attempt for what `payment` asked for; an open request on the phone is ended by it. The caller has it sent.

    Raises NotSentAgain while an earlier attempt may still bring money, and CannotPay where it cannot be asked for any more.
    """
    with transaction.atomic():
        booking = Booking.objects.select_for_update(of=("self",)).get(pk=payment.booking_id)
        payment.refresh_from_db(fields=["status", "next_check_at", "is_final", "reported_at", "sent_at"])
        _expect_no_money_from(payment, booking)
        actor = user.get_username()
        if payment.is_open:
            sentence = f"Staff sent a new request instead: {reason}"
            expire_payment(payment, source=SOURCE, actor=actor, reason=Reason.METHOD_CHANGED, sentence=sentence)
        newest = _open_again(payment, actor=actor)
        newest.note(source=SOURCE, actor=actor, reason=f"Asked for again after {payment.reference}: {reason}")
    return newest


def _open_again(payment: Payment, *, actor: str) -> Payment:
    """As the customer would; staff are told what customers are not. Raises NotSentAgain and CannotPay."""
    try:
        return open_payment(asked_again(payment), source=SOURCE, actor=actor)
    except CannotPay as problem:
        if problem.denial_id is None:
            raise
        raise NotSentAgain("Nothing was sent: the customer, the number or the address stands on the deny list.") from None


def is_over_unpaid(payment: Payment) -> bool:
    """Whether it certainly brings nothing by itself any more, so that a new attempt cannot be a second charge."""
    if payment.status in (Status.FAILED, Status.CANCELLED):
        return True
    return payment.status == Status.EXPIRED and (payment.is_final or payment.next_check_at is None or payment.sends_made == 0)


def is_known_unpaid(payment: Payment, now: datetime) -> bool:
    """Whether the gateway has just said that nobody approved it, and its request has left the phone."""
    if payment.sent_at is None or payment.reported_at is None:
        return False
    return now - payment.reported_at <= FRESH and now - payment.sent_at >= PROMPT_LIVES_FOR


def _expect_no_money_from(payment: Payment, booking: Booking) -> None:
    """The caller holds the booking's lock. Raises NotSentAgain."""
    if payment.status in MONEY_IN or payment.status == Status.REFUNDED:
        raise NotSentAgain("The money of this payment has come in. There is nothing to ask for again.")
    waiting = unconfirmed(booking)
    if waiting is not None and waiting.pk != payment.pk:
        sentence = (
            f"Payment {waiting.reference} of this booking may still bring money. Have the gateway asked about that one first."
        )
        raise NotSentAgain(sentence)
    if payment.is_open and payment.prompt != PromptKind.APPROVE_ON_PHONE:
        raise NotSentAgain("The customer can still pay with what they have. Stop waiting first, if they cannot use it any more.")
    if not is_over_unpaid(payment) and not is_known_unpaid(payment, timezone.now()):
        raise NotSentAgain(_first_do(payment))


def _first_do(payment: Payment) -> str:
    if not can_be_asked(payment):
        return "It may still be paid. Stop waiting first."
    minutes = int(PROMPT_LIVES_FOR.total_seconds() // 60)
    return (
        f"This request may still be approved, and two could both be paid. A new one can be sent {minutes} minutes after it was "
        "sent, once the gateway has just said that it is unpaid: press Ask the gateway again, wait a few seconds, and try again."
    )
