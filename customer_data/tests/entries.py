"""What the record of changes holds about one row."""

from __future__ import annotations

from typing import Any

from customer_data.models import Change


def entries(row: Any) -> list[Change]:
    return list(Change.objects.filter(table_name=row._meta.db_table, row_id=str(row.pk)).order_by("number"))


def last(row: Any) -> Change:
    return entries(row)[-1]
