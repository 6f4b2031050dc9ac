"""What must be true of money that goes back, of disputes, and of cancelled bookings."""

from __future__ import annotations

from collections.abc import Iterator

from customer_data.ledger.rows import rows_of


# --- Refunds --------------------------------------------------------------------------------------
def refunds_never_exceed_the_payment() -> Iterator[str]:
    """What went back of a payment and what is on its way is never more than was received."""
    rows = rows_of(
        """SELECT p.reference, p.currency, p.amount, sum(r.amount) FROM customer_data_refund r
           JOIN customer_data_payment p ON p.id = r.payment_id WHERE r.status <> 'failed'
           GROUP BY p.reference, p.currency, p.amount HAVING sum(r.amount) > p.amount"""
    )
    for reference, currency, amount, back in rows:
        yield f"Payment {reference} is of {currency} {amount}, and {currency} {back} of it goes back."


def a_refund_is_of_money_that_came_in() -> Iterator[str]:
    """A refund is in its payment's currency and kind of money, of more than nothing, and that payment's money came in."""
    rows = rows_of(
        """SELECT r.reference, r.currency, r.amount, r.status, p.reference, p.status FROM customer_data_refund r
           JOIN customer_data_payment p ON p.id = r.payment_id
           WHERE r.amount <= 0 OR r.currency <> p.currency OR r.is_test <> p.is_test
               OR r.status <> ALL(%(refund_statuses)s) OR p.status <> ALL(%(needs_proof)s)"""
    )
    for reference, currency, amount, status, payment, stands in rows:
        yield f"Refund {reference} of {currency} {amount} is {status}, of payment {payment}, which is {stands}: that cannot be."


def a_refund_is_approved_by_another() -> Iterator[str]:
    """Nothing goes back, or is about to, unless somebody approved it who had not asked for it."""
    rows = rows_of(
        """SELECT reference, status, approved_by_id IS NULL FROM customer_data_refund
           WHERE approved_by_id = requested_by_id
               OR (status IN ('approved', 'sent', 'done') AND (approved_by_id IS NULL OR approved_at IS NULL))"""
    )
    for reference, status, nobody in rows:
        yield f"Refund {reference} is {status}, approved by {'nobody' if nobody else 'who asked for it'}."


def a_refund_that_is_done_says_who_and_when() -> Iterator[str]:
    """A refund that is done has its moment, and either who paid it back under which reference, or the gateway's word."""
    rows = rows_of(
        """SELECT reference FROM customer_data_refund WHERE status = 'done' AND (done_at IS NULL
           OR (gateway_status = '' AND (done_by_id IS NULL OR proof_of_payment = '')))"""
    )
    for (reference,) in rows:
        yield f"Refund {reference} is done, and nothing says when, or by whom."


def a_refunded_payment_went_back_by_refunds_or_a_person_was_told() -> Iterator[str]:
    """A refunded payment went back by refunds of ours to the cent; where the gateway gave it back by itself, a person was told."""
    rows = rows_of(
        """SELECT p.reference, p.currency, p.amount, coalesce(sum(r.amount), 0) FROM customer_data_payment p
           LEFT JOIN customer_data_refund r ON r.payment_id = p.id AND r.status = 'done'
           WHERE p.status = 'refunded' AND NOT EXISTS (
               SELECT 1 FROM customer_data_concern c WHERE c.payment_id = p.id AND c.kind = %(refunded_outside)s)
           GROUP BY p.reference, p.currency, p.amount HAVING coalesce(sum(r.amount), 0) <> p.amount"""
    )
    for reference, currency, amount, back in rows:
        yield f"Payment {reference} of {currency} {amount} is refunded, by refunds of {currency} {back}, and nobody was told."


def a_payment_that_went_back_whole_is_refunded() -> Iterator[str]:
    """When the refunds that are done make up a payment, it is refunded, and no refund of a refunded payment is under way."""
    rows = rows_of(
        """SELECT p.reference, p.status FROM customer_data_payment p JOIN customer_data_refund r ON r.payment_id = p.id
           GROUP BY p.reference, p.status, p.amount
           HAVING (p.status <> 'refunded' AND coalesce(sum(r.amount) FILTER (WHERE r.status = 'done'), 0) = p.amount)
               OR (p.status = 'refunded' AND bool_or(r.status IN ('requested', 'approved', 'sent')))"""
    )
    for reference, status in rows:
        yield f"Payment {reference} is {status}, and its refunds say otherwise."


def a_refund_under_way_is_never_forgotten() -> Iterator[str]:
    """What was approved is due at its gateway, or a person was told to pay it back."""
    rows = rows_of(
        """SELECT reference, status FROM customer_data_refund r WHERE status IN ('approved', 'sent') AND CASE way
           WHEN 'gateway' THEN next_check_at IS NULL
           ELSE NOT EXISTS (SELECT 1 FROM customer_data_concern c
               WHERE c.payment_id = r.payment_id AND c.kind = %(refund_to_pay)s) END"""
    )
    for reference, status in rows:
        yield f"Refund {reference} is {status}, and nothing is due to be done about it."


# --- Disputes -------------------------------------------------------------------------------------
def a_disputed_payment_has_a_case() -> Iterator[str]:
    """A payment is disputed exactly while a dispute of it is open, and a closed one says when."""
    rows = rows_of(
        """SELECT p.reference, p.status FROM customer_data_payment p WHERE p.status = 'disputed' AND NOT EXISTS (
               SELECT 1 FROM customer_data_dispute d WHERE d.payment_id = p.id AND d.status = 'open')
           UNION ALL
           SELECT p.reference, p.status FROM customer_data_dispute d JOIN customer_data_payment p ON p.id = d.payment_id
           WHERE (d.status = 'open' AND p.status <> 'disputed') OR (d.status <> 'open' AND d.closed_at IS NULL)"""
    )
    for reference, status in rows:
        yield f"Payment {reference} is {status}, and its disputes say otherwise."


# --- Cancelled bookings ---------------------------------------------------------------------------
def a_cancelled_booking_holds_nothing() -> Iterator[str]:
    """A cancelled booking says who cancelled it and why, keeps no seats, and waits for no payment."""
    rows = rows_of(
        """SELECT booking_reference FROM customer_data_booking b WHERE cancelled_at IS NOT NULL AND (
               cancelled_by_id IS NULL OR cancel_reason = ''
               OR EXISTS (SELECT 1 FROM customer_data_seathold h WHERE h.booking_id = b.id AND h.released_at IS NULL)
               OR EXISTS (SELECT 1 FROM customer_data_payment p WHERE p.booking_id = b.id AND p.status = ANY(%(open)s)))"""
    )
    for (reference,) in rows:
        yield f"Booking {reference} was cancelled, and still keeps seats or waits for money, or nobody says why."


def money_for_a_cancelled_booking_was_told_to_a_person() -> Iterator[str]:
    """Where money came after a booking was cancelled, a concern was raised about it."""
    rows = rows_of(
        """SELECT DISTINCT p.reference FROM customer_data_booking b JOIN customer_data_payment p ON p.booking_id = b.id
           JOIN customer_data_paymentevent e ON e.payment_id = p.id
           WHERE b.cancelled_at IS NOT NULL AND e.to_status = 'successful' AND e.from_status NOT IN ('successful', 'disputed')
               AND e.created_at > b.cancelled_at AND NOT EXISTS (
                   SELECT 1 FROM customer_data_concern c WHERE c.payment_id = p.id AND c.kind = %(trip_cancelled)s)"""
    )
    for (reference,) in rows:
        yield f"Money came for payment {reference} after its booking was cancelled, and nobody was told."
