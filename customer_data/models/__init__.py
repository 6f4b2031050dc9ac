"""The ledger: who pays, for what, every attempt, and everything that happened to it."""

from customer_data.models.booking import Booking, Customer, new_booking_reference
from customer_data.models.concern import Concern, ConcernKind
from customer_data.models.event import PaymentEvent
from customer_data.models.idempotency import IdempotentRequest
from customer_data.models.payment import IllegalMove, Payment
from customer_data.models.poll_budget import PollBudget

__all__ = [
    "Booking",
    "Concern",
    "ConcernKind",
    "Customer",
    "IdempotentRequest",
    "IllegalMove",
    "Payment",
    "PaymentEvent",
    "PollBudget",
    "new_booking_reference",
]
