"""Customers of a drill: bookings to pay, payments through the API's door, and how each stands at both ends."""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from config.tests.processes import wait_until
from deploy.drills.house import CommandFailed, House, call

PATIENCE_SECONDS = 90

_NEW_BOOKINGS = """
from decimal import Decimal
from customer_data.models import Booking, Customer
for phone in {phones!r}:
    wa_id = "263" + phone[1:]
    facts = dict(name="Rudo Moyo", email="rudo@example.com", phone="+" + wa_id)
    customer, _ = Customer.objects.get_or_create(wa_id=wa_id, defaults=facts)
    booking = Booking.objects.create(customer=customer, title="Hwange, three days", total_amount=Decimal("231.00"))
    print(booking.booking_reference, phone)
"""


@dataclass(frozen=True)
class Sale:
    """A customer's booking, and the phone that pays it."""

    booking_reference: str
    phone: str


@dataclass(frozen=True)
class Till:
    """The door through which payments of a drill come in."""

    house: House
    key: str
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def of(cls, house: House) -> "Till":
        return cls(house, house.manage("create_api_key", f"drill-{secrets.token_hex(3)}").split()[-1])

    def new_sales(self, count: int, *, approves_after_seconds: float | None = 0) -> Iterator[Sale]:
        """Bookings of as many customers, whose wallets approve after so long; None: they wait for `approve`."""
        phones = [f"0775{next(self._numbers):06d}" for _ in range(count)]
        if approves_after_seconds is not None:
            wallets = [{"phone": phone, "behaviour": "approve", "after_seconds": approves_after_seconds} for phone in phones]
            call(f"{self.house.paynow_url}/simulator/wallets", {"wallets": wallets})
        lines = self.house.shell(_NEW_BOOKINGS.format(phones=phones)).splitlines()
        return iter([Sale(*line.split()) for line in lines])

    def start_payment(self, sale: Sale, *, timeout_seconds: float = 15) -> tuple[int, Any]:
        """What the API answers to one payment request."""
        asked = {
            "booking_reference": sale.booking_reference,
            "payment_method": "ecocash",
            "amount_option": "full",
            "phone": sale.phone,
            "customer_email": "rudo@example.com",
        }
        headers = {"Authorization": f"Api-Key {self.key}", "Idempotency-Key": secrets.token_hex(16)}
        address = f"{self.house.web_url}/crm-api/payments/paynow/initiate/"
        return call(address, asked, timeout_seconds=timeout_seconds, **headers)

    def approve(self, *references: str) -> None:
        call(f"{self.house.paynow_url}/simulator/approve", {"references": list(references)})

    def resend_update(self, reference: str) -> None:
        """Paynow rings again for what it last said."""
        call(f"{self.house.paynow_url}/simulator/transactions/{reference}/resend", {})

    def at_paynow(self, reference: str) -> dict[str, Any]:
        """What Paynow has of it; empty: nothing."""
        _, found = call(f"{self.house.paynow_url}/simulator/transactions?reference={reference}")
        return found["transactions"][0] if found["count"] else {}


def new_payment(till: Till, *, approves_after_seconds: float | None = 0) -> str:
    """The reference of a new customer's payment. Raises CommandFailed when it was not taken."""
    status, answer = till.start_payment(next(till.new_sales(1, approves_after_seconds=approves_after_seconds)))
    if status != 202:
        said = "".join(log.read_text()[-1500:] for log in till.house.folder.glob("web*.log"))
        raise CommandFailed(f"A payment was answered with {status}: {answer}. {said}")
    return str(answer["reference"])


def wait_for(house: House, references: list[str], status: str) -> None:
    """Until all of these payments stand so."""
    question = "select count(*) from customer_data_payment where reference = any(%s) and status = %s"
    wait_until(lambda: rows(house, question, [references, status])[0][0] == len(references), seconds=PATIENCE_SECONDS)


def rows(house: House, question: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with psycopg.connect(house.database_url) as connection:
        return connection.execute(question, values).fetchall()
