"""What must be true of receipts."""

from __future__ import annotations

from collections.abc import Iterator

from customer_data.ledger.rows import rows_of


def money_that_came_in_has_a_receipt() -> Iterator[str]:
    """Ten minutes after the money, its receipt is there: issued at once, or by the clock when a worker died."""
    rows = rows_of(
        """SELECT reference, processed_at FROM customer_data_payment p
           WHERE status = ANY(%(needs_proof)s) AND processed_at < now() - interval '10 minutes'
               AND NOT EXISTS (SELECT 1 FROM customer_data_receipt r WHERE r.payment_id = p.id)"""
    )
    for reference, came in rows:
        yield f"Payment {reference} came in at {came:%Y-%m-%d %H:%M} and has no receipt."


def receipts_are_numbered_without_a_gap() -> Iterator[str]:
    """In each series the numbers go from one to the last that was given out, and are issued in that order."""
    rows = rows_of(
        """SELECT series, number, before, number > last_number, issued_at < issued_before FROM (
               SELECT series, number, issued_at, s.last_number,
                   coalesce(lag(number) OVER numbered, 0) AS before, lag(issued_at) OVER numbered AS issued_before
               FROM customer_data_receipt r LEFT JOIN customer_data_receiptseries s ON s.name = r.series
               WINDOW numbered AS (PARTITION BY series ORDER BY number)) AS one
           WHERE number <> before + 1 OR number > coalesce(last_number, 0) OR issued_at < issued_before
           UNION ALL
           SELECT name, last_number, coalesce(max(number), 0), false, false
           FROM customer_data_receiptseries s LEFT JOIN customer_data_receipt r ON r.series = s.name
           GROUP BY name, last_number HAVING last_number > coalesce(max(number), 0)"""
    )
    for series, number, before, *_ in rows:
        yield f"In the receipts {series}, number {number} follows {before}, or is out of order."


def a_receipt_says_what_was_paid() -> Iterator[str]:
    """Number, amount, currency and payment stand on it as they are in the books, in the series of its kind of money."""
    rows = rows_of(
        """SELECT series, number, reference FROM customer_data_receipt r JOIN customer_data_payment p ON p.id = r.payment_id
           WHERE p.status <> ALL(%(needs_proof)s)
               OR series <> CASE WHEN p.is_test THEN 'TEST' ELSE 'R' END
               OR NOT facts @> jsonb_build_array(
                   jsonb_build_array('Receipt', series || '-' || lpad(number::text, greatest(6, length(number::text)), '0')),
                   jsonb_build_array('Amount', CASE p.currency WHEN 'USD' THEN 'US$ ' ELSE 'ZiG ' END
                       || to_char(p.amount, 'FM9,999,999,999,990.00')),
                   jsonb_build_array('Payment', p.reference))"""
    )
    for series, number, reference in rows:
        yield f"Receipt {series}-{number:06d} does not say what payment {reference} says."
