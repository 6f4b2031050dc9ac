"""Issuing receipts: one for each payment that came in, numbered without a gap.

Issued after the money's own transaction, so that nothing about a receipt can hold up money; the clock finds what was missed.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from customer_data.models import Payment, PaymentEvent, Receipt, ReceiptSeries
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
    if issued is not None:
        return issued
    ReceiptSeries.objects.get_or_create(name=series_of(payment))
    with transaction.atomic():
        series = ReceiptSeries.objects.select_for_update().get(name=series_of(payment))
        # Two workers at once: the second waits above and then finds the first one's receipt.
        return Receipt.objects.filter(payment=payment).first() or _next_receipt(series, payment)


def issue_when_paid(sender: object, *, payment: Payment, event: PaymentEvent, **signal: Any) -> None:
    """Receiver of `payment_moved`: the receipt is there before anybody is told of the money."""
    if event.is_move and event.to_status == Status.SUCCESSFUL:
        issue_receipt(payment)


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


def _next_receipt(series: ReceiptSeries, payment: Payment) -> Receipt:
    """The caller holds the series' lock."""
    paid = Payment.objects.select_related("booking__customer", "booking__departure__tour", "payer").get(pk=payment.pk)
    if paid.status not in NEEDS_PROOF:
        raise NotPaid(f"Payment {paid.reference} is {paid.get_status_display().lower()}: there is nothing to issue a receipt for.")
    receipt = Receipt(payment=paid, series=series.name, number=series.last_number + 1, issued_at=timezone.now())
    facts = facts_of(paid, number=receipt.number_shown, paid_so_far=_paid_so_far(receipt, paid), issued_at=receipt.issued_at)
    receipt.facts = [list(fact) for fact in facts]
    ReceiptSeries.objects.filter(pk=series.pk).update(last_number=F("last_number") + 1)
    receipt.save(force_insert=True)
    return receipt


def _paid_so_far(receipt: Receipt, payment: Payment) -> Decimal:
    """This payment and what the booking's earlier receipts were issued for, without money that went back."""
    earlier = Payment.objects.filter(booking=payment.booking_id, receipt__series=receipt.series, status__in=MONEY_IN)
    return payment.amount + (earlier.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00"))
