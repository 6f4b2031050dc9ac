"""A first look into a file whose columns nobody has named yet: headings, first rows, and what they probably are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from desk.importing.columns import Headings, find_headings, guess_columns, guess_headings
from desk.spreadsheets import Cell, Row, guess_date_format, guess_decimal_mark, is_ambiguous_day, read_rows

_ROWS_LOOKED_AT = 300
_ROWS_SHOWN = 5
_MONEY = ("amount", "money_in", "money_out", "fee")


@dataclass(frozen=True)
class Look:
    """What the page of columns shows. `dates_are_open`: a day that can be read in two ways, where no other day settles how."""

    headings: Headings
    rows: tuple[Row, ...]
    columns: dict[str, str]
    date_format: str
    decimal_mark: str
    dates_are_open: str = ""

    def examples(self, heading: str) -> list[str]:
        """The first few things that stand under a heading."""
        column = self.headings.column_of(heading)
        cells = [] if column is None else [row.cells[column] for row in self.rows if column < len(row.cells)]
        return [str(cell) for cell in cells if cell not in (None, "")][:3]


def look_at(content: bytes, kind: str, columns: Mapping[str, str]) -> Look:
    """What `content` holds. `columns`: those remembered, if they are in the file. Raises NotATable."""
    rows = list(islice(read_rows(content), _ROWS_LOOKED_AT))
    headings = find_headings(rows, columns) or guess_headings(rows, kind)
    below = [row for row in rows if row.number > headings.row_number]
    is_known = bool(columns) and all(headings.column_of(name) is not None for name in columns.values())
    chosen = dict(columns) if is_known else guess_columns(headings, kind)
    days = _column(below, headings, chosen.get("day", ""))
    money = [cell for name in _MONEY for cell in _column(below, headings, chosen.get(name, ""))]
    return Look(
        headings=headings,
        rows=tuple(below[:_ROWS_SHOWN]),
        columns=chosen,
        date_format=guess_date_format(days),
        decimal_mark=guess_decimal_mark(money),
        dates_are_open=_open_example(days),
    )


def _column(rows: list[Row], headings: Headings, name: str) -> list[Cell]:
    column = headings.column_of(name) if name else None
    return [] if column is None else [row.cells[column] for row in rows if column < len(row.cells)]


def _open_example(days: list[Cell]) -> str:
    """A day that can be read in two ways, when no other day of the column can be read in one way only."""
    texts = [cell for cell in days if isinstance(cell, str) and any(character.isdigit() for character in cell)]
    ambiguous = [text for text in texts if is_ambiguous_day(text)]
    settled = [text for text in texts if not is_ambiguous_day(text) and not _is_same_twice(text)]
    return "" if settled or not ambiguous else ambiguous[0]


def _is_same_twice(text: str) -> bool:
    """03/03/2026 settles nothing."""
    parts = text.replace("-", "/").replace(".", "/").split("/")
    return len(parts) >= 2 and parts[0].lstrip("0") == parts[1].lstrip("0")
