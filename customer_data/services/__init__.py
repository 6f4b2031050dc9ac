"""Everything that may happen to a payment. Doors (views, tasks, admin, commands, the clock) call these; these enqueue nothing.

The order of commits is the design: a payment is committed before the gateway is called, `sending` is committed before the
network is touched, and from a lost answer we only ask.
"""

from customer_data.services.booking_trips import make_booking, trip_title
from customer_data.services.checking import check_payment, make_due, ring
from customer_data.services.codes import keep_otp, submit_otp
from customer_data.services.opening import PaymentRequest, asked_again, expire_payment, open_payment
from customer_data.services.receipts import NotPaid, issue_missed_receipts, issue_receipt, issue_when_paid
from customer_data.services.reporting import record_report
from customer_data.services.sending import send_payment

__all__ = [
    "NotPaid",
    "PaymentRequest",
    "asked_again",
    "check_payment",
    "expire_payment",
    "issue_missed_receipts",
    "issue_receipt",
    "issue_when_paid",
    "keep_otp",
    "make_booking",
    "make_due",
    "open_payment",
    "record_report",
    "ring",
    "send_payment",
    "submit_otp",
    "trip_title",
]
