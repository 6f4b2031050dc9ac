"""The two kinds of files, written as the rows come, in pieces of about a megabyte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import xlsxwriter

from desk.exporting.cells import Cell, csv_text, excel_value

PIECE = 1_000_000
"""Bytes. Large enough for few rows in the database, small enough for any memory."""

MOST_ROWS_OF_A_SHEET = 1_048_575
"""Excel's own limit, less the titles."""


class Writer(Protocol):
    def add(self, cells: Sequence[Cell]) -> None: ...

    def pieces(self) -> Iterator[bytes]:
        """What is ready to be kept, so far."""

    def last_pieces(self) -> Iterator[bytes]:
        """Everything that is left; nothing is added afterwards."""


class CsvWriter:
    """UTF-8 with a mark, so that Excel reads names as they are; a comma between, CRLF after each row (RFC 4180)."""

    def __init__(self, titles: Sequence[str], *, title: str) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\r\n")
        self._text.write("\ufeff")
        self._csv.writerow(titles)

    def add(self, cells: Sequence[Cell]) -> None:
        self._csv.writerow([csv_text(cell) for cell in cells])

    def pieces(self) -> Iterator[bytes]:
        if self._text.tell() >= PIECE:
            yield self._take()

    def last_pieces(self) -> Iterator[bytes]:
        yield self._take()

    def _take(self) -> bytes:
        content = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return content


class ExcelWriter:
    """A workbook on the worker's disk, a row at a time in memory; a new sheet where one is full. Text is never a formula."""

    def __init__(self, titles: Sequence[str], *, title: str, folder: Path) -> None:
        self._path = folder / "export.xlsx"
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(str(self._path), {**options, "tmpdir": str(folder)})
        self._bold = self._book.add_format({"bold": True})
        self._amount = self._book.add_format({"num_format": "#,##0.00"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._titles, self._title = list(titles), title
        self._open_sheet(1)

    def add(self, cells: Sequence[Cell]) -> None:
        if self._row > MOST_ROWS_OF_A_SHEET:
            self._open_sheet(self._number + 1)
        for column, cell in enumerate(cells):
            self._write(column, excel_value(cell))
        self._row += 1

    def pieces(self) -> Iterator[bytes]:
        return iter(())

    def last_pieces(self) -> Iterator[bytes]:
        self._book.close()
        with self._path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _open_sheet(self, number: int) -> None:
        self._number, self._row = number, 1
        self._sheet = self._book.add_worksheet(self._title if number == 1 else f"{self._title} {number}")
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._titles):
            self._sheet.set_column(column, column, max(12, len(title) + 2))
            self._sheet.write_string(0, column, title, self._bold)

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case str():
                self._sheet.write_string(self._row, column, cell[:32_767])
            case Decimal():
                self._sheet.write_number(self._row, column, cell, self._amount)
            case int():
                self._sheet.write_number(self._row, column, cell)
            case _:
                self._sheet.write_datetime(self._row, column, cell, self._moment if hasattr(cell, "hour") else self._day)
