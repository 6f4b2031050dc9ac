"""A statement on its way into the database: the file first, then its lines, a batch at a time. Safe to kill and to repeat."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customer_data.card_numbers import without_card_numbers
from customer_data.money import Currency
from desk.importing.card_numbers import HoldsCardNumber, file_without_card_numbers
from desk.importing.columns import Headings, check_columns, find_headings
from desk.importing.reading import BadRow, HowToRead, ReadLine, read_lines
from desk.models import LineStatus, SourceKind, StatementFile, StatementLine, StatementSource
from desk.spreadsheets import DATE_FORMATS, NotATable, check_size, read_rows

BATCH = 1_000
MOST_BAD_ROWS = 2_000
_ROWS_ABOVE = 60


class CannotImport(Exception):
    """Nothing was imported; the message is a sentence that says what to do."""


# --- The file -------------------------------------------------------------------------------------
def source_for(*, source: str, name: str, kind: str, currency: str) -> StatementSource:
    """The source chosen by its number, or a new one by name, kind and currency. Raises CannotImport."""
    if source:
        found = (
            StatementSource.objects.filter(pk=int(source)).first()
            if source.isascii() and source.isdigit() and len(source) < 19
            else None
        )
        if found is None:
            raise CannotImport("Choose whose statement it is.")
        return found
    if not name or kind not in SourceKind.values or currency not in Currency.values:
        raise CannotImport("Choose whose statement it is; for a new account give its name, what it is, and its currency.")
    made, _ = StatementSource.objects.get_or_create(name=name[:100], defaults={"kind": kind, "currency": currency})
    if (made.kind, made.currency) != (kind, currency):
        raise CannotImport(
            f"{made.name} is there already, as {made.get_kind_display()} in {made.get_currency_display()}. Choose another name."
        )
    return made


def keep_file(source: StatementSource, uploaded: Any, user: Any) -> tuple[StatementFile, bool]:
    """The row of the uploaded file, and whether it is new: the same content is the same row. Raises CannotImport.

    `uploaded` is Django's UploadedFile. Its size is looked at before a byte is read.
    """
    try:
        check_size(uploaded.size)
        content = uploaded.read()
        for _ in islice(read_rows(content), _ROWS_ABOVE):
            pass  # whether it is a table at all
        content = file_without_card_numbers(content)
    except (NotATable, HoldsCardNumber) as error:
        raise CannotImport(str(error)) from None
    return StatementFile.objects.defer("content").get_or_create(
        source=source,
        fingerprint=hashlib.sha256(content).hexdigest(),
        defaults={
            "file_name": without_card_numbers(str(uploaded.name)).replace("\0", "")[-200:] or "statement",
            "content": zlib.compress(content),
            "uploaded_by": user,
        },
    )


def content_of(file: StatementFile) -> bytes:
    """The file as it was uploaded."""
    return zlib.decompress(bytes(file.content))


def is_mapped(file: StatementFile) -> bool:
    """Whether the source's columns are known and all in this file."""
    return _headings(file) is not None


def map_columns(source: StatementSource, columns: Mapping[str, str], *, date_format: str, decimal_mark: str) -> None:
    """Remember what the source calls its columns and how it writes. Raises CannotMap, CannotImport."""
    chosen = {ours: theirs for ours, theirs in columns.items() if theirs}
    check_columns(source.kind, chosen)
    if date_format not in DATE_FORMATS or decimal_mark not in (".", ","):
        raise CannotImport("Choose how the file writes dates and amounts.")
    source.columns, source.date_format, source.decimal_mark = chosen, date_format, decimal_mark
    source.save(update_fields=["columns", "date_format", "decimal_mark"])


# --- Its lines ------------------------------------------------------------------------------------
def import_file(file: StatementFile) -> StatementFile:
    """Bring in every line that no earlier file has brought. Repeating it brings nothing twice. Raises CannotImport."""
    headings = _headings(file)
    if headings is None:
        raise CannotImport("The columns of this file are not known yet. Say which column is which first.")
    lines, bad = _read_all(file, headings)
    for start in range(0, len(lines), BATCH):
        with transaction.atomic():
            _store(file, lines[start : start + BATCH])
    new = StatementLine.objects.filter(file=file).count()
    StatementFile.objects.filter(pk=file.pk).update(
        lines_new=new, lines_known=len(lines) - new, bad_rows=[asdict(row) for row in bad], imported_at=timezone.now()
    )
    file.refresh_from_db(fields=["lines_new", "lines_known", "bad_rows", "imported_at"])
    return file


def _read_all(file: StatementFile, headings: Headings) -> tuple[list[ReadLine], list[BadRow]]:
    lines: list[ReadLine] = []
    bad: list[BadRow] = []
    try:
        for each in _rows(file, headings):
            if isinstance(each, BadRow):
                bad.append(each)
            else:
                lines.append(each)
    except NotATable as error:
        raise CannotImport(str(error)) from None
    if bad and not lines:
        raise CannotImport(f"Not one row could be read. Line {bad[0].line_number}: {bad[0].problem} Look at the columns again.")
    if len(bad) > MOST_BAD_ROWS:
        raise CannotImport(
            f"{len(bad):,} rows could not be read. Line {bad[0].line_number}: {bad[0].problem} Look at the columns again."
        )
    return lines, bad


def _rows(file: StatementFile, headings: Headings) -> Iterator[ReadLine | BadRow]:
    source = file.source
    how = HowToRead(source.kind, source.currency, source.columns, source.date_format, source.decimal_mark)
    return read_lines(read_rows(content_of(file)), headings, how)


def _headings(file: StatementFile) -> Headings | None:
    try:
        rows = list(islice(read_rows(content_of(file)), _ROWS_ABOVE))
    except NotATable:
        return None
    return find_headings(rows, file.source.columns)


def _store(file: StatementFile, lines: list[ReadLine]) -> None:
    rows = [StatementLine(source=file.source, file=file, **vars(line)) for line in lines]
    StatementLine.objects.bulk_create(rows, ignore_conflicts=True)
    _take_new_words({line.fingerprint: line for line in lines}, file.source)


def _take_new_words(lines: Mapping[str, ReadLine], source: StatementSource) -> None:
    """A later export may call a known line refunded or disputed: that is taken over, and the line is looked at again."""
    known = StatementLine.objects.filter(source=source, fingerprint__in=lines).only("fingerprint", "their_status")
    for row in known:
        line = lines[row.fingerprint]
        if line.their_status and line.their_status != row.their_status:
            StatementLine.objects.filter(pk=row.pk).update(their_status=line.their_status, is_money=line.is_money)
            undecided = StatementLine.objects.filter(pk=row.pk).filter(Q(decided_by=None) | Q(status=LineStatus.MATCHED))
            undecided.update(
                status=LineStatus.OPEN,
                why=f"Was {row.their_status or 'without a status'} in an earlier file."[:300],
                decided_by=None,
            )
