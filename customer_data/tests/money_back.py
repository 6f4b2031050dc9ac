"""Builders for money that goes back: refunds that came to their status as people bring them there."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from customer_data import services
from customer_data.models import Payment, Refund
from customer_data.status import Status
from customer_data.tests import make

_numbers = count(1)


def paid(*, gateway: str = "", **fields: Any) -> Payment:
    """A payment of US$ 231.00 that came in. Without a gateway, as for cash: then only a person can give it back."""
    return make.payment(Status.SUCCESSFUL, gateway=gateway, **fields)


def person() -> Any:
    """A member of staff of their own name."""
    return make.staff(f"person-{next(_numbers)}")


def request(payment: Payment | None = None, *, amount: str = "231.00", user: Any = None, **of: Any) -> Refund:
    """Asked for, by somebody."""
    asks = user or person()
    return services.request_refund(payment or paid(**of), amount=Decimal(amount), reason="The road is closed.", user=asks)


def approve(refund: Refund, *, user: Any = None) -> Refund:
    """Agreed to, by somebody else."""
    return services.approve_refund(refund, user=user or person())


def pay_back(refund: Refund, *, user: Any = None, proof: str = "") -> Refund:
    """Taken by a person and paid, with a reference of its own."""
    payer = user or person()
    taken = services.take_refund(refund, user=payer)
    return services.record_paid_back(taken, proof_of_payment=proof or f"CO-{next(_numbers)}", user=payer)


def refund(status: str, *, amount: str = "231.00", **of: Any) -> Refund:
    """A refund that came to requested, approved, done or failed (after it was approved)."""
    made = request(amount=amount, **of)
    if status != "requested":
        made = approve(made)
    if status == "done":
        made = pay_back(made)
    if status == "failed":
        made = services.record_refund_failed(made, reason="The wallet is closed.", user=person())
    return made
