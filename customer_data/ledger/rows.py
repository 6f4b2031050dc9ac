"""One question to the books: a query, streamed, with the words that it may name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from customer_data.gateway import gateways
from customer_data.models import ConcernKind, RefundStatus
from customer_data.money import Currency
from customer_data.status import MONEY_IN, MOVES, NEEDS_PROOF, OPEN, UNPAID_ENDS, BookingStatus, Status


def rows_of(sql: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, streamed. It may name the words of `_words`."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, _words())
        while rows := cursor.fetchmany(1000):
            yield from rows


def _words() -> dict[str, Any]:
    moves = [("", Status.CREATED), *((start, end) for start, ends in MOVES.items() for end in ends)]
    return {
        "money_in": [str(status) for status in MONEY_IN],
        "needs_proof": [str(status) for status in NEEDS_PROOF],
        "reviewed": [gateway.name for gateway in gateways() if gateway.capabilities().is_reviewed],
        "open": [str(status) for status in OPEN],
        "unpaid_ends": [str(status) for status in UNPAID_ENDS],
        "statuses": Status.values,
        "booking_statuses": BookingStatus.values,
        "currencies": Currency.values,
        "told_of_overpaid": [str(kind) for kind in (ConcernKind.OVERPAID, ConcernKind.PAID_TWICE, ConcernKind.TRIP_CANCELLED)],
        "told_of_late_money": [str(kind) for kind in (ConcernKind.LATE_MONEY, ConcernKind.TRIP_CANCELLED)],
        "refunded_outside": str(ConcernKind.REFUNDED_OUTSIDE),
        "refund_to_pay": str(ConcernKind.REFUND_TO_PAY),
        "trip_cancelled": str(ConcernKind.TRIP_CANCELLED),
        "refund_statuses": RefundStatus.values,
        "no_seats": str(ConcernKind.NO_SEATS),
        "moves_from": [str(start) for start, _ in moves],
        "moves_to": [str(end) for _, end in moves],
    }
