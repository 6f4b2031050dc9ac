"""The one upward arrow at run time: parts that must not know each other hear that a payment moved."""

from django.dispatch import Signal

payment_moved = Signal()
"""Sent after commit with `payment` and `event` (a PaymentEvent). A receiver that fails stops nobody else."""

proof_decided = Signal()
"""Sent after commit with `proof`, once a person approved or rejected it. What was approved is told by the payment's own success."""
