"""How parts that must not know each other hear that something moved: the one upward arrow at run time."""

from django.dispatch import Signal

payment_moved = Signal()
"""Sent after commit with `payment` and `event` (a PaymentEvent). A receiver that fails stops nobody else."""

payment_moving = Signal()
"""Sent inside the transaction of a move, under the booking's lock, with `payment`, `was` (its status before) and `booking`.

For what must become true together with the move: a receiver that fails undoes it. Not sent while a payment stays open: from
created to sending to pending nothing changes for its booking.
"""

proof_decided = Signal()
"""Sent after commit with `proof`, once a person approved or rejected it. What was approved is told by the payment's own success."""

refund_moved = Signal()
"""Sent after commit with `refund`."""

booking_cancelled = Signal()
"""Sent after commit with `booking`."""

payment_transferred = Signal()
"""Sent after commit with `transfer`: the payment counts for another booking now."""
