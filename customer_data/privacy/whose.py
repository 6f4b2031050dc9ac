"""Which rows are about one customer: what they booked, what they paid, and what was said about that. Queries only, by indexes."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from customer_data.models import (
    Booking,
    Concern,
    Customer,
    Dispute,
    NonReceiptLetter,
    Payment,
    PaymentEvent,
    Proof,
    ProofFile,
    Receipt,
    Refund,
    Transfer,
)


def bookings_of(customer: Customer) -> QuerySet[Booking]:
    return Booking.objects.filter(customer=customer)


def paid_by(customer: Customer) -> QuerySet[Payment]:
    """Payments whose number and address are theirs: for their own bookings where nobody else pays, and for others' bookings."""
    return _payments(Q(pk__in=Payment.objects.filter(payer=customer)) | _own(customer))


def paid_for_by_others(customer: Customer) -> QuerySet[Payment]:
    """Payments for their bookings whose number and address are somebody else's."""
    return _payments(Q(booking__customer=customer, payer__isnull=False) & ~Q(payer=customer))


def payments_of(customer: Customer) -> QuerySet[Payment]:
    """Both kinds."""
    keys = {*paid_by(customer).values_list("pk", flat=True), *paid_for_by_others(customer).values_list("pk", flat=True)}
    return Payment.objects.filter(pk__in=keys)


def events_of(customer: Customer) -> QuerySet[PaymentEvent]:
    return PaymentEvent.objects.filter(payment__in=payments_of(customer))


def refunds_of(customer: Customer) -> QuerySet[Refund]:
    return Refund.objects.filter(payment__in=payments_of(customer))


def disputes_of(customer: Customer) -> QuerySet[Dispute]:
    return Dispute.objects.filter(payment__in=payments_of(customer))


def receipts_of(customer: Customer) -> QuerySet[Receipt]:
    return Receipt.objects.filter(payment__in=payments_of(customer)).select_related("payment__booking")


def letters_of(customer: Customer) -> QuerySet[NonReceiptLetter]:
    return NonReceiptLetter.objects.filter(payment__in=payments_of(customer)).select_related("payment__booking")


def transfers_of(customer: Customer) -> QuerySet[Transfer]:
    return Transfer.objects.filter(payment__in=payments_of(customer))


def own_proofs_of(customer: Customer) -> QuerySet[Proof]:
    """What they handed in, and what staff handed in for their bookings."""
    return Proof.objects.filter(Q(customer=customer) | Q(customer__isnull=True, booking__in=_booking_keys(customer)))


def others_proofs_for(customer: Customer) -> QuerySet[Proof]:
    """What somebody else handed in for one of their bookings."""
    return Proof.objects.filter(booking__in=_booking_keys(customer), customer__isnull=False).exclude(customer=customer)


def proof_files_of(customer: Customer) -> QuerySet[ProofFile]:
    return ProofFile.objects.filter(proof__in=own_proofs_of(customer))


def concerns_of(customer: Customer) -> QuerySet[Concern]:
    proofs = list(own_proofs_of(customer).values_list("pk", flat=True))
    return Concern.objects.filter(Q(customer=customer) | Q(payment__in=payments_of(customer)) | Q(proof__in=proofs))


def people_beside(customer: Customer) -> QuerySet[Customer]:
    """Who pays for their bookings, and for whose bookings they pay: to them this customer may have been named."""
    payers = paid_for_by_others(customer).values_list("payer_id", flat=True)
    booked = Payment.objects.filter(payer=customer).values_list("booking__customer_id", flat=True)
    return Customer.objects.filter(pk__in={*payers, *booked} - {customer.pk})


def _payments(which: Q) -> QuerySet[Payment]:
    return Payment.objects.filter(which)


def _own(customer: Customer) -> Q:
    return Q(booking__in=_booking_keys(customer), payer__isnull=True)


def _booking_keys(customer: Customer) -> list[int]:
    return list(bookings_of(customer).values_list("pk", flat=True))
