"""Amounts and days as banks write them. Nothing is guessed for one cell: the column's habit is chosen once, by a person. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from desk.spreadsheets.cells import Cell, Formula

CENT = Decimal("0.01")
MOST = Decimal("999999999999.99")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_MONEY_WORDS = re.compile(r"(?i)^(US\$|USD|ZWG|ZIG|\$)|(US\$|USD|ZWG|ZIG)$")
_SIDE = re.compile(r"(?i)(CR|DR|C|D)\.?$")
_MINUS = "-\u2212\u2013"


class NotReadable(ValueError):
    """The cell does not hold what its column should; the message is a sentence for a person."""


class DateFormat(StrEnum):
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    YEAR_FIRST = "year_first"


DATE_FORMATS: dict[str, str] = {
    DateFormat.DAY_FIRST: "Day first: 31/01/2026",
    DateFormat.MONTH_FIRST: "Month first: 01/31/2026",
    DateFormat.YEAR_FIRST: "Year first: 2026-01-31",
}


# --- Text -----------------------------------------------------------------------------------------
def read_text(cell: Cell) -> str:
    """The words of a cell on one line. Raises NotReadable for a formula."""
    _refuse_formula(cell)
    if isinstance(cell, Decimal):  # a reference that a spreadsheet took for a number
        return format(cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell, "f")
    return _SPACES.sub(" ", str(cell or "")).strip()


# --- Amounts --------------------------------------------------------------------------------------
def read_amount(cell: Cell, *, decimal_mark: str = ".") -> Decimal | None:
    """A signed amount with two places; None for an empty cell. Raises NotReadable.

    Money out is negative: `-5.00`, `5.00-`, `(5.00)` and `5.00 DR` say the same. Thousands are grouped by three with the other
    mark, a space or an apostrophe.
    """
    _refuse_formula(cell)
    if isinstance(cell, Decimal):
        return _to_cents(cell, shown=str(cell))
    text = read_text(cell)
    if text in ("", "-", "\u2013", "\u2014"):
        return None
    plain, is_out = _sign(_SPACES.sub("", text))
    number = _number(plain, decimal_mark)
    if number is None:
        mark = "a point" if decimal_mark == "." else "a comma"
        raise NotReadable(f"{text[:40]!r} is not an amount (this source writes {mark} before the cents).")
    amount = _to_cents(number, shown=text)
    return -amount if is_out else amount


def guess_decimal_mark(cells: Iterable[Cell]) -> str:
    """What stands before the cents in most cells: a point unless more of them end in a comma and one or two digits."""
    texts = [str(cell).strip(" )CRDcrd-") for cell in cells if isinstance(cell, str)]
    commas = sum(bool(re.search(r",\d{1,2}$", text)) for text in texts)
    points = sum(bool(re.search(r"\.\d{1,2}$", text)) for text in texts)
    return "," if commas > points else "."


def _sign(text: str) -> tuple[str, bool]:
    """`text` without its sign and currency, and whether it says that money went out."""
    is_out = False
    if side := _SIDE.search(text):
        is_out = side.group(1)[0] in "dD"
        text = text[: side.start()]
    text = _MONEY_WORDS.sub("", text)
    if text.startswith("(") and text.endswith(")"):
        return _MONEY_WORDS.sub("", text[1:-1]), True
    if text[:1] in tuple(_MINUS):
        return _MONEY_WORDS.sub("", text[1:]), True
    if text[-1:] in tuple(_MINUS):
        return text[:-1], True
    return text.removeprefix("+"), is_out


def _number(text: str, decimal_mark: str) -> Decimal | None:
    group = "," if decimal_mark == "." else "."
    grouped, cents = rf"\d{{1,3}}([{re.escape(group)}'\u2019]\d{{3}})+", re.escape(decimal_mark)
    if not re.fullmatch(rf"(\d{{1,15}}|{grouped})({cents}\d{{0,6}})?|{cents}\d{{1,6}}", text, re.ASCII):
        return None
    return Decimal(re.sub(rf"[{re.escape(group)}'\u2019]", "", text).replace(decimal_mark, ".").rstrip(".") or "0")


def _to_cents(number: Decimal, *, shown: str) -> Decimal:
    if not number.is_finite() or abs(number) > MOST:
        raise NotReadable(f"{shown[:40]!r} is not an amount of money.")
    cents = number.quantize(CENT)
    if abs(cents - number) > Decimal("0.000001"):  # a spreadsheet keeps 0.30 as 0.30000000000000004
        raise NotReadable(f"{shown[:40]!r} has more than two decimals.")
    return cents


# --- Days -----------------------------------------------------------------------------------------
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?!\d)", re.ASCII)
_YEAR_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_AND_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ,]*([A-Za-z]{3})[a-z]*[-/. ,]*(\d{4}|\d{2})(?!\d)", re.ASCII)
_NAME_AND_DAY = re.compile(r"([A-Za-z]{3})[a-z]*[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/. ,]+(\d{4})(?!\d)", re.ASCII)
_WEEKDAY = re.compile(r"(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,.]+")


def read_day(cell: Cell, date_format: str) -> date:
    """The day in a cell; a time after it is left out. Raises NotReadable."""
    _refuse_formula(cell)
    if isinstance(cell, date):
        return _plausible(cell, str(cell))
    text = _WEEKDAY.sub("", read_text(cell))
    if not text:
        raise NotReadable("There is no date.")
    parts = _parts(text, date_format)
    if parts is None:
        example = DATE_FORMATS.get(date_format, "").partition(": ")[2]
        raise NotReadable(f"{text[:40]!r} is not a date as this source writes them (like {example}).")
    year, month, day = parts
    try:
        return _plausible(date(year + 2000 if year < 100 else year, month, day), text)
    except ValueError:
        raise NotReadable(f"{text[:40]!r} is not a day of the calendar, as this source writes dates.") from None


def guess_date_format(cells: Iterable[Cell]) -> str:
    """How the cells write days: the one form in which all can be read; day first where several would do."""
    texts = [cell for cell in cells if isinstance(cell, str) and re.search(r"\d", cell)]
    if texts and all(_YEAR_FIRST.match(text) or _YEAR_PLAIN.match(text) for text in texts):
        return DateFormat.YEAR_FIRST
    readable = {form: sum(_can_read(text, form) for text in texts) for form in (DateFormat.DAY_FIRST, DateFormat.MONTH_FIRST)}
    return DateFormat.MONTH_FIRST if readable[DateFormat.MONTH_FIRST] > readable[DateFormat.DAY_FIRST] else DateFormat.DAY_FIRST


def is_ambiguous_day(cell: Cell) -> bool:
    """Whether day first and month first read two different days from it, so that a person must know."""
    if not isinstance(cell, str) or not _NUMBERS.match(cell.strip()):
        return False
    days = [read_day(cell, form) for form in (DateFormat.DAY_FIRST, DateFormat.MONTH_FIRST) if _can_read(cell, form)]
    return len(days) == 2 and days[0] != days[1]


def _can_read(text: str, date_format: str) -> bool:
    try:
        read_day(text, date_format)
    except NotReadable:
        return False
    return True


def _parts(text: str, date_format: str) -> tuple[int, int, int] | None:
    """Year, month and day. What names its month or begins with the year can only mean one thing, whatever the format."""
    if found := _YEAR_FIRST.match(text) or _YEAR_PLAIN.match(text):
        year, month, day = (int(part) for part in found.groups())
        return year, month, day
    if found := _DAY_AND_NAME.match(text):
        return int(found[3]), _MONTHS.get(found[2].lower(), 0), int(found[1])
    if found := _NAME_AND_DAY.match(text):
        return int(found[3]), _MONTHS.get(found[1].lower(), 0), int(found[2])
    found = _NUMBERS.match(text)
    if found is None or date_format == DateFormat.YEAR_FIRST:
        return None
    first, second, year = (int(part) for part in found.groups())
    return (year, second, first) if date_format == DateFormat.DAY_FIRST else (year, first, second)


def _plausible(day: date, shown: str) -> date:
    if not EARLIEST <= day < LATEST:
        raise NotReadable(f"{shown[:40]!r} lies outside the years 2000 to 2099.")
    return day


def _refuse_formula(cell: Cell) -> None:
    if isinstance(cell, Formula):
        raise NotReadable(f"A cell holds a formula ({cell.text[:40]}), which is never worked out. Put its value there.")
