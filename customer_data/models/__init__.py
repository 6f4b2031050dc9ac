"""The ledger: who pays, for what, every attempt, and everything that happened to it."""

from customer_data.models.booking import Booking, Customer, new_booking_reference
from customer_data.models.change import Change, Operation, Seal
from customer_data.models.concern import Concern, ConcernKind
from customer_data.models.control import AmountLimit, GatewayPause, MethodSwitch
from customer_data.models.denial import AttemptLimit, Denial, DenialKind
from customer_data.models.dispute import Dispute, DisputeStatus
from customer_data.models.erasure import ErasedEntry, Erasure
from customer_data.models.event import PaymentEvent
from customer_data.models.idempotency import IdempotentRequest
from customer_data.models.letter import NonReceiptLetter
from customer_data.models.once import UsedForm
from customer_data.models.payment import IllegalMove, Payment
from customer_data.models.poll_budget import PollBudget
from customer_data.models.proof import Proof, ProofFile, ProofKind, ProofStatus
from customer_data.models.receipt import Receipt, ReceiptSeries
from customer_data.models.refund import (
    MONEY_BACK_OR_ON_ITS_WAY,
    REFUND_MOVES,
    REFUND_UNDER_WAY,
    IllegalRefundMove,
    Refund,
    RefundStatus,
    RefundWay,
)
from customer_data.models.tour import Departure, SeatHold, Tour
from customer_data.models.transfer import Transfer

__all__ = [
    "MONEY_BACK_OR_ON_ITS_WAY",
    "REFUND_MOVES",
    "REFUND_UNDER_WAY",
    "AmountLimit",
    "AttemptLimit",
    "Booking",
    "Change",
    "Concern",
    "ConcernKind",
    "Customer",
    "Denial",
    "DenialKind",
    "Departure",
    "Dispute",
    "DisputeStatus",
    "ErasedEntry",
    "Erasure",
    "GatewayPause",
    "IdempotentRequest",
    "IllegalMove",
    "IllegalRefundMove",
    "MethodSwitch",
    "NonReceiptLetter",
    "Operation",
    "Payment",
    "PaymentEvent",
    "PollBudget",
    "Proof",
    "ProofFile",
    "ProofKind",
    "ProofStatus",
    "Receipt",
    "ReceiptSeries",
    "Refund",
    "RefundStatus",
    "RefundWay",
    "Seal",
    "SeatHold",
    "Tour",
    "Transfer",
    "UsedForm",
    "new_booking_reference",
]
