"""What a cell of a table can be, and the one error of a file that is no table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 100
LONGEST_CELL = 2_000


class NotATable(Exception):
    """The file cannot be read as a table; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Formula:
    """A cell that would be worked out by a spreadsheet program. It is never worked out here."""

    text: str

    def __str__(self) -> str:
        return self.text


Cell = str | Decimal | date | Formula | None


@dataclass(frozen=True)
class Row:
    """One row that is not empty. `number`: its line in the file, the first is 1."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def words(self) -> str:
        """The row as a person would read it aloud."""
        return " | ".join(str(cell) for cell in self.cells if cell not in (None, ""))


def check_size(size: int) -> None:
    """Raises NotATable for a file that is empty or larger than any statement, before a byte of it is read."""
    if size == 0:
        raise NotATable("The file is empty. Download it again, and look at it before you bring it here.")
    if size > MOST_BYTES:
        raise NotATable(
            f"The file is {size / 1024 / 1024:,.0f} MB. A statement may be {MOST_BYTES // 1024 // 1024} MB at most: "
            "export a shorter time, for example one month."
        )
