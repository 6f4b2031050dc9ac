"""Every way in which proofs of payment could be wrong in the books, forced past the database's guards."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from customer_data import ledger
from customer_data.models import Proof
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.guards import without_guards

Forced = Callable[[], str]


def approved_proof() -> Proof:
    """Cash of US$ 231.00, handed in by one and approved by another."""
    payment = make.payment(Status.SUCCESSFUL, gateway="offline", payment_method="cash")
    return Proof.objects.create(
        kind="cash",
        booking=payment.booking,
        status="approved",
        submitted_by=make.staff("cashier"),  # type: ignore[misc]  # the one user model
        decided_by=make.staff("supervisor"),
        decided_at=timezone.now(),
        received_amount=payment.amount,
        settled=payment,
    )


def change_proof(what: str) -> str:
    proof = approved_proof()
    without_guards(f"UPDATE customer_data_proof SET {what} WHERE id = %(id)s", id=proof.pk)  # noqa: S608
    return f"Proof {proof.pk}"


def money_went_nowhere() -> str:
    proof = approved_proof()
    without_guards("UPDATE customer_data_payment SET status = 'pending' WHERE booking_id = %(id)s", id=proof.booking_id or 0)
    return f"Proof {proof.pk}"


FORCED_PROOFS: dict[ledger.Invariant, list[Forced]] = {
    ledger.an_approved_proof_is_a_payment_of_that_amount: [
        lambda: change_proof("received_amount = 230.99"),
        lambda: change_proof("settled_id = NULL"),
        money_went_nowhere,
    ],
    ledger.money_without_a_gateways_network_has_a_proof: [
        lambda: make.payment(Status.SUCCESSFUL, gateway="offline", payment_method="cash").reference,
    ],
    ledger.nobody_approves_what_they_handed_in: [lambda: change_proof("submitted_by_id = decided_by_id")],
}
