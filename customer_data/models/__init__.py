"""The ledger: who pays, for what, every attempt, and everything that happened to it."""

from customer_data.models.booking import Booking, Customer, new_booking_reference
from customer_data.models.concern import Concern, ConcernKind
from customer_data.models.event import PaymentEvent
from customer_data.models.idempotency import IdempotentRequest
from customer_data.models.payment import IllegalMove, Payment
from customer_data.models.poll_budget import PollBudget
from customer_data.models.receipt import Receipt, ReceiptSeries
from customer_data.models.tour import Departure, SeatHold, Tour

__all__ = [
    "Booking",
    "Concern",
    "ConcernKind",
    "Customer",
    "Departure",
    "IdempotentRequest",
    "IllegalMove",
    "Payment",
    "PaymentEvent",
    "PollBudget",
    "Receipt",
    "ReceiptSeries",
    "SeatHold",
    "Tour",
    "new_booking_reference",
]
