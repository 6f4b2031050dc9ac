"""Celery's doors to the chat. Safe to run twice, safe to kill."""

from celery import shared_task

from flows import outbox, publishing, reminders, telling


@shared_task
def send_message(message_id: int) -> None:
    outbox.send_message(message_id)


@shared_task
def tell_missed() -> None:
    """Write what a dead process left unwritten, and send what is due."""
    telling.write_missed()
    for message_id in outbox.due_messages():
        send_message.delay(message_id)


@shared_task
def remind() -> None:
    """Speak up about what was left unfinished and about balances before the trip; what is written is sent as anything else."""
    reminders.remind_unfinished()
    reminders.remind_balances()


@shared_task
def sync_flows() -> None:
    """Ask Meta how our Flows stand there."""
    publishing.sync_flows()
