"""Making one export. Safe to kill and to run twice: it begins again, and who has lost the claim stops."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_data.models import Customer
from desk.exporting.listing import listed
from desk.exporting.tables import TABLES, Table
from desk.exporting.writers import CsvWriter, ExcelWriter, Writer
from desk.models import Export, ExportPart, ExportStatus
from desk.privacy import ABOUT_A_CUSTOMER, MAY_EXPORT_CUSTOMER, pieces_of, write_package

logger = logging.getLogger(__name__)

AT_ONCE = 5_000
"""Rows between two signs of life."""

CLAIM_FOR = timedelta(minutes=2)
KEPT_FOR = timedelta(days=7)
"""Files hold names and numbers of customers: they are made anew when they are wanted again."""


class ExportLost(Exception):
    """Another worker makes it now, or it is gone; nothing more is to be done here."""


def under_way(now: datetime | None = None) -> QuerySet[Export]:
    """Exports that nobody makes at the moment: their task was lost, or their worker died."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now or timezone.now())
    return Export.objects.filter(free, status__in=[ExportStatus.WAITING, ExportStatus.RUNNING])


def claim(export_id: int) -> Export | None:
    """Make it ours, in one guarded update. None when it is made, or being made by another."""
    until = timezone.now() + CLAIM_FOR
    if under_way().filter(pk=export_id).update(status=ExportStatus.RUNNING, claimed_until=until, rows_done=0) == 0:
        return None
    return Export.objects.select_related("requested_by").get(pk=export_id)


def make(export_id: int) -> None:
    """Make it from the beginning, unless it is made or another worker has it. What goes wrong is said to who waits."""
    export = claim(export_id)
    if export is None:
        return
    try:
        make_claimed(export)
    except ExportLost:
        return
    except (PermissionDenied, DatabaseError, OSError) as problem:
        logger.exception("Export %s could not be made", export_id)
        fail(export, problem)


def make_claimed(export: Export) -> None:
    """Write the rows of its list into its parts. Raises ExportLost, PermissionDenied."""
    if export.what == ABOUT_A_CUSTOMER:
        _make_package(export)
        return
    table, rows = TABLES[export.what], listed(export)
    ExportPart.objects.filter(export=export).delete()
    _keep(export, rows_expected=rows.order_by().count())
    with TemporaryDirectory() as folder:
        writer = _writer(export, table, Path(folder))
        size = _write(export, table, rows, writer)
        size += _store(export, writer.last_pieces())
    _keep(export, size=size, status=ExportStatus.READY, ready_at=timezone.now(), claimed_until=None)


def _make_package(export: Export) -> None:
    """Everything about one customer. Raises ExportLost, PermissionDenied."""
    customer = Customer.objects.filter(pk=export.filters["customer"][0]).first()
    if customer is None or not (export.requested_by.is_active and export.requested_by.has_perm(MAY_EXPORT_CUSTOMER)):
        raise PermissionDenied(f"{export.requested_by} may not take away what is kept about this customer.")
    ExportPart.objects.filter(export=export).delete()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "customer.zip"
        rows = write_package(customer, path)
        size = _store(export, pieces_of(path))
    _keep(export, size=size, rows_done=rows, status=ExportStatus.READY, ready_at=timezone.now(), claimed_until=None)


def fail(export: Export, problem: Exception) -> None:
    """Say so to who waits, and let go of what was written."""
    sentence = str(problem) if isinstance(problem, PermissionDenied) else "It could not be made. Try again with fewer filters."
    Export.objects.filter(pk=export.pk).update(status=ExportStatus.FAILED, problem=sentence[:300], claimed_until=None)
    ExportPart.objects.filter(export=export).delete()


def forget_old(now: datetime | None = None) -> int:
    """Delete the contents of files that are older than a week; the rows say that they were made. Returns how many parts."""
    old = Export.objects.filter(requested_at__lt=(now or timezone.now()) - KEPT_FOR)
    deleted, _ = ExportPart.objects.filter(export__in=old).delete()
    return deleted


def _writer(export: Export, table: Table, folder: Path) -> Writer:
    if export.format == Export.Format.CSV:
        return CsvWriter(table.titles, title=table.title)
    return ExcelWriter(table.titles, title=table.title, folder=folder)


def _write(export: Export, table: Table, rows: QuerySet[Any], writer: Writer) -> int:
    """Bytes that were stored on the way."""
    size = done = 0
    for values in _in_batches(table.rows(rows)):
        for row in values:
            writer.add(table.cells(row))
        done += len(values)
        size += _store(export, writer.pieces())
        _keep(export, rows_done=done)
    return size


def _in_batches(rows: QuerySet[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """A cursor of the server's: the rows are as they were when it began, and never all in memory."""
    coming = rows.iterator(chunk_size=AT_ONCE)
    while batch := list(islice(coming, AT_ONCE)):
        yield batch


def _store(export: Export, pieces: Iterable[bytes]) -> int:
    size, stored = 0, ExportPart.objects.filter(export=export).count()
    for number, piece in enumerate(pieces, start=stored):
        ExportPart.objects.create(export=export, number=number, content=piece)
        size += len(piece)
    return size


def _keep(export: Export, **facts: Any) -> None:
    """Write down how far it is, and hold it on. Raises ExportLost when it is not ours any more."""
    facts = {"claimed_until": timezone.now() + CLAIM_FOR, **facts}
    ours = Export.objects.filter(pk=export.pk, claimed_until=export.claimed_until, status=ExportStatus.RUNNING)
    if ours.update(**facts) == 0:
        raise ExportLost
    for name, value in facts.items():
        setattr(export, name, value)
