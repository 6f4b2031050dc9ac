"""Our names for what a statement says, what others call them, and the row of headings. Pure.

Neither Paynow nor the banks of Zimbabwe publish the format of their exports, so no heading is taken for granted: the lists here
only propose, and a person confirms once for each account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.models import SourceKind
from desk.spreadsheets import Row

_ROWS_ABOVE = 60  # addresses and account numbers that banks print above the headings


class CannotMap(Exception):
    """The chosen columns cannot be used; the message is a sentence for a person."""


@dataclass(frozen=True)
class OurField:
    """One thing that a line may say, and headings under which it was seen."""

    name: str
    label: str
    seen_as: tuple[str, ...]
    is_required: bool = False


_DAY = OurField(
    "day",
    "Date",
    ("date", "transaction date", "trans date", "posting date", "created", "created on", "value date"),
    is_required=True,
)
_CURRENCY = OurField("currency", "Currency", ("currency", "ccy", "curr"))
_WORDS = ("description", "details", "narration", "narrative", "particulars", "remarks", "transaction details", "memo")

FIELDS: dict[str, tuple[OurField, ...]] = {
    SourceKind.PAYNOW: (
        _DAY,
        OurField(
            "amount",
            "Amount paid by the customer",
            ("amount", "amount paid", "transaction amount", "gross", "total"),
            is_required=True,
        ),
        OurField(
            "reference",
            "Our reference",
            ("reference", "merchant reference", "your reference", "merchant ref", "order number", "invoice"),
            is_required=True,
        ),
        OurField(
            "their_reference",
            "Paynow's reference",
            ("paynow reference", "paynow ref", "paynowreference", "transaction id", "paynow id", "transaction reference"),
        ),
        OurField("status", "Status", ("status", "transaction status", "state")),
        OurField("fee", "Fee kept by Paynow", ("fee", "fees", "charge", "charges", "commission", "merchant fee", "paynow fee")),
        OurField("words", "Description", (*_WORDS, "method", "payment method", "channel")),
        _CURRENCY,
    ),
    SourceKind.BANK: (
        _DAY,
        OurField("amount", "Amount (money out is negative, or marked DR)", ("amount", "transaction amount", "value")),
        OurField(
            "money_in", "Money in (credit)", ("credit", "credits", "money in", "paid in", "deposit", "deposits", "credit amount")
        ),
        OurField(
            "money_out",
            "Money out (debit)",
            ("debit", "debits", "money out", "paid out", "withdrawal", "withdrawals", "debit amount"),
        ),
        OurField("direction", "Credit or debit", ("cr/dr", "dr/cr", "type", "direction", "credit/debit", "debit/credit", "sign")),
        OurField("words", "Description", _WORDS),
        OurField("reference", "Reference", ("reference", "ref", "customer reference", "payment reference", "your reference")),
        OurField(
            "their_reference",
            "The bank's own number",
            ("transaction id", "bank reference", "transaction reference", "trans id", "cheque no", "transaction number"),
        ),
        _CURRENCY,
    ),
}


@dataclass(frozen=True)
class Headings:
    """The row that names the columns. `names`: as the file writes them, each different from the others."""

    row_number: int
    names: tuple[str, ...]

    def column_of(self, name: str) -> int | None:
        """Where the column called `name` stands; spelling of spaces and capitals is forgiven."""
        wanted = plain(name)
        return next((number for number, each in enumerate(self.names) if plain(each) == wanted), None)


def fields_of(kind: str) -> tuple[OurField, ...]:
    return FIELDS[kind]


def plain(name: object) -> str:
    return re.sub(r"[\s_.:*]+", " ", str(name or "")).strip().lower()


def headings_of(row: Row) -> Headings:
    """`row` as headings; one that is empty or comes twice is named by its place."""
    names: list[str] = []
    for number, cell in enumerate(row.cells, start=1):
        name = " ".join(str(cell if cell is not None else "").split())[:100]
        is_taken = plain(name) in {plain(each) for each in names}
        names.append(f"Column {number}" if not name else f"{name} ({number})" if is_taken else name)
    return Headings(row.number, tuple(names))


def find_headings(rows: Sequence[Row], columns: Mapping[str, str]) -> Headings | None:
    """The first row near the top that has every heading of `columns`."""
    for row in rows[:_ROWS_ABOVE]:
        headings = headings_of(row)
        if all(headings.column_of(theirs) is not None for theirs in columns.values()):
            return headings if columns else None
    return None


def guess_headings(rows: Sequence[Row], kind: str) -> Headings:
    """The row near the top with most headings that we have seen elsewhere; the first row with most cells where there is none."""
    known = {name for field in FIELDS[kind] for name in field.seen_as}

    def likeness(row: Row) -> tuple[int, int]:
        return sum(plain(cell) in known for cell in row.cells if isinstance(cell, str)), sum(
            cell not in (None, "") for cell in row.cells
        )

    return headings_of(max(rows[:_ROWS_ABOVE], key=likeness))


def guess_columns(headings: Headings, kind: str) -> dict[str, str]:
    """Ours → theirs, by headings seen elsewhere; a heading is given once, to the field that knows it best."""
    guessed: dict[str, str] = {}
    for field in FIELDS[kind]:
        for name in field.seen_as:
            column = headings.column_of(name)
            if column is not None and headings.names[column] not in guessed.values():
                guessed[field.name] = headings.names[column]
                break
    if guessed.get("money_in") or guessed.get("money_out"):
        guessed.pop("amount", None)
    return guessed


def check_columns(kind: str, columns: Mapping[str, str]) -> None:
    """Raises CannotMap when a line could not be read with these columns, or one column is to be two things."""
    missing = [field.label for field in FIELDS[kind] if field.is_required and not columns.get(field.name)]
    if missing:
        raise CannotMap(f"Choose the column for: {', '.join(missing)}.")
    if kind == SourceKind.BANK and not (columns.get("amount") or columns.get("money_in") or columns.get("money_out")):
        raise CannotMap("Choose the column for the amount: one with signs, or one for money in and one for money out.")
    if columns.get("amount") and (columns.get("money_in") or columns.get("money_out")):
        raise CannotMap("Choose either one column for the amount, or those for money in and money out: not both.")
    theirs = list(columns.values())
    twice = sorted({name for name in theirs if theirs.count(name) > 1})
    if twice:
        raise CannotMap(f"{twice[0]!r} is chosen twice. Each column can be one thing.")
