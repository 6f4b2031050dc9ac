"""Excel files (.xlsx): the first sheet that has rows. Formulas are seen, never worked out; hollow giants are refused. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from desk.spreadsheets.cells import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Cell, Formula, NotATable, Row

MOST_UNPACKED_BYTES = 150 * 1024 * 1024
MOST_PARTS = 500
_MOST_EMPTY_ROWS = 5_000
_START_OF_XML = 64 * 1024
_CANNOT = (
    "This Excel file cannot be read: it is damaged, or not what its name says. Open it, save it as .xlsx again, and bring that."
)


def read_workbook_rows(content: bytes) -> Iterator[Row]:
    """The rows of the first sheet that has any. Raises NotATable."""
    _check_parts(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            rows = _rows_of(sheet)
            first = next(rows, None)
            if first is not None:
                yield first
                yield from rows
                return
    except _FAULTS:
        raise NotATable(_CANNOT) from None


_FAULTS = (
    InvalidFileException,
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OverflowError,
    NotImplementedError,
)
"""What openpyxl raises for files that somebody damaged or made to hurt."""


def _check_parts(content: bytes) -> None:
    """An .xlsx is a zip: what it would unpack to stands in its list of parts, and nothing is unpacked beyond that."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            listed = parts.infolist()
            names = {part.filename for part in listed}
            if "xl/workbook.xml" not in names:
                raise NotATable("This is a zip file, not an Excel file. Unpack it and bring the CSV or .xlsx file inside.")
            if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_UNPACKED_BYTES:
                raise NotATable("This Excel file unpacks to far more than a statement. It was not opened: export a shorter time.")
            _check_xml(parts, listed)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise NotATable(_CANNOT) from None


def _check_xml(parts: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> None:
    for part in listed:
        if part.filename.endswith((".xml", ".rels")):
            with parts.open(part) as opened:
                if re.search(rb"<!(DOCTYPE|ENTITY)", opened.read(_START_OF_XML), re.IGNORECASE):
                    raise NotATable("This Excel file holds instructions that no statement needs. It was not opened.")


def _rows_of(sheet: Any) -> Iterator[Row]:
    """`sheet` may claim any size: what it says about its size is forgotten, and empty rows are not followed for ever."""
    if not hasattr(sheet, "reset_dimensions"):
        return  # a sheet that is only a chart
    sheet.reset_dimensions()
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        if number > MOST_ROWS:
            raise NotATable(f"The sheet has more than {MOST_ROWS:,} rows. Export a shorter time.")
        values = tuple(_cell(cell) for cell in cells)
        while values and values[-1] in (None, ""):
            values = values[:-1]
        if len(values) > MOST_COLUMNS:
            raise NotATable(f"Row {number} has more than {MOST_COLUMNS} columns. This does not look like a statement.")
        if values:
            empty = 0
            yield Row(number, values)
        elif (empty := empty + 1) > _MOST_EMPTY_ROWS:
            return


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value))[:LONGEST_CELL])
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    if isinstance(value, int | float):
        return Decimal(repr(value))
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return str(value).strip()[:LONGEST_CELL] if not isinstance(value, time) else value.isoformat()
