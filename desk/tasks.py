"""What the clock has done for the desk: each calls one function."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from desk import exporting, figures, health, long_files, retention

FORMS_CHANGE_FOR = timedelta(days=4)
"""A form can be used for three days; its payment comes to its end within a day more."""

MADE_AGAIN_EVERY_NIGHT = timedelta(days=35)


@shared_task
def update_figures() -> None:
    """Bring the figures by day up to date."""
    figures.update_figures()


@shared_task
def update_forms() -> None:
    """Look again at what became of the forms of the last days."""
    today = timezone.localdate()
    for ago in range(FORMS_CHANGE_FOR.days + 1):
        figures.make_forms(today - timedelta(days=ago))


@shared_task
def make_figures_again() -> None:
    """Make the last weeks again from the payments, whatever was thought to be up to date."""
    today = timezone.localdate()
    figures.make_range(today - MADE_AGAIN_EVERY_NIGHT, today)


@shared_task
def watch_updates() -> None:
    """Tell a person when a gateway's status updates stop coming, and take it back when they come again."""
    health.watch_updates()


@shared_task(soft_time_limit=1700, time_limit=1800)
def make_export(export_id: int) -> None:
    """A million rows take some minutes."""
    exporting.make(export_id)


@shared_task
def make_due_exports() -> None:
    """Hand out again what a lost task or a dead worker left."""
    for export_id in exporting.under_way().order_by("pk").values_list("pk", flat=True)[:20]:
        make_export.delay(export_id)


@shared_task
def forget_old_exports() -> None:
    exporting.forget_old()


@shared_task(soft_time_limit=1700, time_limit=1800)
def keep_to_the_timetable() -> None:
    """Delete and empty what is not kept any longer, a few rows at a time."""
    retention.keep_to_the_timetable()


@shared_task(soft_time_limit=1700, time_limit=1800)
def import_statement(file_id: int) -> None:
    """A hundred thousand lines take some minutes."""
    long_files.import_long(file_id)


@shared_task
def import_left_statements() -> None:
    """Hand out again what a lost task or a dead worker left."""
    for file_id in long_files.left().values_list("pk", flat=True)[:20]:
        import_statement.delay(file_id)
