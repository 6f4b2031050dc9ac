"""One way to read any table: what the file is, is seen by its first bytes, not by its name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from desk.spreadsheets.cells import MOST_BYTES, Cell, Formula, NotATable, Row, check_size
from desk.spreadsheets.text_files import read_text_rows

__all__ = ["MOST_BYTES", "Cell", "Formula", "NotATable", "Row", "check_size", "read_rows"]

# Loaded with the first workbook that is read: it is a tenth of a start, and most processes read none.
_WORKBOOKS = "desk.spreadsheets.workbooks"
_INSTEAD = "Bring the CSV or Excel (.xlsx) file that Paynow or the bank offers beside it."

_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", f"This is a PDF: it is made for reading, and its columns are lost. {_INSTEAD}"),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Excel file (.xls), or one with a password. Save it as .xlsx without a password, and bring that.",
    ),
    (b"\x89PNG", f"This is a picture. {_INSTEAD}"),
    (b"\xff\xd8\xff", f"This is a picture. {_INSTEAD}"),
    (b"GIF8", f"This is a picture. {_INSTEAD}"),
    (b"RIFF", f"This is a picture or a recording. {_INSTEAD}"),
    (b"\x1f\x8b", "This file is packed (gzip). Unpack it and bring the CSV or .xlsx file inside."),
    (b"Rar!", "This file is packed (rar). Unpack it and bring the CSV or .xlsx file inside."),
    (b"7z\xbc\xaf", "This file is packed (7z). Unpack it and bring the CSV or .xlsx file inside."),
    (b"{\\rtf", f"This is a text document. {_INSTEAD}"),
)
_WEB_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<table")


def read_rows(content: bytes) -> Iterator[Row]:
    """The rows of `content` that are not empty, with their line numbers. Raises NotATable, also on the way."""
    check_size(len(content))
    for start, sentence in _OTHER_KINDS:
        if content.startswith(start):
            raise NotATable(sentence)
    if content[4:8] == b"ftyp":
        raise NotATable(f"This is a picture or a film. {_INSTEAD}")
    if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:9].lower().startswith(_WEB_PAGES):
        raise NotATable(f"This is a web page that only calls itself a table. {_INSTEAD}")
    if content.startswith(b"PK\x03\x04"):
        return _not_nothing(import_module(_WORKBOOKS).read_workbook_rows(content))
    return _not_nothing(read_text_rows(content))


def _not_nothing(rows: Iterator[Row]) -> Iterator[Row]:
    has_rows = False
    for row in rows:
        has_rows = True
        yield row
    if not has_rows:
        raise NotATable("There is not one row in this file. Look at it before you bring it here.")
