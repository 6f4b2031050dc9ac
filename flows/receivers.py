"""What WhatsApp does when a payment moves, or a proof of payment is decided."""

from typing import Any

from django.dispatch import receiver

from customer_data.models import PaymentEvent, Proof
from customer_data.signals import payment_moved, proof_decided
from flows import proof_news, tasks, telling


@receiver(payment_moved)
def on_payment_moved(event: PaymentEvent, **_: Any) -> None:
    """Write the messages and hand them to a worker. If we die here, the clock finds the move without its messages."""
    for message in telling.write_messages(event):
        tasks.send_soon(message)


@receiver(proof_decided)
def on_proof_decided(proof: Proof, **_: Any) -> None:
    """As above: a proof that was turned down is told with its reason."""
    message = proof_news.write_message(proof)
    if message is not None:
        tasks.send_soon(message)
