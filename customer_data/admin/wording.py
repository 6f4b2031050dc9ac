"""How a payment stands and what happens next, in words for the person at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from customer_data.gateway import NotSupported, find_method, gateway_named
from customer_data.models import DisputeStatus, Payment, ProofStatus, Refund, RefundStatus, RefundWay
from customer_data.schedule import CODE_GRACE, EXPIRE_AFTER
from customer_data.status import MONEY_IN, OPEN, BookingStatus, Status

COLOUR_OF = {
    Status.CREATED: "",
    Status.SENDING: "warning",
    Status.PENDING: "info",
    Status.SUCCESSFUL: "success",
    Status.FAILED: "danger",
    Status.CANCELLED: "danger",
    Status.EXPIRED: "danger",
    Status.DISPUTED: "warning",
    Status.REFUNDED: "warning",
}
COLOUR_OF_BOOKING = {
    BookingStatus.UNPAID: "",
    BookingStatus.DEPOSIT_PAID: "info",
    BookingStatus.PART_PAID: "info",
    BookingStatus.PAID: "success",
    BookingStatus.OVERPAID: "warning",
    BookingStatus.REFUNDED: "warning",
}

_REFUND_NEXT = {
    RefundStatus.REQUESTED: "Somebody else than who asked for it must approve it.",
    RefundStatus.APPROVED: "It is handed to the gateway by itself.",
    RefundStatus.SENT: "The gateway is asked how it stands.",
}

_MEANING = {
    Status.CREATED: "Asked for; nothing has been sent to {gateway} yet.",
    Status.SENDING: "Sent to {gateway}, and no answer came back: the money may or may not be on its way.",
    Status.PENDING: "The customer has been asked to pay and has not done so yet.",
    Status.SUCCESSFUL: "Paid: {gateway} has confirmed it.",
    Status.FAILED: "Not paid.",
    Status.CANCELLED: "Not paid: it was cancelled.",
    Status.EXPIRED: "Not paid in time.",
    Status.DISPUTED: "Paid, and the customer disputes it: {gateway} holds the money until that is decided.",
    Status.REFUNDED: "The money went back to the customer.",
}


def gateway_label(payment: Payment) -> str:
    """The gateway's name for people; the stored one when it is not plugged in any more."""
    try:
        return gateway_named(payment.gateway).label
    except NotSupported:
        return payment.gateway or "the gateway"


def method_label(payment_method: str) -> str:
    """The way to pay for people: `EcoCash`; `Bank transfer` for what no gateway handles."""
    try:
        return find_method(payment_method)[1].label
    except NotSupported:
        return payment_method.replace("_", " ").capitalize()


def what_is_known(payment: Payment) -> str:
    """What the status means, and why."""
    if payment.status == Status.SUCCESSFUL and payment.approved_by_id is not None:
        return f"Paid: approved by {payment.approved_by}."
    meaning = _MEANING[Status(payment.status)].format(gateway=gateway_label(payment))
    if payment.unsent and payment.status == Status.SENDING:
        meaning = f"{gateway_label(payment)} could not be reached. Nothing has been sent."
    return f"{meaning} {payment.get_reason_code_display()}." if payment.reason_code else meaning


def what_happens_next(payment: Payment, now: datetime | None = None) -> str:
    """What will be done about this payment, by whom and when."""
    now = now or timezone.now()
    by_people = _what_people_do(payment, now)
    if by_people:
        return by_people
    if payment.next_check_at is None:
        return _nothing_due(payment)
    if payment.status == Status.PENDING and is_reviewed(payment):
        return _review_due(payment, now)
    doing = _what_is_due(payment)
    if payment.next_check_at <= now:
        return f"{doing} now. Load this page again in a few seconds."
    return f"{doing} {in_words(payment.next_check_at - now)}, at {clock_time(payment.next_check_at, now)}.{_deadline(payment, now)}"


def how_often_asked(payment: Payment, now: datetime | None = None) -> str:
    """`Paynow was asked 12 times, last at 14:02:11, and said: Sent.` Empty when it never was."""
    if payment.checked_at is None or is_reviewed(payment):
        return ""
    now = now or timezone.now()
    times = "once" if payment.checks_made == 1 else f"{payment.checks_made} times"
    said = f" Its last answer, at {clock_time(payment.reported_at, now)}: {payment.gateway_status}." if payment.reported_at else ""
    unheard = f" It said {payment.not_found} times in a row that it does not know it." if payment.not_found else ""
    return f"{gateway_label(payment)} was asked {times}, last at {clock_time(payment.checked_at, now)}.{said}{unheard}"


def is_reviewed(payment: Payment) -> bool:
    """Whether a person of ours decides it, and no gateway is asked."""
    try:
        return gateway_named(payment.gateway).capabilities().is_reviewed
    except NotSupported:
        return False


def in_words(wait: timedelta) -> str:
    """`in 12 seconds`, `in 3 minutes`, `in 6 hours`, `in 2 days`: rounded up, in the largest unit that fits."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return _count(-(-seconds // size), unit)
    return _count(seconds, "second")


def clock_time(moment: datetime, now: datetime) -> str:
    """The time of day in Harare; with the date when that is not today's."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%H:%M} on {local.day} {local:%B}"


def _count(number: int, unit: str) -> str:
    return f"in {number} {unit}{'' if number == 1 else 's'}"


def _what_people_do(payment: Payment, now: datetime) -> str:
    """What waits for people before anything else: a dispute, or money on its way back. Empty for neither."""
    if payment.status == Status.DISPUTED:
        case = payment.disputes.filter(status=DisputeStatus.OPEN).first()
        if case is not None:
            done = "Answered; the gateway decides." if case.answered_at else "Nobody has answered it yet."
            return f"Answer the gateway before {clock_time(case.deadline, now)}, {in_words(case.deadline - now)}. {done}"
    if payment.status not in MONEY_IN:
        return ""
    refund = payment.refunds.filter(status__in=_REFUND_NEXT).order_by("pk").first()
    return "" if refund is None else f"{refund.amount_shown} is to go back. {_next_of(refund)}"


def _next_of(refund: Refund) -> str:
    if refund.status != RefundStatus.REQUESTED and refund.way == RefundWay.PERSON:
        return "Somebody must pay it back and write down the reference."
    return _REFUND_NEXT[RefundStatus(refund.status)]


def _review_due(payment: Payment, now: datetime) -> str:
    """Money that a person of ours looks for: nothing is asked of anybody meanwhile."""
    ends = payment.next_check_at or now
    waits = payment.proofs.filter(status=ProofStatus.WAITING).exists()
    first = "A proof waits for review." if waits else "It is paid when a person approves what has arrived."
    return f"{first} We stop waiting {in_words(ends - now)}, at {clock_time(ends, now)}." if ends > now else first


def _what_is_due(payment: Payment) -> str:
    gateway = gateway_label(payment)
    if payment.status == Status.CREATED:
        return f"It is sent to {gateway}"
    return f"It is sent to {gateway} again" if payment.unsent else f"{gateway} is asked again"


def _nothing_due(payment: Payment) -> str:
    if payment.status in MONEY_IN or payment.status == Status.REFUNDED:
        return "Nothing more is due. If it is disputed or refunded, the gateway says so by itself."
    if payment.is_final:
        return f"Nothing more is due: {gateway_label(payment)} has called this final."
    if payment.status in OPEN:
        return "Nothing is planned."
    return "Nothing more is due. Should money still come, it is taken and a person is told."


def _waits(payment: Payment) -> timedelta:
    try:
        return gateway_named(payment.gateway).capabilities().waits
    except NotSupported:
        return EXPIRE_AFTER


def _deadline(payment: Payment, now: datetime) -> str:
    """When we stop waiting for the customer."""
    if payment.status not in OPEN:
        return " Should money still come, it is taken."
    ends = (payment.sent_at or payment.created_at) + _waits(payment)
    if payment.authorization_expires is not None:
        ends = min(ends, payment.authorization_expires + CODE_GRACE)
    return f" We stop waiting at {clock_time(ends, now)}." if ends > now else ""
