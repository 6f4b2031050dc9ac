"""The one upward arrow at run time: parts that must not know each other hear that a payment moved."""

from django.dispatch import Signal

payment_moved = Signal()
"""Sent after commit with `payment` and `event` (a PaymentEvent). A receiver that fails stops nobody else."""
