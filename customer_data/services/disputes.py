"""Disputes: a case with a deadline, opened and closed by what the gateway reports; staff write down what they answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customer_data.models import ConcernKind, Dispute, DisputeStatus, Payment
from customer_data.status import Status

LONGEST_ANSWER = 4000

_DECIDED = {
    DisputeStatus.WON: "The gateway decided: the money stays.",
    DisputeStatus.LOST: "The gateway decided: the money went back to the customer.",
}


class CannotAnswer(Exception):
    """Nothing was written down. The message is a sentence for staff."""


def follow_dispute(sender: object, *, payment: Payment, was: str, **signal: Any) -> None:
    """Receiver of `payment_moving`: the case is opened and closed in the transaction of the move."""
    now = timezone.now()
    if payment.status == Status.DISPUTED:
        deadline = now + timedelta(days=settings.DISPUTE_ANSWER_DAYS)
        Dispute.objects.create(payment=payment, opened_at=now, deadline=deadline)
    elif was == Status.DISPUTED:
        ending = DisputeStatus.WON if payment.status == Status.SUCCESSFUL else DisputeStatus.LOST
        Dispute.objects.filter(payment=payment, status=DisputeStatus.OPEN).update(status=ending, closed_at=now)
        _solve_matter(payment, ending)


def _solve_matter(payment: Payment, ending: DisputeStatus) -> None:
    """Nobody has to look at a dispute that is decided. Who took the matter stays beside it."""
    open_matter = payment.concerns.filter(kind=ConcernKind.DISPUTED, solved_at__isnull=True)
    open_matter.update(solved_at=timezone.now(), solution=_DECIDED[ending])


def record_answer(dispute: Dispute, *, answer: str, user: Any) -> Dispute:
    """Write down what was answered to the gateway; a second answer stands below the first. Raises CannotAnswer."""
    said = answer.replace("\0", "").strip()
    if len("".join(said.split())) < 3:
        raise CannotAnswer("Nothing was written down: say what you answered, and with which evidence.")
    with transaction.atomic():
        current = Dispute.objects.select_for_update().get(pk=dispute.pk)
        if current.status != DisputeStatus.OPEN:
            raise CannotAnswer(f"This dispute is closed. {current.get_status_display()}.")
        current.answer = "\n\n".join(part for part in (current.answer, said) if part)[:LONGEST_ANSWER]
        current.answered_at, current.answered_by = timezone.now(), user
        current.save(update_fields=["answer", "answered_at", "answered_by"])
        current.payment.note(source="admin", actor=user.get_username(), reason=f"Answered the dispute: {said}")
    return current
