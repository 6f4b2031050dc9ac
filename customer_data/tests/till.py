"""What these tests do and see, in a cashier's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Payment
from customer_data.services import PaymentRequest
from customer_data.sweep import sweep
from customer_data.tests import make


def ask_for(booking: Booking | None = None, method: str = "wallet", amount: str = "full", **changes: Any) -> Payment:
    """Open a payment as a customer would; nothing is sent yet."""
    booking = booking or make.booking()
    fields = {"phone": "0712345678" if method == "purse" else "0771234567"} | changes
    return services.open_payment(PaymentRequest(booking.pk, f"drawer_{method}", amount, **fields), source="test")


def charge(booking: Booking | None = None, method: str = "wallet", **changes: Any) -> Payment:
    """A payment that the gateway has put before the customer."""
    return services.send_payment(ask_for(booking, method, **changes).reference, source="test")


def check(payment: Payment) -> Payment:
    """Ask the gateway now, however recently it was asked."""
    make_due(payment)
    return services.check_payment(payment.reference, source="test")


def clock_beats(*, later: timedelta = timedelta(0)) -> int:
    """One sweep, that much later. Returns how many payments were due."""
    return sweep(
        send=lambda reference: services.send_payment(reference, source="sweep"),
        check=lambda reference, until: services.check_payment(reference, claimed_until=until, source="sweep"),
        now=timezone.now() + later,
    )


def make_due(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now())


def age(payment: Payment, by: timedelta) -> None:
    """Let the payment have been sent that much earlier, and be due."""
    now = timezone.now()
    Payment.objects.filter(pk=payment.pk).update(sent_at=now - by, next_check_at=now)


def stands(payment: Payment) -> tuple[str, str]:
    """How the payment stands, and how the booking does."""
    now = Payment.objects.select_related("booking").get(pk=payment.pk)
    return now.status, now.booking.payment_status


def trail(payment: Payment) -> list[str]:
    """The statuses it went through."""
    return [event.to_status for event in payment.events.all() if event.is_move]


def concerns(payment: Payment) -> list[str]:
    """What a person is asked to look at."""
    return sorted(payment.concerns.values_list("kind", flat=True))


def due(payment: Payment) -> timedelta | None:
    """How long from now until something is due to be done about it."""
    moment = Payment.objects.values_list("next_check_at", flat=True).get(pk=payment.pk)
    return None if moment is None else moment - timezone.now()
