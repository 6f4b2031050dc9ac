"""Statements too long to be imported while somebody waits for a page: a worker does it, and the clock finds what was left."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from desk import importing, matching
from desk.models import StatementFile

LONG = 300_000
"""Bytes as kept, packed: some ten thousand lines, which take about ten seconds."""

LEFT_AFTER = timedelta(minutes=5)
"""A worker that is alive is done, or is seen to hold the lock."""

_LOCK = 7_215_003


def is_long(file: StatementFile) -> bool:
    return len(file.content) > LONG


def hand_over(file: StatementFile) -> None:
    """Mark it for a worker."""
    StatementFile.objects.filter(pk=file.pk).update(handed_over_at=timezone.now(), problem="")


def left(now: datetime | None = None) -> QuerySet[StatementFile]:
    """Handed over and not imported since: the task was lost, or its worker died."""
    waiting = StatementFile.objects.filter(problem="", handed_over_at__lt=(now or timezone.now()) - LEFT_AFTER)
    return waiting.filter(imported_at__isnull=True) | waiting.filter(imported_at__lt=F("handed_over_at"))


def import_long(file_id: int) -> None:
    """Import and match it, unless another worker does. Safe to kill and to repeat: nothing comes twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, file_id])
        if not cursor.fetchone()[0]:
            return
        try:
            _import(StatementFile.objects.select_related("source").get(pk=file_id))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, file_id])


def _import(file: StatementFile) -> None:
    try:
        importing.import_file(file)
    except importing.CannotImport as problem:
        StatementFile.objects.filter(pk=file.pk).update(problem=str(problem)[:500])
        return
    matching.match_file(file)
