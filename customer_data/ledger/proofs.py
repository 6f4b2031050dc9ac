"""What must be true of proofs of payment and of the money that was booked for them."""

from __future__ import annotations

from collections.abc import Iterator

from customer_data.ledger.rows import rows_of


def an_approved_proof_is_a_payment_of_that_amount() -> Iterator[str]:
    """What a person found on our statement is in the books, as much as was found, even if it went back later."""
    rows = rows_of(
        """SELECT f.id, f.received_amount, p.reference, p.amount, p.status FROM customer_data_proof f
           LEFT JOIN customer_data_payment p ON p.id = f.settled_id
           WHERE f.status = 'approved'
               AND (p.id IS NULL OR p.amount <> f.received_amount OR p.status <> ALL(%(needs_proof)s))"""
    )
    for number, received, reference, amount, status in rows:
        booked = f"payment {reference} of {amount}, which is {status}" if reference else "no payment"
        yield f"Proof {number} was approved for {received}; behind it stands {booked}."


def money_without_a_gateways_network_has_a_proof() -> Iterator[str]:
    """A transfer or cash is paid only through a proof that somebody approved; a gateway's own news has no approver."""
    rows = rows_of(
        """SELECT reference, status FROM customer_data_payment p
           WHERE status = ANY(%(needs_proof)s) AND gateway = ANY(%(reviewed)s)
               AND NOT EXISTS (SELECT 1 FROM customer_data_proof f WHERE f.settled_id = p.id AND f.status = 'approved')"""
    )
    for reference, status in rows:
        yield f"Payment {reference} is {status}, and no approved proof stands behind it."


def nobody_approves_what_they_handed_in() -> Iterator[str]:
    rows = rows_of("SELECT id FROM customer_data_proof WHERE decided_by_id IS NOT NULL AND decided_by_id = submitted_by_id")
    for (number,) in rows:
        yield f"Proof {number} was decided by the one who handed it in."
