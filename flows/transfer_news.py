"""What is said when staff move a payment to another booking: to who paid and to whose booking it is now. Once, whoever died.

When both bookings are of one customer, that customer hears it once. Nobody reads another customer's reference or name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Customer, PaymentEvent, Transfer
from customer_data.money import show_amount
from flows import choices, outbox
from flows.models import Message
from flows.outgoing import Buttons, Choice, Template
from flows.payment_news import is_reachable, language_of, one_line
from flows.sentences import say

LOOK_BACK = timedelta(days=2)
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class _Line:
    """`name` tells the messages of one transfer apart; `booking` is the one that `to` may read about."""

    to: Customer
    name: str
    template: str
    booking: Booking


def write_messages(transfer: Transfer) -> list[Message]:
    """What is said about one transfer, all or nothing, each message written once. Who has no WhatsApp number hears nothing."""
    with transaction.atomic():
        event = PaymentEvent.objects.filter(payment=transfer.payment_id, details__transfer=transfer.pk).first()
        return [_write(line, transfer, event) for line in _lines(transfer) if is_reachable(line.to)]


def write_missed(*, now: datetime | None = None) -> list[Message]:
    """Write what a process that died did not."""
    since = (now or timezone.now()) - LOOK_BACK
    recent = Transfer.objects.filter(made_at__gte=since).select_related("payment", "from_booking__customer", "to_booking__customer")
    transfers = list(recent.order_by("-made_at")[:MOST_AT_ONCE])
    keys = {_key(transfer, line.name) for transfer in transfers for line in _lines(transfer) if is_reachable(line.to)}
    told = set(Message.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    untold = {key.split("-")[1] for key in keys - told}
    return [message for transfer in transfers if str(transfer.pk) in untold for message in write_messages(transfer)]


def _lines(transfer: Transfer) -> Iterator[_Line]:
    was_for, is_for = transfer.from_booking, transfer.to_booking
    if was_for.customer == is_for.customer:
        yield _Line(is_for.customer, "to", "pay/transferred", is_for)
        return
    yield _Line(is_for.customer, "to", "pay/transferred_to", is_for)
    yield _Line(was_for.customer, "from", "pay/transferred_from", was_for)


def _write(line: _Line, transfer: Transfer, event: PaymentEvent | None) -> Message:
    words = say(line.template, language=language_of(line.to), **_facts(line, transfer))
    taps = _taps(line.booking)
    fallback = Template(words, purpose="payment_transferred", facts=_template_facts(line, transfer, words))
    return outbox.write(line.to, Buttons(words, choices=taps), key=_key(transfer, line.name), event=event, fallback=fallback)


def _taps(booking: Booking) -> tuple[Choice, ...]:
    balance = (choices.pay_balance(booking.booking_reference),) if booking.balance and booking.cancelled_at is None else ()
    return (*balance, choices.talk_to_a_person())


def _facts(line: _Line, transfer: Transfer) -> dict[str, Any]:
    booking = line.booking
    return {
        "payment": transfer.payment,
        "booking": booking,
        "was_for": transfer.from_booking,
        "paid": show_amount(booking.amount_paid, booking.currency),
    }


def _template_facts(line: _Line, transfer: Transfer, words: str) -> tuple[tuple[str, str], ...]:
    facts = {
        "name": line.to.name or "customer",
        "amount": transfer.payment.amount_shown,
        "booking": line.booking.booking_reference,
        "title": line.booking.title,
        "balance": line.booking.balance_shown,
        "news": words,
    }
    return tuple((name, one_line(text)) for name, text in facts.items())


def _key(transfer: Transfer, name: str) -> str:
    return f"transfer-{transfer.pk}-{name}"
