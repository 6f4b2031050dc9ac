"""Taking the database's guards away, so that tests can break the books; the test's rollback puts them back."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

TABLES = [
    f"customer_data_{name}"
    for name in (
        "payment",
        "paymentevent",
        "booking",
        "departure",
        "seathold",
        "receipt",
        "receiptseries",
        "refund",
        "transfer",
        "dispute",
        "proof",
    )
]


def without_guards(statement: str, **values: int | UUID) -> None:
    """Run `statement` as somebody who owns the tables and switches everything off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute("DROP INDEX IF EXISTS one_open_payment_per_booking")
        cursor.execute(statement, values)
