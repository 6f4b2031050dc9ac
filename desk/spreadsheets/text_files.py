"""CSV in the dialects that banks write: comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows-1252. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from desk.spreadsheets.cells import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Cell, Formula, NotATable, Row

DELIMITERS = (",", ";", "\t", "|")
_LINES_LOOKED_AT = 60
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')  # how spreadsheet programs are made to keep the zeros of 00123

csv.field_size_limit(1024 * 1024)


def read_text_rows(content: bytes) -> Iterator[Row]:
    """The rows of a CSV file that are not empty. Raises NotATable."""
    text = _decode(content)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    number = 0
    while True:
        number = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise NotATable(f"Line {number} cannot be read ({error}): a quotation mark is probably not closed there.") from None
        if number > MOST_ROWS:
            raise NotATable(f"The file has more than {MOST_ROWS:,} lines. Export a shorter time.")
        if len(cells) > MOST_COLUMNS:
            raise NotATable(f"Line {number} has more than {MOST_COLUMNS} columns. This does not look like a statement.")
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(_cell(cell) for cell in cells))


def _cell(text: str) -> Cell:
    plain = text.strip()[:LONGEST_CELL]
    if kept := _KEPT_AS_TEXT.fullmatch(plain):
        return kept.group(1)
    return Formula(plain) if plain.startswith("=") else plain


def _decode(content: bytes) -> str:
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise NotATable("The characters of this file cannot be read. Save it as CSV (UTF-8) and bring that.") from None
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise NotATable("This is not a table: bring the CSV or Excel (.xlsx) file that Paynow or the bank offers.")
    return text


def _encoding(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:2000]
    if start[1::2].count(0) > len(start) // 4:
        return "utf-16-le"
    if start[0::2].count(0) > len(start) // 4:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The mark that cuts most lines into the same number of cells; a comma where none does."""
    start = text[:200_000].splitlines()[:_LINES_LOOKED_AT]
    return max(DELIMITERS, key=lambda mark: _agreement(start, mark))


def _agreement(lines: list[str], mark: str) -> int:
    """How many lines have the usual number of cells if `mark` stands between them; one cell is no table."""
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=mark) if any(cells)]
    except csv.Error:
        return 0
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0
    usual = max(set(wide), key=wide.count)
    return wide.count(usual) * usual
