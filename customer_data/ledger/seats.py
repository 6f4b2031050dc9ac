"""What must be true of seats."""

from __future__ import annotations

from collections.abc import Iterator

from customer_data.ledger.rows import rows_of


def a_departure_is_not_oversold() -> Iterator[str]:
    """No more seats are held, for a while or for good, than there are."""
    rows = rows_of(
        """SELECT t.name, d.starts_on, d.seats, sum(h.seats) FROM customer_data_departure d
           JOIN customer_data_tour t ON t.id = d.tour_id JOIN customer_data_seathold h ON h.departure_id = d.id
           WHERE h.released_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > now())
           GROUP BY t.name, d.starts_on, d.seats HAVING sum(h.seats) > d.seats"""
    )
    for tour, starts_on, seats, held in rows:
        yield f"{tour} on {starts_on} has {seats} seats, and {held} are held."


def paid_seats_are_kept_or_a_person_was_told() -> Iterator[str]:
    """Where money is in for a trip, its seats are kept for good, or somebody was told that they are gone."""
    rows = rows_of(
        """SELECT b.booking_reference, b.currency, b.amount_paid FROM customer_data_booking b
           JOIN customer_data_seathold h ON h.booking_id = b.id
           WHERE amount_paid > 0 AND b.cancelled_at IS NULL AND (h.released_at IS NOT NULL OR h.expires_at IS NOT NULL)
               AND NOT EXISTS (
               SELECT 1 FROM customer_data_concern c JOIN customer_data_payment p ON p.id = c.payment_id
               WHERE p.booking_id = b.id AND c.kind = %(no_seats)s)"""
    )
    for reference, currency, paid in rows:
        yield f"Booking {reference} has {currency} {paid} in, and its seats are not kept."
