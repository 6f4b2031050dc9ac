"""Which days have changed since the figures were made, so that no change is missed and no table is looked through.

A row may become visible long after the moment written in it: its transaction was slow. So the mark up to which everything has been
seen moves only when every transaction that had begun by then is over, which PostgreSQL says in the snapshot of a query
(https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT); until then the same minutes are looked at
again, which costs a little and changes nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from customer_data.models import Payment
from desk.figures.making import changed_days, make_day
from desk.models import FiguresProgress

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""Moments are written by several machines, and some before their transaction began to write."""

FIRST_TIME = timedelta(days=92)
"""What is made when there are no figures yet. Older days: `make_figures --from ...`."""

FIRST_LOOK_BACK = timedelta(days=1)


def update_figures(*, now: datetime | None = None) -> list[date]:
    """Make the days again that have changed, and say which. Nothing when another process is at it."""
    now = now or timezone.now()
    with transaction.atomic():
        progress = FiguresProgress.objects.select_for_update(skip_locked=True).filter(pk=_the_row()).first()
        if progress is None:
            return []
        first_running, next_to_begin = _transactions()
        days = sorted(_days_to_make(progress, now))
        for day in days:
            make_day(day)
        _move_on(progress, now=now, first_running=first_running, next_to_begin=next_to_begin)
    return days


def make_range(first: date, last: date) -> None:
    """Make every day from `first` to `last` again, each in a transaction of its own. Waits for a run that is under way."""
    day = first
    while day <= last:
        with transaction.atomic():
            FiguresProgress.objects.select_for_update().get(pk=_the_row())
            make_day(day)
        day += timedelta(days=1)


def _days_to_make(progress: FiguresProgress, now: datetime) -> set[date]:
    if progress.seen_until is not None:
        return changed_days(progress.seen_until - CLOCKS_DIFFER_BY)
    oldest = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    today = timezone.localdate(now)
    first = today if oldest is None else max(timezone.localdate(oldest), today - FIRST_TIME)
    return {first + timedelta(days=number) for number in range((today - first).days + 1)}


def _move_on(progress: FiguresProgress, *, now: datetime, first_running: int, next_to_begin: int) -> None:
    """Whoever was writing at `next_until` had ended before we looked: nothing older can still appear."""
    is_first = progress.seen_until is None
    is_another_server = progress.next_transaction > next_to_begin  # the database was restored: its transactions count anew
    all_ended = first_running >= progress.next_transaction
    if is_first:
        progress.seen_until = now - FIRST_LOOK_BACK
    elif all_ended:
        progress.seen_until = progress.next_until
    if is_first or is_another_server or all_ended:
        progress.next_until, progress.next_transaction = now, next_to_begin
    progress.made_at = now
    progress.save()


def _the_row() -> int:
    FiguresProgress.objects.bulk_create([FiguresProgress(pk=1)], ignore_conflicts=True)
    return 1


def _transactions() -> tuple[int, int]:
    """The number of the first transaction that still runs, and the number that the next one to begin will have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint FROM pg_current_snapshot() AS now"
        )
        first_running, next_to_begin = cursor.fetchone()
    return first_running, next_to_begin
