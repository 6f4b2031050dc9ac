"""Celery's doors to the chat. Safe to run twice, safe to kill."""

import logging
from collections.abc import Sequence

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from flows import inbox, outbox, proof_news, publishing, refund_news, reminders, slips, telling, transfer_news
from flows.conversation import nudging
from flows.models import Message

logger = logging.getLogger(__name__)

UPDATES_AT_ONCE = 50
"""A call with a thousand updates is a few tasks that several workers share: handing out a thousand would keep WhatsApp waiting."""

AGAIN_WITHIN_SECONDS = 15
KEPT_BY_THE_BROKER_SECONDS = 3600
"""The clock hands out what waits: older tasks are only in the way."""


@shared_task
def send_message(message_id: int) -> None:
    outbox.send_message(message_id)


def send_soon(message: Message) -> None:
    """Hand the message to a worker once it is committed. The broker may be away: the row says it is due, and the clock finds it."""
    transaction.on_commit(lambda: _hand_out(message.pk))


def _hand_out(message_id: int) -> None:
    try:
        send_message.delay(message_id)
    except (OperationalError, OSError):  # OSError: the broker made of files, when its folder is gone or full
        logger.warning("The broker is away; message %s waits for the clock.", message_id)


@shared_task
def tell_missed() -> None:
    """Write what a dead process left unwritten, and send what is due."""
    telling.write_missed()
    proof_news.write_missed()
    transfer_news.write_missed()
    refund_news.write_missed()
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


@shared_task
def handle_updates(update_ids: list[int]) -> None:
    """Answer what customers wrote, note what became of our messages, and have what was written sent."""
    written = [inbox.handle(update_id) for update_id in update_ids]
    if not any(written):
        return
    for message_id in outbox.due_messages():
        _hand_out(message_id)
    _fetch_due()


@shared_task
def handle_due() -> None:
    """What a dead process left, and what is to be tried again."""
    handle_soon(inbox.due_updates(), expires=AGAIN_WITHIN_SECONDS)
    _fetch_due()


@shared_task
def keep_file(sent_file_id: int) -> None:
    """Fetch a photo or PDF that a customer sent, keep it as a proof, and have what is said about it sent."""
    slips.keep_file(sent_file_id)
    for message_id in outbox.due_messages():
        _hand_out(message_id)


def _fetch_due() -> None:
    """Hand out the files that wait. The broker may be away: the rows say what is due."""
    try:
        for sent_file_id in slips.due_files():
            keep_file.apply_async((sent_file_id,), expires=KEPT_BY_THE_BROKER_SECONDS)
    except (OperationalError, OSError):  # OSError: the broker made of files, when its folder is gone or full
        logger.warning("The broker is away; the files of customers wait for the clock.")


@shared_task
def forget_old_updates() -> None:
    inbox.forget_old()


def handle_soon(update_ids: Sequence[int], *, expires: float = KEPT_BY_THE_BROKER_SECONDS) -> None:
    """Hand updates to the workers. The broker may be away: the rows say what is due, and the clock finds them."""
    try:
        for at in range(0, len(update_ids), UPDATES_AT_ONCE):
            handle_updates.apply_async((list(update_ids[at : at + UPDATES_AT_ONCE]),), expires=expires)
    except (OperationalError, OSError):  # OSError: the broker made of files, when its folder is gone or full
        logger.warning("The broker is away; what WhatsApp told us waits for the clock.")


@shared_task
def nudge() -> None:
    """Speak up about bookings that were left unfinished in the chat."""
    nudging.nudge_silent()
