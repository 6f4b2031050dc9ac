"""What WhatsApp does when a payment moves."""

import logging
from typing import Any

from django.dispatch import receiver
from kombu.exceptions import OperationalError

from customer_data.models import PaymentEvent
from customer_data.signals import payment_moved
from flows import tasks, telling

logger = logging.getLogger(__name__)


@receiver(payment_moved)
def on_payment_moved(event: PaymentEvent, **_: Any) -> None:
    """Write the messages and hand them to a worker. If we die here, the clock finds the move without its messages."""
    for message in telling.write_messages(event):
        try:
            tasks.send_message.delay(message.pk)
        except (OperationalError, OSError):  # OSError: the broker made of files, when its folder is gone or full
            logger.warning("The broker is away; message %s waits for the clock.", message.pk)
