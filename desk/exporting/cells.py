"""One cell of an export, as text for CSV and as a value for Excel. Never a formula. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

Cell = str | int | Decimal | date | datetime | None

# Excel, LibreOffice and others run what begins like this (https://owasp.org/www-community/attacks/CSV_Injection).
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_text(text: str) -> str:
    """`text`, with an apostrophe before it where a spreadsheet would take it for a formula; control characters left out."""
    clean = "".join(character for character in text if character >= " " or character in "\t\n\r")
    return f"'{clean}" if clean.lstrip(" \u00a0").startswith(_LIVE) or clean.startswith(_LIVE) else clean


def csv_text(cell: Cell) -> str:
    """For CSV: amounts with a point, days and times as ISO 8601 in Harare time."""
    match cell:
        case None:
            return ""
        case datetime():
            return f"{timezone.localtime(cell):%Y-%m-%d %H:%M:%S}"
        case str():
            return safe_text(cell)
        case _:
            return str(cell)


def excel_value(cell: Cell) -> Cell:
    """For Excel: times without a zone, in Harare time, as Excel knows them."""
    return timezone.localtime(cell).replace(tzinfo=None) if isinstance(cell, datetime) else cell
