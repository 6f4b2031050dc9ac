"""Celery's doors to what was kept and not judged."""

from celery import shared_task

from paynow_integration import notifications


@shared_task
def judge_forgotten() -> None:
    """The clock's: hand out each update that was kept and never judged, one by one, so that none can hold up the others."""
    for notification_id in notifications.forgotten():
        judge_one.delay(notification_id)


@shared_task
def judge_one(notification_id: int) -> None:
    notifications.judge_forgotten(notification_id)
