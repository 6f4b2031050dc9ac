"""Where these tests open payments, hand in status updates and look at the result, as a cashier would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Customer, Payment, PaymentEvent
from customer_data.services import PaymentRequest
from customer_data.sweep import sweep
from paynow_integration.hashing import sign
from paynow_integration.messages import encode, parse
from paynow_integration.models import PaynowConfig, PaynowNotification
from paynow_integration.simulator import DrivenClock, Integration, PaynowSimulator, Transaction

IPN = "/crm-api/paynow/ipn/"
FORM = "application/x-www-form-urlencoded"

PAID = ("successful", "paid")
WAITING = ("pending", "unpaid")

Fields = list[tuple[str, str]]


def configure(integration: Integration, simulator: PaynowSimulator, **changes: Any) -> PaynowConfig:
    """A configuration of ours for an integration of the simulator's."""
    values: dict[str, Any] = {
        "name": f"{integration.name} {integration.currency}",
        "currency": integration.currency,
        "integration_id": integration.id,
        "integration_key": integration.key,
        "api_base_url": simulator.url,
        "test_mode": not integration.live,
        "merchant_email": integration.merchant_emails[0],
    }
    return PaynowConfig.objects.create(**(values | changes))


def new_booking(total: str = "10.00", currency: str = "USD") -> Booking:
    customer = Customer.objects.create(name="Rudo Moyo", email="rudo@example.com")
    return Booking.objects.create(customer=customer, title="Victoria Falls", total_amount=Decimal(total), currency=currency)


@dataclass
class Till:
    paynow: PaynowSimulator
    clock: DrivenClock
    web: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    # --- Arrange ----------------------------------------------------------------------------------
    def open(
        self, method: str = "ecocash", *, phone: str = "0772222222", booking: Booking | None = None, **changes: Any
    ) -> Payment:
        """A payment of the whole booking, not sent yet. The default wallet approves after thirty seconds."""
        booking = booking or new_booking()
        request = PaymentRequest(booking.pk, f"paynow_{method}", "full", phone=phone, **changes)
        return services.open_payment(request, source="test")

    def charge(self, method: str = "ecocash", **changes: Any) -> Payment:
        """A payment that Paynow has put before the customer."""
        return services.send_payment(self.open(method, **changes).reference, source="test")

    def paid(self, method: str = "ecocash", **changes: Any) -> Payment:
        """A payment that the customer approved, and that we know is paid."""
        payment = self.charge(method, **changes)
        self.paynow.approve(payment.reference)
        self.ring(self.update(payment))
        assert self.stands(payment) == PAID
        return payment

    # --- Act --------------------------------------------------------------------------------------
    def ring(self, body: bytes, *, content_type: str = FORM, headers: dict[str, str] | None = None) -> int:
        """Hand in a status update; the HTTP status of our answer."""
        return self.web.generic("POST", IPN, body, content_type=content_type, headers=headers).status_code

    def update(self, payment: Payment) -> bytes:
        """The newest update about `payment`, exactly as Paynow sent it."""
        return self.paynow.updates(payment.reference)[-1].body

    def fields(self, payment: Payment) -> Fields:
        return list(parse(self.update(payment)).pairs)

    def signed(self, fields: Sequence[tuple[str, str]], integration_id: str = "1201") -> bytes:
        """`fields` under a new, valid signature: what nobody but Paynow can write, or somebody with our key."""
        return encode(sign([pair for pair in fields if pair[0] != "hash"], self.paynow.office.integrations[integration_id].key))

    def sweep(self, *, seconds_later: float = 0) -> None:
        """What the clock does, that much later."""
        now = timezone.now() + timedelta(seconds=seconds_later)
        sweep(
            send=lambda reference: services.send_payment(reference, source="sweep"),
            check=lambda reference, until: services.check_payment(reference, claimed_until=until, source="sweep"),
            now=now,
        )

    # --- Look -------------------------------------------------------------------------------------
    def stands(self, payment: Payment) -> tuple[str, str]:
        """What a cashier sees: how the payment stands, and how the booking does."""
        payment = Payment.objects.select_related("booking").get(pk=payment.pk)
        return payment.status, payment.booking.payment_status

    def at_paynow(self, payment: Payment) -> Transaction:
        """The one transaction that Paynow has for this payment: never two."""
        [transaction] = self.paynow.transactions(reference=payment.reference)
        return transaction

    def moves(self, payment: Payment) -> list[str]:
        """The statuses it went through."""
        events = PaymentEvent.objects.filter(payment=payment).order_by("id")
        return [event.to_status for event in events if event.is_move]

    def outcomes(self) -> list[str]:
        """What was made of each update, in the order in which they arrived."""
        return list(PaynowNotification.objects.order_by("pk").values_list("outcome", flat=True))

    def concerns(self, payment: Payment) -> list[str]:
        """What a person is asked to look at."""
        return sorted(payment.concerns.values_list("kind", flat=True))


def changed(fields: Fields, **values: str) -> Fields:
    """The same fields in the same order with other values."""
    return [(name, values.get(name, value)) for name, value in fields]
