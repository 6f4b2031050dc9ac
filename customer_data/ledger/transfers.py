"""What must be true of payments that were moved from one booking to another."""

from __future__ import annotations

from collections.abc import Iterator

from customer_data.ledger.rows import rows_of


def a_payment_is_where_its_last_transfer_put_it() -> Iterator[str]:
    """A payment that was ever moved counts for the booking that it was moved to last."""
    rows = rows_of(
        """SELECT p.reference, is_on.booking_reference, should_be.booking_reference FROM (
               SELECT DISTINCT ON (payment_id) payment_id, to_booking_id FROM customer_data_transfer
               ORDER BY payment_id, id DESC) AS ends
           JOIN customer_data_payment p ON p.id = ends.payment_id
           JOIN customer_data_booking is_on ON is_on.id = p.booking_id
           JOIN customer_data_booking should_be ON should_be.id = ends.to_booking_id
           WHERE p.booking_id <> ends.to_booking_id"""
    )
    for reference, is_on, should_be in rows:
        yield f"Payment {reference} counts for booking {is_on}; it was last moved to {should_be}."


def transfers_follow_one_another() -> Iterator[str]:
    """Each transfer of a payment starts at the booking where the one before it ended."""
    rows = rows_of(
        """SELECT reference, starts.booking_reference, ended.booking_reference FROM (
               SELECT payment_id, from_booking_id, lag(to_booking_id) OVER (PARTITION BY payment_id ORDER BY id) AS before
               FROM customer_data_transfer) AS moves
           JOIN customer_data_payment p ON p.id = moves.payment_id
           JOIN customer_data_booking starts ON starts.id = moves.from_booking_id
           JOIN customer_data_booking ended ON ended.id = moves.before
           WHERE from_booking_id <> before"""
    )
    for reference, starts, ended in rows:
        yield f"Payment {reference} was moved from booking {starts}, but the transfer before had put it on {ended}."
