"""A database as large as a busy operator's after years, made in a minute or two: to see that pages stay quick.

Rows are written in bulk by PostgreSQL itself, with the triggers off, because a million payments by the road that payments take
would need a day. They are consistent all the same: `check_ledger` finds nothing in them but that nobody recorded how they came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import connection, models, transaction

from customer_data.models import Booking, Customer, Payment, Receipt, ReceiptSeries
from customer_data.recording import recorded_tables, take_stock
from desk.large_data.filling import fill, in_bulk, run
from desk.large_data.rows import ATTEMPTS, PLAN, REFERENCE, TWO_YEARS, tables


@dataclass(frozen=True)
class Size:
    """How much. Bookings are three tenths of the payments, events three for each payment."""

    payments: int = 1_000_000

    @property
    def bookings(self) -> int:
        return max(1, self.payments * 3 // 10)

    @property
    def customers(self) -> int:
        return max(1, self.bookings * 2 // 3)

    @property
    def open(self) -> int:
        """How many of the newest bookings wait for their money."""
        return min(500, self.bookings // 10)


def make_large_data(size: Size, *, say: Callable[[str], object] = lambda _: None) -> None:
    """Add `size` to what is there, in one transaction. Raises what PostgreSQL raises; then nothing was added."""
    with transaction.atomic(), connection.cursor() as cursor:
        run(cursor, "SET LOCAL maintenance_work_mem = '512MB'")
        run(cursor, "DROP TABLE IF EXISTS pg_temp.plan, pg_temp.attempt")
        run(cursor, REFERENCE)
        facts: dict[str, Any] = {
            "bookings": size.bookings, "payments": size.payments, "customers": size.customers, "open": size.open,
            "first_booking": _last(Booking), "first_customer": _last(Customer),
            "first_receipt": _last_receipt("R"), "first_test_receipt": _last_receipt("TEST"),
            "first_reference": Payment.objects.count() * 2 + 1_000_000,
        }  # fmt: skip
        run(cursor, PLAN.format(two_years=TWO_YEARS), facts)
        run(cursor, ATTEMPTS, facts)
        run(cursor, "ANALYZE attempt")
        for model, columns, source in tables():
            say(f"{model._meta.verbose_name_plural} ...")
            with in_bulk(cursor, model):
                fill(cursor, model, columns, source, facts)
        _move_series(cursor)
    with connection.cursor() as cursor:
        for model, *_ in tables():
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def record_it(*, say: Callable[[str], object] = lambda _: None) -> None:
    """A first entry in the record of changes for every row, as for rows that are older than the record."""
    ours = {model for model, *_ in tables()}
    for table in recorded_tables():
        if table.model in ours:
            say(f"the record of {table.model._meta.verbose_name_plural} ...")
            take_stock(table)


def _move_series(cursor: Any) -> None:
    """The next receipts go on from the last ones."""
    ReceiptSeries.objects.bulk_create([ReceiptSeries(name=name) for name in ("R", "TEST")], ignore_conflicts=True)
    with pgtrigger.ignore("customer_data.ReceiptSeries:one_number_at_a_time"):
        run(
            cursor,
            """UPDATE customer_data_receiptseries AS series SET last_number = last.number
               FROM (SELECT series, max(number) AS number FROM customer_data_receipt GROUP BY series) AS last
               WHERE last.series = series.name""",
        )


def _last(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0)


def _last_receipt(series: str) -> int:
    return int(Receipt.objects.filter(series=series).aggregate(last=models.Max("number"))["last"] or 0)
