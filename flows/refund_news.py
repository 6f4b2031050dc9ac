"""What is told of money that goes back, and of a booking that was cancelled. Once; what was missed the clock finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Customer, PaymentEvent, Refund, RefundStatus
from customer_data.money import show_amount
from customer_data.status import Status
from flows import choices, outbox
from flows.models import Message
from flows.outgoing import Buttons, Template
from flows.payment_news import is_reachable, language_of, one_line
from flows.sentences import say

LOOK_BACK = timedelta(days=2)
MOST_AT_ONCE = 500

NEWS = {RefundStatus.APPROVED: "approved", RefundStatus.SENT: "approved", RefundStatus.DONE: "done", RefundStatus.FAILED: "failed"}
"""What is said of a refund, by how it stands. That somebody asks for one is said to nobody."""


def write_refund_messages(refund: Refund) -> list[Message]:
    """The messages about how a refund stands now, each written once: to who booked, and to who paid when that is another."""
    refund = Refund.objects.select_related("payment__booking__customer", "payment__payer").get(pk=refund.pk)
    news = _news_of(refund)
    if not news:
        return []
    event = _line_in_the_trail(refund)
    with transaction.atomic():
        return [_write(refund, news, to, key, event) for to, key in _keys(refund, news) if is_reachable(to)]


def write_cancelled(booking: Booking) -> Message | None:
    """The message that a booking was cancelled, written once. None when nobody can be reached."""
    booking = Booking.objects.select_related("customer").get(pk=booking.pk)
    if booking.cancelled_at is None or not is_reachable(booking.customer):
        return None
    paid = show_amount(booking.amount_paid, booking.currency)
    words = say("booking_cancelled", language=language_of(booking.customer), booking=booking, paid=paid)
    taps = (choices.talk_to_a_person(),)
    fallback = _template("booking_cancelled", words, booking.customer, booking, paid)
    return outbox.write(booking.customer, Buttons(words, choices=taps), key=_key_cancelled(booking), fallback=fallback)


def write_missed() -> list[Message]:
    """Write what a process that died did not."""
    since = timezone.now() - LOOK_BACK
    moved = Refund.objects.filter(moved_at__gte=since).exclude(status=RefundStatus.REQUESTED)
    refunds = list(moved.select_related("payment__booking__customer", "payment__payer").order_by("-moved_at")[:MOST_AT_ONCE])
    bookings = list(Booking.objects.filter(cancelled_at__gte=since).order_by("-cancelled_at")[:MOST_AT_ONCE])
    keys = [key for refund in refunds for _, key in _keys(refund, _news_of(refund))] + [_key_cancelled(each) for each in bookings]
    told = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    untold = [refund for refund in refunds if any(key not in told for _, key in _keys(refund, _news_of(refund)))]
    written = [message for refund in untold for message in write_refund_messages(refund)]
    cancelled = [write_cancelled(booking) for booking in bookings if _key_cancelled(booking) not in told]
    return written + [message for message in cancelled if message is not None]


def _news_of(refund: Refund) -> str:
    """Empty where nothing is told: what was turned down before anybody heard of it, and what another road gave back meanwhile."""
    if refund.status == RefundStatus.FAILED and (refund.approved_at is None or refund.payment.status == Status.REFUNDED):
        return ""
    return NEWS.get(RefundStatus(refund.status), "")


def _keys(refund: Refund, news: str) -> Iterator[tuple[Customer, str]]:
    payment = refund.payment
    yield payment.booking.customer, f"refund-{refund.pk}-{news}"
    if payment.payer is not None and payment.payer != payment.booking.customer:
        yield payment.payer, f"refund-{refund.pk}-{news}-payer"


def _key_cancelled(booking: Booking) -> str:
    return f"booking-{booking.pk}-cancelled"


def _line_in_the_trail(refund: Refund) -> PaymentEvent | None:
    """So that the message stands in the payment's story."""
    return PaymentEvent.objects.filter(payment=refund.payment_id, details__refund=refund.reference).order_by("-pk").first()


def _write(refund: Refund, news: str, to: Customer, key: str, event: PaymentEvent | None) -> Message:
    booking = refund.payment.booking
    facts: dict[str, Any] = {
        "refund": refund,
        "payment": refund.payment,
        "booking": booking,
        "is_for_another": to != booking.customer,
    }
    words = say(f"refund_{news}", language=language_of(to), **facts)
    taps = (choices.talk_to_a_person(),)
    fallback = _template(f"refund_{news}", words, to, booking, refund.amount_shown)
    return outbox.write(to, Buttons(words, choices=taps), key=key, event=event, fallback=fallback)


def _template(purpose: str, body: str, to: Customer, booking: Booking, amount: str) -> Template:
    """For outside the 24-hour window. The names of the facts are what staff enter with a template of this purpose."""
    facts = {"name": to.name or "customer", "amount": amount, "booking": booking.booking_reference, "title": booking.title}
    return Template(body, purpose=purpose, facts=tuple((name, one_line(text)) for name, text in facts.items()))
