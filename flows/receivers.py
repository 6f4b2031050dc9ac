"""What WhatsApp does when a payment moves."""

from typing import Any

from django.dispatch import receiver

from customer_data.models import PaymentEvent
from customer_data.signals import payment_moved
from flows import tasks, telling


@receiver(payment_moved)
def on_payment_moved(event: PaymentEvent, **_: Any) -> None:
    """Write the messages and hand them to a worker. If we die here, the clock finds the move without its messages."""
    for message in telling.write_messages(event):
        tasks.send_soon(message)
