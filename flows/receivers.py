"""What WhatsApp does when a payment moves or is moved, a proof is decided, money goes back, or a booking is cancelled."""

from typing import Any

from django.dispatch import receiver

from customer_data.models import Booking, PaymentEvent, Proof, Refund, Transfer
from customer_data.signals import booking_cancelled, payment_moved, payment_transferred, proof_decided, refund_moved
from flows import proof_news, refund_news, tasks, telling, transfer_news


@receiver(payment_moved)
def on_payment_moved(event: PaymentEvent, **_: Any) -> None:
    """Write the messages and hand them to a worker. If we die here, the clock finds the move without its messages."""
    first_of_each = {message.customer_id: message for message in reversed(telling.write_messages(event))}
    for message in first_of_each.values():  # whoever sends a customer's first one sends the others after it
        tasks.send_soon(message)


@receiver(proof_decided)
def on_proof_decided(proof: Proof, **_: Any) -> None:
    """As above: a proof that was turned down is told with its reason."""
    message = proof_news.write_message(proof)
    if message is not None:
        tasks.send_soon(message)


@receiver(refund_moved)
def on_refund_moved(refund: Refund, **_: Any) -> None:
    """As above: money that is about to go back, that went back, or that did not."""
    for message in refund_news.write_refund_messages(refund):
        tasks.send_soon(message)


@receiver(booking_cancelled)
def on_booking_cancelled(booking: Booking, **_: Any) -> None:
    message = refund_news.write_cancelled(booking)
    if message is not None:
        tasks.send_soon(message)


@receiver(payment_transferred)
def on_payment_transferred(transfer: Transfer, **_: Any) -> None:
    """As above: a payment counts for another booking now."""
    for message in transfer_news.write_messages(transfer):
        tasks.send_soon(message)
