"""Everything that may happen to a payment. Doors (views, tasks, admin, commands, the clock) call these; these enqueue nothing.

The order of commits is the design: a payment is committed before the gateway is called, `sending` is committed before the
network is touched, and from a lost answer we only ask.
"""

from customer_data.services.asking_again import NotSentAgain, is_known_unpaid, is_over_unpaid, send_request_again
from customer_data.services.booking_trips import make_booking, trip_title
from customer_data.services.cancelling import CannotCancel, cancel_booking, money_to_give_back, request_refunds_of
from customer_data.services.checking import check_payment, make_due, ring
from customer_data.services.codes import keep_otp, submit_otp
from customer_data.services.disputes import CannotAnswer, follow_dispute, record_answer
from customer_data.services.letters import CannotWrite, write_letter
from customer_data.services.opening import PaymentRequest, asked_again, expire_payment, open_payment, open_payment_of
from customer_data.services.paid_seats import settle_seats
from customer_data.services.receipts import NotPaid, issue_missed_receipts, issue_receipt, issue_when_paid
from customer_data.services.refund_sending import due_refunds, record_refund_report, send_refund, settle_when_refunded
from customer_data.services.refunds import (
    CannotRefund,
    approve_refund,
    most_to_refund,
    record_paid_back,
    record_refund_failed,
    request_refund,
    take_refund,
    turn_down_refund,
)
from customer_data.services.reporting import record_report
from customer_data.services.sending import send_payment
from customer_data.services.stopping import NothingToAsk, NotStopped, ask_gateway, stop_waiting
from customer_data.services.surprises import flag_surprises
from customer_data.services.transfers import CannotTransfer, transfer_payment

__all__ = [
    "CannotAnswer",
    "CannotCancel",
    "CannotRefund",
    "CannotTransfer",
    "CannotWrite",
    "NotPaid",
    "NotSentAgain",
    "NotStopped",
    "NothingToAsk",
    "PaymentRequest",
    "approve_refund",
    "ask_gateway",
    "asked_again",
    "cancel_booking",
    "check_payment",
    "due_refunds",
    "expire_payment",
    "flag_surprises",
    "follow_dispute",
    "is_known_unpaid",
    "is_over_unpaid",
    "issue_missed_receipts",
    "issue_receipt",
    "issue_when_paid",
    "keep_otp",
    "make_booking",
    "make_due",
    "money_to_give_back",
    "most_to_refund",
    "open_payment",
    "open_payment_of",
    "record_answer",
    "record_paid_back",
    "record_refund_failed",
    "record_refund_report",
    "record_report",
    "request_refund",
    "request_refunds_of",
    "ring",
    "send_payment",
    "send_refund",
    "send_request_again",
    "settle_seats",
    "settle_when_refunded",
    "stop_waiting",
    "submit_otp",
    "take_refund",
    "transfer_payment",
    "trip_title",
    "turn_down_refund",
    "write_letter",
]
