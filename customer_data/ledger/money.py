"""What must be true of bookings, payments and the trail of each payment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from customer_data.ledger.rows import rows_of

# --- Bookings -------------------------------------------------------------------------------------
_EXPECTED = """
    WITH sums AS (
        SELECT booking_id,
            sum(amount) FILTER (WHERE NOT is_test) AS real_ever,
            sum(amount) FILTER (WHERE NOT is_test AND status = ANY(%(money_in)s)) AS real_now,
            sum(amount) FILTER (WHERE is_test) AS test_ever,
            sum(amount) FILTER (WHERE is_test AND status = ANY(%(money_in)s)) AS test_now
        FROM customer_data_payment WHERE status = ANY(%(needs_proof)s) GROUP BY booking_id
    ), back AS (
        SELECT booking_id,
            sum(r.amount) FILTER (WHERE NOT p.is_test) AS real_back,
            sum(r.amount) FILTER (WHERE p.is_test) AS test_back
        FROM customer_data_refund r JOIN customer_data_payment p ON p.id = r.payment_id
        WHERE r.status = 'done' AND p.status = ANY(%(money_in)s) GROUP BY booking_id
    ), paid AS (
        SELECT b.*, round(total_amount * deposit_percent / 100, 2) AS deposit,
            real_ever IS NULL AND test_ever IS NOT NULL AS should_be_test,
            CASE WHEN real_ever IS NOT NULL THEN coalesce(real_now, 0) - coalesce(real_back, 0)
                 WHEN test_ever IS NOT NULL THEN coalesce(test_now, 0) - coalesce(test_back, 0) END AS paid
        FROM customer_data_booking b LEFT JOIN sums ON sums.booking_id = b.id LEFT JOIN back ON back.booking_id = b.id
    ), expected AS (
        SELECT *, coalesce(paid, 0) AS should_be_paid,
            CASE WHEN paid IS NULL THEN 'unpaid'
                 WHEN paid = 0 THEN 'refunded'
                 WHEN paid > total_amount THEN 'overpaid'
                 WHEN paid = total_amount THEN 'paid'
                 WHEN deposit > 0 AND paid >= deposit THEN 'deposit_paid'
                 ELSE 'part_paid' END AS should_be_status
        FROM paid
    )
"""


def paid_amount_is_the_sum_of_the_payments() -> Iterator[str]:
    """A booking's paid amount is the sum of its payments that are in, less what went back of them; test money counts only alone."""
    rows = _compared("booking_reference, currency, amount_paid, should_be_paid", where="amount_paid <> should_be_paid")
    for reference, currency, paid, should_be in rows:
        yield f"Booking {reference} says {currency} {paid} is paid; its payments add up to {currency} {should_be}."


def booking_status_follows_from_the_payments() -> Iterator[str]:
    """A booking's status follows from what is paid, its total and its deposit."""
    rows = _compared("booking_reference, payment_status, should_be_status", where="payment_status <> should_be_status")
    for reference, status, should_be in rows:
        yield f"Booking {reference} says {status}; its payments make it {should_be}."


def real_and_test_money_are_apart() -> Iterator[str]:
    """A booking is marked as a test exactly when only test money was ever paid for it."""
    rows = _compared("booking_reference, is_test", where="is_test <> should_be_test")
    for reference, is_test in rows:
        yield f"Booking {reference} is {'' if is_test else 'not '}marked as a test; its payments say otherwise."


def an_overpaid_booking_was_told_to_a_person() -> Iterator[str]:
    """Where more was paid than a booking costs, a concern was raised about one of its payments."""
    rows = rows_of(
        """SELECT booking_reference, currency, amount_paid, total_amount FROM customer_data_booking b
           WHERE amount_paid > total_amount AND NOT EXISTS (
               SELECT 1 FROM customer_data_concern c JOIN customer_data_payment p ON p.id = c.payment_id
               WHERE p.booking_id = b.id AND c.kind = ANY(%(told_of_overpaid)s))"""
    )
    for reference, currency, paid, total in rows:
        yield f"Booking {reference} costs {currency} {total} and {currency} {paid} is paid, and nobody was told."


def booking_amounts_and_words_are_possible() -> Iterator[str]:
    """A booking costs more than nothing, its deposit is a percentage, its status and currency are known."""
    rows = rows_of(
        """SELECT booking_reference, total_amount, deposit_percent, payment_status, currency FROM customer_data_booking
           WHERE total_amount <= 0 OR amount_paid < 0 OR deposit_percent NOT BETWEEN 0 AND 100
               OR payment_status <> ALL(%(booking_statuses)s) OR currency <> ALL(%(currencies)s)"""
    )
    for reference, total, percent, status, currency in rows:
        yield f"Booking {reference} cannot be: it costs {currency} {total}, with a deposit of {percent} %, and is {status}."


# --- Payments -------------------------------------------------------------------------------------
def a_payment_is_of_more_than_nothing() -> Iterator[str]:
    """No payment is of nothing or less."""
    rows = rows_of("SELECT reference, currency, amount FROM customer_data_payment WHERE amount <= 0")
    for reference, currency, amount in rows:
        yield f"Payment {reference} is of {currency} {amount}."


def a_payment_status_is_known() -> Iterator[str]:
    """Every payment has one of our statuses."""
    for reference, status in rows_of("SELECT reference, status FROM customer_data_payment WHERE status <> ALL(%(statuses)s)"):
        yield f"Payment {reference} has the status {status}, which does not exist."


def a_booking_has_one_open_payment() -> Iterator[str]:
    """At most one payment of a booking waits for the customer."""
    rows = rows_of(
        """SELECT booking_reference, count(*) FROM customer_data_payment p JOIN customer_data_booking b ON b.id = p.booking_id
           WHERE p.status = ANY(%(open)s) GROUP BY booking_reference HAVING count(*) > 1"""
    )
    for reference, count in rows:
        yield f"Booking {reference} has {count} open payments."


def money_has_a_report_or_an_approver() -> Iterator[str]:
    """Nothing is successful, disputed or refunded on nobody's word."""
    rows = rows_of(
        """SELECT reference, status FROM customer_data_payment WHERE status = ANY(%(needs_proof)s)
           AND approved_by_id IS NULL AND (reported_at IS NULL OR gateway_status = '')"""
    )
    for reference, status in rows:
        yield f"Payment {reference} is {status} without a gateway's report or an approver."


def a_payment_is_in_its_bookings_currency() -> Iterator[str]:
    """A payment and its booking have the same currency: amounts are only added within one."""
    rows = rows_of(
        """SELECT p.reference, p.currency, b.booking_reference, b.currency
           FROM customer_data_payment p JOIN customer_data_booking b ON b.id = p.booking_id WHERE p.currency <> b.currency"""
    )
    for reference, currency, booking, booking_currency in rows:
        yield f"Payment {reference} is in {currency}, its booking {booking} in {booking_currency}."


def a_gateway_reference_pays_once() -> Iterator[str]:
    """One payment at a gateway stands behind one payment here."""
    rows = rows_of(
        """SELECT gateway, gateway_reference, string_agg(reference, ', ' ORDER BY reference) FROM customer_data_payment
           WHERE gateway_reference <> '' AND status = ANY(%(money_in)s) GROUP BY gateway, gateway_reference HAVING count(*) > 1"""
    )
    for gateway, gateway_reference, references in rows:
        yield f"{gateway_reference} of {gateway} stands behind more than one payment: {references}."


def an_open_payment_is_never_forgotten() -> Iterator[str]:
    """Something is due to be done about every open payment."""
    rows = rows_of("SELECT reference, status FROM customer_data_payment WHERE status = ANY(%(open)s) AND next_check_at IS NULL")
    for reference, status in rows:
        yield f"Payment {reference} is {status}, and nothing is due to be done about it."


def late_money_was_told_to_a_person() -> Iterator[str]:
    """Where money came after a payment was closed, a concern was raised about it."""
    rows = rows_of(
        """SELECT DISTINCT reference FROM customer_data_payment p JOIN customer_data_paymentevent e ON e.payment_id = p.id
           WHERE e.to_status = 'successful' AND e.from_status = ANY(%(unpaid_ends)s) AND NOT EXISTS (
               SELECT 1 FROM customer_data_concern c WHERE c.payment_id = p.id AND c.kind = ANY(%(told_of_late_money)s))"""
    )
    for (reference,) in rows:
        yield f"Money came for payment {reference} after it was closed, and nobody was told."


# --- The trail ------------------------------------------------------------------------------------
def every_move_is_legal() -> Iterator[str]:
    """Every move in the trail is in the table of moves, and the first is the opening."""
    rows = rows_of(
        """SELECT p.reference, e.id, e.from_status, e.to_status
           FROM customer_data_paymentevent e JOIN customer_data_payment p ON p.id = e.payment_id
           WHERE e.from_status <> e.to_status AND NOT EXISTS (
               SELECT 1 FROM unnest(%(moves_from)s::text[], %(moves_to)s::text[]) AS legal(start, stop)
               WHERE legal.start = e.from_status AND legal.stop = e.to_status)"""
    )
    for reference, event, start, end in rows:
        yield f"Event {event} of payment {reference} goes from {start or 'nothing'} to {end}, which is not allowed."


def the_trail_is_unbroken() -> Iterator[str]:
    """Every move begins where the one before it ended; the first at nothing. A line that only notes does not move."""
    rows = rows_of(
        """SELECT reference, id, from_status, before FROM (
               SELECT p.reference, e.id, e.from_status,
                   coalesce(lag(e.to_status) OVER (PARTITION BY e.payment_id ORDER BY e.id), '') AS before
               FROM customer_data_paymentevent e JOIN customer_data_payment p ON p.id = e.payment_id
               WHERE e.from_status <> e.to_status) AS moves
           WHERE from_status <> before"""
    )
    for reference, event, start, before in rows:
        yield f"Event {event} of payment {reference} begins at {start or 'nothing'}; the last ended at {before or 'nothing'}."


def the_trail_ends_where_the_payment_stands() -> Iterator[str]:
    """A payment's status is where its last move ended."""
    rows = rows_of(
        """SELECT p.reference, p.status, ends.to_status FROM customer_data_payment p LEFT JOIN (
               SELECT DISTINCT ON (payment_id) payment_id, to_status FROM customer_data_paymentevent
               WHERE from_status <> to_status ORDER BY payment_id, id DESC) AS ends ON ends.payment_id = p.id
           WHERE ends.to_status IS DISTINCT FROM p.status"""
    )
    for reference, status, end in rows:
        yield f"Payment {reference} is {status}; its trail ends at {end or 'nothing'}."


def _compared(columns: str, *, where: str) -> Iterator[tuple[Any, ...]]:
    """Bookings beside what their payments say."""
    return rows_of(f"{_EXPECTED} SELECT {columns} FROM expected WHERE {where}")  # noqa: S608  both are written above
