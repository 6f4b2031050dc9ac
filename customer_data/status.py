"""What can be true of a payment, and which move is allowed. Pure; the database repeats this table as a trigger."""

from django.db import models


class Status(models.TextChoices):
    CREATED = "created", "Created"  # asked for; nothing has left us
    SENDING = "sending", "Sending"  # we asked the gateway and do not know the answer
    PENDING = "pending", "Pending"  # the customer has a prompt, a code or a page
    SUCCESSFUL = "successful", "Successful"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    DISPUTED = "disputed", "Disputed"
    REFUNDED = "refunded", "Refunded"


# Late money is still money: a closed payment may become successful. Bad news never overwrites good news.
MOVES: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.SENDING, Status.CANCELLED, Status.EXPIRED}),
    Status.SENDING: frozenset({Status.PENDING, Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED}),
    Status.PENDING: frozenset({Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED}),
    Status.SUCCESSFUL: frozenset({Status.DISPUTED, Status.REFUNDED}),
    Status.DISPUTED: frozenset({Status.SUCCESSFUL, Status.REFUNDED}),
    Status.FAILED: frozenset({Status.SUCCESSFUL}),
    Status.CANCELLED: frozenset({Status.SUCCESSFUL}),
    Status.EXPIRED: frozenset({Status.SUCCESSFUL}),
    Status.REFUNDED: frozenset(),
}

OPEN = frozenset({Status.CREATED, Status.SENDING, Status.PENDING})
"""The customer may still pay: at most one of these on a booking."""

UNPAID_ENDS = frozenset({Status.FAILED, Status.CANCELLED, Status.EXPIRED})
"""Over without money, unless money comes late."""

MONEY_IN = frozenset({Status.SUCCESSFUL, Status.DISPUTED})
"""The customer has paid. A disputed payment is held, not given back: asking the customer again would be wrong."""

NEEDS_PROOF = frozenset({Status.SUCCESSFUL, Status.DISPUTED, Status.REFUNDED})
"""Only with a gateway's report or a named approver."""


def may_move(from_status: str, to_status: str) -> bool:
    """Whether a payment in `from_status` may go to `to_status`. An unknown word may go nowhere."""
    return to_status in MOVES.get(from_status, frozenset())  # type: ignore[call-overload]


class BookingStatus(models.TextChoices):
    UNPAID = "unpaid", "Unpaid"
    DEPOSIT_PAID = "deposit_paid", "Deposit paid"
    PART_PAID = "part_paid", "Part paid"
    PAID = "paid", "Paid"
    OVERPAID = "overpaid", "Overpaid"
    REFUNDED = "refunded", "Refunded"


class Reason(models.TextChoices):
    """Why a payment ended or waits, one vocabulary for all gateways."""

    INSUFFICIENT_FUNDS = "insufficient_funds", "Not enough money in the wallet"
    DECLINED = "declined", "Declined by the bank or wallet"
    CANCELLED_BY_PAYER = "cancelled_by_payer", "Cancelled by the payer, or a wrong PIN"
    WRONG_CODE = "wrong_code", "The one-time code was wrong"
    TIMED_OUT = "timed_out", "Not approved in time"
    NEVER_ARRIVED = "never_arrived", "The request never reached the gateway"
    GATEWAY_DOWN = "gateway_down", "The gateway could not be reached"
    GATEWAY_ERROR = "gateway_error", "The gateway could not start the payment"
    MISCONFIGURED = "misconfigured", "The gateway's configuration is wrong"
    INVALID_PAYER = "invalid_payer", "The phone number or e-mail was not accepted"
    METHOD_CHANGED = "method_changed", "The customer chose another way to pay"
    NOT_NEEDED = "not_needed", "The booking was paid meanwhile"
    STOPPED_BY_STAFF = "stopped_by_staff", "Stopped by staff"
    OTHER_AMOUNT = "other_amount", "Another amount arrived, and was booked by itself"
    BOOKING_CANCELLED = "booking_cancelled", "The booking was cancelled"
    OTHER = "other", "Other"
