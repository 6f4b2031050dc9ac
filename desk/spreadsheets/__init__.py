"""Tables in files that strangers made: read as text, numbers and days, never worked out. Pure."""

from desk.spreadsheets.tables import (
    MOST_BYTES,
    Cell,
    Formula,
    NotATable,
    Row,
    check_size,
    read_rows,
)
from desk.spreadsheets.values import (
    DATE_FORMATS,
    DateFormat,
    NotReadable,
    guess_date_format,
    guess_decimal_mark,
    is_ambiguous_day,
    read_amount,
    read_day,
    read_text,
)

__all__ = [
    "DATE_FORMATS",
    "MOST_BYTES",
    "Cell",
    "DateFormat",
    "Formula",
    "NotATable",
    "NotReadable",
    "Row",
    "check_size",
    "guess_date_format",
    "guess_decimal_mark",
    "is_ambiguous_day",
    "read_amount",
    "read_day",
    "read_rows",
    "read_text",
]
