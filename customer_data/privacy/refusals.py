"""When a customer cannot be erased yet: while their money, or a trip of theirs, is still before us. Sentences for staff."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from customer_data.models import (
    REFUND_UNDER_WAY,
    Customer,
    DisputeStatus,
    Erasure,
    ProofStatus,
    RefundStatus,
)
from customer_data.privacy import whose
from customer_data.status import OPEN

MOST_NAMED = 3


class CannotErase(Exception):
    """Nothing was erased; the message is a sentence for staff that says what is in the way."""


def refuse_if_needed(customer: Customer) -> None:
    """Raises CannotErase with everything that is in the way."""
    reasons = list(why_not(customer))
    if reasons:
        raise CannotErase(" ".join(reasons))


def why_not(customer: Customer) -> Iterator[str]:
    """One sentence for each thing that is in the way."""
    if Erasure.objects.filter(customer=customer).exists():
        yield "This customer was erased already."
        return
    payments = whose.payments_of(customer)
    yield from _open_payments(payments.filter(status__in=OPEN))
    yield from _asked_about(payments.exclude(status__in=OPEN).filter(next_check_at__isnull=False))
    refunds = whose.refunds_of(customer).filter(status__in=REFUND_UNDER_WAY)
    if references := _first(refunds, "reference"):
        yield f"A refund is under way: {references}. Wait until it is {RefundStatus.DONE} or turned down."
    if references := _first(whose.disputes_of(customer).filter(status=DisputeStatus.OPEN), "payment__reference"):
        yield f"A payment is disputed: {references}. Wait until the gateway has decided."
    if whose.own_proofs_of(customer).filter(status=ProofStatus.WAITING).exists():
        yield "A slip of theirs waits for review. Approve or reject it first."
    yield from _trips_ahead(whose.bookings_of(customer))
    yield from _open_matters(whose.concerns_of(customer).filter(solved_at__isnull=True))


def _open_payments(payments: object) -> Iterator[str]:
    if references := _first(payments, "reference"):
        yield f"A payment is open: {references}. Wait until it has ended, or stop waiting for it."


def _asked_about(payments: object) -> Iterator[str]:
    """Late money still comes for these, and its receipt needs a name."""
    if references := _first(payments, "reference"):
        yield f"The gateway is still asked about {references}: money for it may yet come. That ends by itself within a week."


def _trips_ahead(bookings: object) -> Iterator[str]:
    ahead = bookings.filter(cancelled_at__isnull=True, departure__starts_on__gte=timezone.localdate())  # type: ignore[attr-defined]
    if references := _first(ahead, "booking_reference"):
        yield f"A trip is ahead: {references}. Wait until it is over, or cancel the booking."


def _open_matters(concerns: object) -> Iterator[str]:
    if sentences := _first(concerns, "sentence"):
        yield f"Somebody must still look at: {sentences} Solve it first."


def _first(rows: object, name: str) -> str:
    """The first few, to be read in a sentence; empty when there are none."""
    values = list(rows.order_by("pk").values_list(name, flat=True)[: MOST_NAMED + 1])  # type: ignore[attr-defined]
    return ", ".join(map(str, values[:MOST_NAMED])) + (" and others" if len(values) > MOST_NAMED else "")
