"""Writing a non-receipt letter: only when the money is certainly not in, and the gateway has just been asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.letters import NotACode, facts_of, read_approval_code
from customer_data.models import Booking, ConcernKind, NonReceiptLetter, Payment
from customer_data.schedule import not_found_is_conclusive
from customer_data.services.stopping import can_be_asked
from customer_data.status import UNPAID_ENDS, Status

SOURCE = "admin"

FRESH = timedelta(minutes=10)
"""So old may the gateway's newest answer be."""

_IN_DOUBT = (ConcernKind.MISMATCH, ConcernKind.UNKNOWN_WORD, ConcernKind.ILLEGAL_NEWS)
"""While one of these is open, the gateway has said something that may be money."""

ASK_FIRST = "Press Ask the gateway again, wait a few seconds, and write the letter then."


class CannotWrite(Exception):
    """No letter was written. The message is a sentence for staff: why, and what to do."""


def write_letter(payment: Payment, *, approval_code: str, reason: str, user: Any) -> NonReceiptLetter:
    """State that the money of `payment` never came. `approval_code` is what the customer read out, or the wallet's message, or
    nothing. Raises CannotWrite.
    """
    now = timezone.now()
    with transaction.atomic():
        current = _locked(payment)
        _expect_certain(current, now)
        try:
            code = read_approval_code(approval_code, payment=current, now=now)
        except NotACode as error:
            raise CannotWrite(str(error)) from None
        letter = _new_letter(current, code, reason=reason, user=user, now=now)
        sentence = f"Wrote non-receipt letter {letter.number}: {reason}"
        current.note(source=SOURCE, actor=user.get_username(), reason=sentence, details={"letter": letter.number})
    return letter


def may_need_a_letter(payment: Payment) -> bool:
    """Whether it ended without money at a gateway that can be asked, after it had left us."""
    return payment.status in UNPAID_ENDS and payment.sends_made > 0 and can_be_asked(payment)


def _locked(payment: Payment) -> Payment:
    """As it stands now, under its booking's lock: no money comes in while the letter is written."""
    Booking.objects.select_for_update(of=("self",)).get(payments=payment.pk)
    return Payment.objects.select_related("booking__customer", "payer").get(pk=payment.pk)


def _expect_certain(payment: Payment, now: datetime) -> None:
    """Raises CannotWrite unless it is certain that nothing came in."""
    if payment.status not in UNPAID_ENDS:
        raise CannotWrite(f"The payment is {payment.get_status_display().lower()}: a letter is only for one that ended unpaid.")
    if not may_need_a_letter(payment):
        raise CannotWrite("No wallet was asked for this money, so there is nothing to write about.")
    if payment.concerns.filter(kind__in=_IN_DOUBT, solved_at__isnull=True).exists():
        raise CannotWrite("The gateway has said something about this payment that a person must look at first: see Needs a person.")
    _expect_asked_lately(payment, now)


def _expect_asked_lately(payment: Payment, now: datetime) -> None:
    """An answer of a while ago says nothing of now. One that was never given, says nothing at all."""
    answered = payment.reported_at or (payment.checked_at if _never_heard_of(payment, now) else None)
    if answered is None:
        raise CannotWrite(f"The gateway has not said yet how this payment stands. {ASK_FIRST}")
    if now - answered > FRESH:
        minutes = int((now - answered).total_seconds() // 60)
        raise CannotWrite(f"The gateway's last answer is {minutes} minutes old, and the money may have come since. {ASK_FIRST}")


def _never_heard_of(payment: Payment, now: datetime) -> bool:
    """The gateway says that it has no such payment: often enough, or once after it had refused it itself."""
    if payment.status == Status.FAILED:
        return payment.not_found > 0
    return not_found_is_conclusive(payment.not_found, age=now - (payment.sent_at or payment.created_at))


def _new_letter(payment: Payment, code: str, *, reason: str, user: Any, now: datetime) -> NonReceiptLetter:
    """The caller holds the booking's lock, so that two letters at once have two numbers."""
    number = f"NR-{payment.reference}-{payment.letters.count() + 1}"
    signed_by = user.get_full_name() or user.get_username()
    facts = facts_of(payment, number=number, approval_code=code, signed_by=signed_by, written_at=now)
    return NonReceiptLetter.objects.create(
        payment=payment,
        number=number,
        facts=[list(fact) for fact in facts],
        approval_code=code,
        written_by=user,
        written_at=now,
        reason=reason,
    )
