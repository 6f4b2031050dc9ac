"""What every door does after a service: hand the rest to a worker, once the row is committed.

The broker may be away. Nothing is lost then: the row says what is due, and the sweep finds it.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from customer_data import tasks
from customer_data.models import Payment, Refund
from customer_data.services import make_due
from customer_data.status import Status

logger = logging.getLogger(__name__)


def send_soon(payment: Payment) -> None:
    """Have a new payment sent as soon as it is committed."""
    if payment.status == Status.CREATED:
        after_commit(tasks.send_payment.delay, payment.reference)


def check_soon(payment: Payment) -> None:
    """Have the gateway asked. Many doors may call this about one payment; it is asked once per gap."""
    due = make_due(payment)
    _enqueue_at(tasks.check_payment, payment.reference, due)


def check_when_due(payment: Payment) -> None:
    """As `check_soon`, for a payment that somebody has made due."""
    _enqueue_at(tasks.check_payment, payment.reference, payment.next_check_at or timezone.now())


def send_refund_soon(refund: Refund) -> None:
    """Have an approved refund handed to its gateway as soon as it is committed; one for a person needs no worker."""
    if refund.next_check_at is not None:
        after_commit(tasks.send_refund.delay, refund.reference)


def submit_otp_soon(payment: Payment) -> None:
    after_commit(tasks.submit_otp.delay, payment.reference)


def after_commit(delay: Callable[[Any], Any], key: Any) -> None:
    """Hand the row of `key` to a worker once it is committed; the clock finds it when the broker is away."""

    def enqueue() -> None:
        try:
            delay(key)
        except (OperationalError, OSError):  # OSError: the broker made of files, when its folder is gone or full
            logger.warning("The broker is away; %s waits for the sweep.", key)

    transaction.on_commit(enqueue)


def _enqueue_at(task: Any, reference: str, due: datetime) -> None:
    wait_seconds = max(0.0, (due - timezone.now()).total_seconds())
    after_commit(lambda reference: task.apply_async((reference,), countdown=wait_seconds or None), reference)
