"""Which bookings and payments a customer may speak about: what they booked, and what they pay for somebody else."""

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customer_data.models import Booking, Customer, Payment
from customer_data.offer import owed

MOST_ROWS = 10
"""A list in WhatsApp has ten rows."""


def own_booking(customer: Customer, reference: str) -> Booking | None:
    """The booking with this reference, when the customer made it or pays for it. Anybody else's is as unknown as none."""
    theirs = Booking.objects.filter(Q(customer=customer) | Q(payments__payer=customer))
    return theirs.filter(booking_reference__iexact=reference.strip()).select_related("customer").first()


def own_payment(customer: Customer, reference: str) -> Payment | None:
    """The payment with this reference, when it is for the customer's booking or the customer pays it."""
    return payments_of(customer).filter(reference__iexact=reference.strip()).first()


def latest_payment(customer: Customer) -> Payment | None:
    return payments_of(customer).order_by("-created_at").first()


def bookings_to_pay(customer: Customer) -> list[Booking]:
    """The customer's bookings with something left to pay, the soonest trip first; not those whose trip has begun unpaid."""
    unpaid = Booking.objects.filter(customer=customer, amount_paid__lt=F("total_amount")).select_related("customer", "departure")
    ahead = unpaid.exclude(departure__starts_on__lt=timezone.localdate())
    soonest = ahead.order_by(F("departure__starts_on").asc(nulls_last=True), "-created_at")
    return [booking for booking in soonest[:MOST_ROWS] if owed(booking) > 0]


def payments_of(customer: Customer) -> QuerySet[Payment]:
    """For the customer's own bookings, and what the customer pays for somebody else."""
    theirs = Payment.objects.filter(Q(booking__customer=customer) | Q(payer=customer))
    return theirs.select_related("booking__customer", "payer")
