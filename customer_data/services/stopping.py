"""What staff do about a payment that waits: ask the gateway once more, or stop waiting."""

from __future__ import annotations

from typing import Any

from customer_data.gateway import NotSupported, gateway_named
from customer_data.models import IllegalMove, Payment
from customer_data.services.checking import make_due
from customer_data.services.opening import expire_payment
from customer_data.status import Reason, Status

SOURCE = "admin"


class NothingToAsk(Exception):
    """The gateway has nothing to be asked. The message is a sentence for staff."""


class NotStopped(Exception):
    """The payment was left as it is. The message is a sentence for staff."""


def can_be_asked(payment: Payment) -> bool:
    """Whether there is a gateway that knows something of this payment which we do not."""
    try:
        able = gateway_named(payment.gateway).capabilities()
    except NotSupported:
        return False
    return able.can_fetch and not able.is_reviewed


def ask_gateway(payment: Payment, *, user: Any) -> None:
    """Make the question due, and leave who asked in the trail. Safe to repeat; nothing is charged. Raises NothingToAsk."""
    if not can_be_asked(payment):
        raise NothingToAsk("No gateway knows more about this payment than what stands here: a person of ours decides it.")
    if payment.status == Status.CREATED or payment.unsent or payment.sends_made == 0:
        raise NothingToAsk("It has never been sent, so there is nothing to ask.")
    payment.note(source=SOURCE, actor=user.get_username(), reason="Has the gateway asked how this payment stands.")
    make_due(payment)


def stop_waiting(payment: Payment, *, user: Any, reason: str) -> None:
    """End an open payment as expired. Should its money still come, it is taken. Raises NotStopped."""
    sentence = f"Stopped by staff: {reason}"
    try:
        stopped = expire_payment(
            payment, source=SOURCE, actor=user.get_username(), reason=Reason.STOPPED_BY_STAFF, sentence=sentence
        )
    except IllegalMove:
        stopped = False
    if not stopped:
        raise NotStopped("The payment has moved in the meantime and was left as it is. Look at how it stands now.")
