"""Issuing receipts: one for each payment that came in, numbered without a gap.

Issued after the money's own transaction, so that nothing about a receipt can hold up money; the clock finds what was missed.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from customer_data.models import Payment, PaymentEvent, Receipt, ReceiptSeries
from customer_data.models.prepared import Prepared
from customer_data.models.statements import insert_beside_sql, is_written, run, update_sql
from customer_data.receipts import facts_of, series_of
from customer_data.status import MONEY_IN, NEEDS_PROOF, Status

BATCH = 500


class NotPaid(Exception):
    """No money came in by this payment, so there is nothing to issue a receipt for."""


def issue_receipt(payment: Payment) -> Receipt:
    """The receipt of a payment that came in; the same one when asked again. It stays as it is when the money goes back later.

    The number is taken and the receipt written in one transaction: a worker that dies leaves neither. Raises NotPaid.
    """
    issued = Receipt.objects.filter(payment=payment).first()
    return issued or _issue(payment)


def issue_when_paid(sender: object, *, payment: Payment, event: PaymentEvent, **signal: Any) -> None:
    """Receiver of `payment_moved`: the receipt is there before anybody is told of the money."""
    if event.is_move and event.to_status == Status.SUCCESSFUL:
        _issue(payment)


def issue_missed_receipts(*, within: timedelta | None = None) -> int:
    """Issue what a worker that died did not, oldest money first. Returns how many.

    `within`: only for money of that last while, which an index finds at once; None: for all money ever, once a day.
    """
    missed = Payment.objects.filter(status__in=NEEDS_PROOF, receipt=None).order_by("processed_at", "id")
    if within is not None:
        came_in = PaymentEvent.objects.filter(to_status=Status.SUCCESSFUL, created_at__gte=timezone.now() - within)
        missed = missed.filter(pk__in=came_in.values("payment"))
    payments = list(missed.defer("otp", "poll_url", "gateway_data")[:BATCH])
    for payment in payments:
        issue_receipt(payment)
    return len(payments)


def _issue(payment: Payment) -> Receipt:
    with transaction.atomic():
        series = _locked_series(series_of(payment))
        # Two workers at once: the second waits above and then finds the first one's receipt.
        paid = _WHOLE.get(payment.pk, series.name)
        receipt: Receipt | None = getattr(paid, "receipt", None)
        return receipt or _next_receipt(series, paid)


def _locked_series(name: str) -> ReceiptSeries:
    locked = ReceiptSeries.objects.select_for_update().filter(name=name)
    series = next(iter(locked), None)
    if series is None:
        ReceiptSeries.objects.get_or_create(name=name)
        series = locked.get()
    return series


def _whole(key: UUID, series: str) -> QuerySet[Payment]:
    """The payment with all that its receipt says; `earlier`: what the booking's earlier receipts were issued for, if any.

    Money that went back is not counted.
    """
    others = Payment.objects.filter(booking=OuterRef("booking"), receipt__series=series, status__in=MONEY_IN).order_by()
    earlier = others.values("booking").annotate(sum=Sum("amount")).values("sum")
    whole = Payment.objects.select_related("booking__customer", "booking__departure__tour", "payer", "receipt")
    return whole.annotate(earlier=Subquery(earlier)).filter(pk=key)


_WHOLE = Prepared(_whole, UUID(int=0), "a series")


def _next_receipt(series: ReceiptSeries, paid: Payment) -> Receipt:
    """The caller holds the series' lock."""
    if paid.status not in NEEDS_PROOF:
        raise NotPaid(f"Payment {paid.reference} is {paid.get_status_display().lower()}: there is nothing to issue a receipt for.")
    receipt = Receipt(payment=paid, series=series.name, number=series.last_number + 1, issued_at=timezone.now())
    paid_so_far = paid.amount + (paid.earlier or Decimal("0.00"))  # type: ignore[attr-defined]  # annotated above
    facts = facts_of(paid, number=receipt.number_shown, paid_so_far=paid_so_far, issued_at=receipt.issued_at)
    receipt.facts = [list(fact) for fact in facts]
    _write(series, receipt)
    return receipt


def _write(series: ReceiptSeries, receipt: Receipt) -> None:
    """The number is taken and the receipt written, in one statement."""
    take, params = update_sql(ReceiptSeries.objects.filter(pk=series.pk), last_number=F("last_number") + 1)
    insert, receipt_params = insert_beside_sql(receipt, beside="taken")
    ((key,),) = run(f"WITH taken AS ({take} RETURNING id) {insert} RETURNING id", [*params, *receipt_params])
    is_written(receipt, key)
