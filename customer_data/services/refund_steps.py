"""What every step of a refund does: locks in one order, a line in the payment's trail, and what follows from its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Payment, Refund, RefundStatus, RefundWay
from customer_data.models.booking import ZERO
from customer_data.status import MONEY_IN, Status


def locked_payment(payment_id: UUID) -> Payment:
    """The payment as it stands now, under its booking's lock and its own, in that order. The caller is in a transaction."""
    while True:
        booking_id = Payment.objects.values_list("booking_id", flat=True).get(pk=payment_id)
        booking = Booking.objects.select_for_update().get(pk=booking_id)
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if payment.booking_id == booking_id:  # else it was moved to another booking while we waited
            payment.booking = booking
            return payment


@contextmanager
def locked(refund: Refund) -> Iterator[Refund]:
    """A transaction with the refund as it stands now; two people at once come one after the other."""
    with transaction.atomic():
        payment = locked_payment(refund.payment_id)
        current = Refund.objects.select_for_update().get(pk=refund.pk)
        current.payment = payment
        yield current


def back_or_on_its_way(payment: Payment) -> Decimal:
    """What has gone back of the payment or is spoken for, in its currency."""
    return _sum_of(payment.refunds.exclude(status=RefundStatus.FAILED))


def gone_back(payment: Payment) -> Decimal:
    """What has gone back of the payment by refunds of ours."""
    return _sum_of(payment.refunds.filter(status=RefundStatus.DONE))


def note(refund: Refund, sentence: str, *, source: str, actor: str = "", **details: str) -> None:
    """Leave the step in the payment's trail. `refund.payment` is current."""
    refund.payment.note(source=source, actor=actor, reason=sentence, details={**trail_mark(refund), **details})


def trail_mark(refund: Refund) -> dict[str, str]:
    """By which the lines of one refund are found in the trail of its payment."""
    return {"refund": refund.reference, "refund_status": str(refund.status)}


def finish(refund: Refund, sentence: str, *, source: str, actor: str = "", **facts: Any) -> bool:
    """The money is back: the payment follows when all of it is, else the booking is counted again. The caller holds the locks."""
    payment = refund.payment
    if not refund.move_to(RefundStatus.DONE, done_at=timezone.now(), next_check_at=None, **facts):
        return False
    if payment.status in MONEY_IN and gone_back(payment) == payment.amount:
        payment.move_to(Status.REFUNDED, source=source, actor=actor, reason=sentence, details=trail_mark(refund))
    else:
        payment.booking.recount()
        note(refund, sentence, source=source, actor=actor)
    settle_task(payment, solution=sentence)
    return True


def fail(refund: Refund, why: str, *, source: str, actor: str = "", **facts: Any) -> bool:
    """Nothing went back, and its amount may be asked for again. The caller holds the locks."""
    why = why[:500]
    if not refund.move_to(RefundStatus.FAILED, failed_at=timezone.now(), failure=why, next_check_at=None, **facts):
        return False
    note(refund, f"Refund {refund.reference} of {refund.amount_shown} was not paid back: {why}", source=source, actor=actor)
    settle_task(refund.payment, solution=why)
    return True


def tell_people(payment: Payment) -> None:
    """Ask people to pay back what waits for them: one matter for each payment, however many refunds of it wait."""
    waiting = _waits_for_a_person(payment)
    names = " and ".join(f"{each.amount_shown} ({each.reference})" for each in waiting)
    sentence = f"Pay back {names} of payment {payment.reference}, and write down the approval code or bank reference."
    Concern.raise_about(payment, ConcernKind.REFUND_TO_PAY, sentence)
    _open_task(payment).update(sentence=sentence[:500])


def settle_task(payment: Payment, *, solution: str) -> None:
    """The matter is solved with the last refund that waited for a person."""
    if _waits_for_a_person(payment):
        tell_people(payment)
    else:
        _open_task(payment).update(solved_at=timezone.now(), solution=solution[:300])


def _waits_for_a_person(payment: Payment) -> list[Refund]:
    waiting = payment.refunds.filter(way=RefundWay.PERSON, status__in=[RefundStatus.APPROVED, RefundStatus.SENT])
    return list(waiting.order_by("pk"))


def _open_task(payment: Payment) -> Any:
    return payment.concerns.filter(kind=ConcernKind.REFUND_TO_PAY, solved_at__isnull=True)


def _sum_of(refunds: Any) -> Decimal:
    total: Decimal | None = refunds.aggregate(sum=Sum("amount"))["sum"]
    return total or ZERO
