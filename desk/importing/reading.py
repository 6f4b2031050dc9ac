"""One row of a statement read as a line: day, signed amount, references. A row that cannot be read says what is wrong. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customer_data.card_numbers import without_card_numbers
from customer_data.gateway import NotUnderstood
from customer_data.money import Currency
from customer_data.status import MONEY_IN, Status
from desk.importing.columns import Headings
from desk.models import SourceKind
from desk.spreadsheets import Cell, NotReadable, Row, read_amount, read_day, read_text
from paynow_integration.messages import read_status

_LONGEST_REFERENCE = 128
_LONGEST_WORDS = 500
_CURRENCY_WORDS = {
    "USD": Currency.USD,
    "US$": Currency.USD,
    "ZWG": Currency.ZWG,
    "ZIG": Currency.ZWG,
    "924": Currency.ZWG,
    "840": Currency.USD,
}


@dataclass(frozen=True)
class HowToRead:
    """What one source calls its columns and how it writes."""

    kind: str
    currency: str
    columns: Mapping[str, str]
    date_format: str
    decimal_mark: str


@dataclass(frozen=True)
class ReadLine:
    """What one row says. Money in is positive."""

    line_number: int
    day: date
    amount: Decimal
    fee: Decimal | None
    currency: str
    reference: str
    their_reference: str
    words: str
    their_status: str
    is_money: bool
    fingerprint: str = ""


@dataclass(frozen=True)
class BadRow:
    """A row that could not be read: nothing of it is lost, and the rest goes on."""

    line_number: int
    words: str
    problem: str


def read_lines(rows: Iterable[Row], headings: Headings, how: HowToRead) -> Iterator[ReadLine | BadRow]:
    """Every row below the headings. Equal lines of one file are told apart by how many of them came before."""
    seen: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        if row.number <= headings.row_number:
            continue
        try:
            line = _read(row, headings, how)
        except NotReadable as problem:
            yield BadRow(row.number, without_card_numbers(row.words)[:300], without_card_numbers(str(problem)))
            continue
        says = _identity(line, how.kind)
        seen[says] += 1
        digest = hashlib.sha256("\x1f".join((*says, str(seen[says]))).encode()).hexdigest()
        yield ReadLine(**(vars(line) | {"fingerprint": digest}))


def is_money(kind: str, their_status: str) -> bool:
    """Whether money moved, by Paynow's word for it. A word that we do not know may be money: a person looks at the line."""
    if kind != SourceKind.PAYNOW or not their_status:
        return True
    try:
        return read_status(their_status) in MONEY_IN
    except NotUnderstood:
        return True


def known_status(their_status: str) -> Status | None:
    """Paynow's word in ours; None for a word we do not know."""
    try:
        return read_status(their_status)
    except NotUnderstood:
        return None


def _identity(line: ReadLine, kind: str) -> tuple[str, ...]:
    """What makes a line the same in another export: not its status, which changes, nor words beside a number of its own."""
    has_number = kind == SourceKind.PAYNOW and line.their_reference
    return (
        line.day.isoformat(),
        str(line.amount),
        line.currency,
        line.reference,
        line.their_reference,
        "" if has_number else line.words,
    )


def _read(row: Row, headings: Headings, how: HowToRead) -> ReadLine:
    cells = {ours: _cell(row, headings, theirs) for ours, theirs in how.columns.items()}
    their_status = _short(cells.get("status"), "status", 64)
    fee = read_amount(cells.get("fee"), decimal_mark=how.decimal_mark)
    return ReadLine(
        line_number=row.number,
        day=read_day(cells.get("day"), how.date_format),
        amount=_amount(cells, how),
        fee=None if fee is None else abs(fee),
        currency=_currency(cells.get("currency"), how),
        reference=_short(cells.get("reference"), "reference", _LONGEST_REFERENCE),
        their_reference=_short(cells.get("their_reference"), "reference", _LONGEST_REFERENCE),
        words=_text(cells.get("words"))[:_LONGEST_WORDS],
        their_status=their_status,
        is_money=is_money(how.kind, their_status),
    )


def _cell(row: Row, headings: Headings, theirs: str) -> Cell:
    column = headings.column_of(theirs)
    return None if column is None or column >= len(row.cells) else row.cells[column]


def _text(cell: Cell) -> str:
    """Banks write whole card numbers beside card payments; none is kept."""
    return without_card_numbers(read_text(cell))


def _short(cell: Cell, what: str, longest: int) -> str:
    text = _text(cell)
    if len(text) > longest:
        raise NotReadable(f"The {what} is longer than {longest} characters.")
    return text


def _amount(cells: Mapping[str, Cell], how: HowToRead) -> Decimal:
    amount = read_amount(cells.get("amount"), decimal_mark=how.decimal_mark)
    money_in = read_amount(cells.get("money_in"), decimal_mark=how.decimal_mark)
    money_out = read_amount(cells.get("money_out"), decimal_mark=how.decimal_mark)
    if money_in and money_out:
        raise NotReadable("The row has both money in and money out.")
    if amount is None:
        amount = abs(money_in) if money_in else -abs(money_out) if money_out else money_in if money_in is not None else money_out
    if amount is None:
        raise NotReadable("There is no amount.")
    if amount == 0:
        raise NotReadable("The amount is zero: there is nothing to match.")
    return _directed(amount, read_text(cells.get("direction")))


def _directed(amount: Decimal, direction: str) -> Decimal:
    word = direction.lower().strip(". ")
    if not word:
        return amount
    if word in ("d", "dr", "debit", "out", "-", "withdrawal"):
        return -abs(amount)
    if word in ("c", "cr", "credit", "in", "+", "deposit"):
        return abs(amount)
    raise NotReadable(f"{direction[:40]!r} says neither credit nor debit.")


def _currency(cell: Cell, how: HowToRead) -> str:
    word = read_text(cell).upper()
    if not word:
        return how.currency
    currency = _CURRENCY_WORDS.get(word)
    if currency is None:
        raise NotReadable(f"{word[:20]!r} is a currency we do not take.")
    if currency != how.currency:
        raise NotReadable(f"The row is in {currency.label}, and this source is in {Currency(how.currency).label}.")
    return currency
