"""The heartbeat: the clock hands it out, a worker runs it, and each leaves its sign of life on the way."""

import logging
from typing import Any

from celery import shared_task
from celery.signals import after_task_publish
from django.db import Error, close_old_connections

from config.models import beat

logger = logging.getLogger(__name__)


@shared_task
def heartbeat() -> None:
    """Handed out by the clock every few seconds; that it runs shows that a worker serves the broker."""
    beat("worker")


@after_task_publish.connect(sender=heartbeat.name)
def clock_is_alive(**_: Any) -> None:
    """Only the clock hands out heartbeats. A database that is away must not stop the clock."""
    close_old_connections()
    try:
        beat("clock")
    except Error:
        logger.warning("The database is away; the clock goes on.")
