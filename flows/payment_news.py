"""What is said at each move of a payment, and to whom: to the one who booked, and to the one who pays when that is another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from customer_data.gateway import PromptKind
from customer_data.models import Customer, Payment, PaymentEvent
from customer_data.models.prepared import Prepared
from customer_data.money import show_amount
from customer_data.offer import owed
from customer_data.phones import national
from customer_data.receipts import receipt_text
from customer_data.services import asked_again, is_over_unpaid, issue_receipt
from customer_data.status import UNPAID_ENDS, Status
from flows import choices, window
from flows.outgoing import Buttons, Choice, Document, Outgoing, Template, Text
from flows.prompts import method_label, prompt_messages
from flows.sentences import ENGLISH, say

LONGEST_WITH_BUTTONS = 1024


@dataclass(frozen=True)
class Line:
    """One message about a move. `name` tells it from the move's others; `fallback` is for outside the 24-hour window."""

    to: Customer
    name: str
    outgoing: Outgoing
    fallback: Template | None = None


def lines_about(event: PaymentEvent) -> list[Line]:
    """Everything that is said about one move, to everybody who can be reached."""
    payment = _WHOLE.get(event.payment_id)  # with the newest totals
    say_it = _not_paid if event.to_status in UNPAID_ENDS else _SAID[Status(event.to_status)]
    return [line for line in say_it(payment) if is_reachable(line.to) and _may_be_sent(line, payment)]


_WHOLE = Prepared(
    lambda key: Payment.objects.select_related("booking__customer__conversation", "payer__conversation", "receipt").filter(pk=key),
    UUID(int=0),
)


def _may_be_sent(line: Line, payment: Payment) -> bool:
    """What has no template waits for an open window: WhatsApp would refuse it, and a person would be called for nothing.

    Of the one who booked and was never heard nothing is known, and WhatsApp decides; who was only asked to pay never wrote.
    """
    if line.fallback is not None:
        return True
    return window.is_open(line.to) if line.to == payment.payer else not window.is_closed(line.to)


def is_reachable(customer: Customer) -> bool:
    return bool(customer.chat_address)


def language_of(customer: Customer) -> str:
    talk = window.talk_of(customer)
    return talk.language if talk else ENGLISH


# --- The money is asked for -----------------------------------------------------------------------
def _pending(payment: Payment) -> Iterator[Line]:
    asked = payment.payer or payment.booking.customer
    messages = prompt_messages(payment, language=language_of(asked))
    if payment.payer is None:
        yield from _numbered(asked, messages, start="text")
        return
    customer = payment.booking.customer
    words = _words("payer_asked", payment, customer, payer=_shown(payment.payer))
    yield Line(customer, "text", Buttons(words, choices=_while_waiting(payment)))
    asks = _words("asks_you", payment, payment.payer, payer=payment.payer)
    template = _template("payment_request", asks, payment, payment.payer)
    yield Line(payment.payer, "payer-asks", Text(asks) if window.is_open(payment.payer) else template, template)
    yield from _numbered(payment.payer, messages, start="payer-text")


def _shown(payer: Customer) -> str:
    """By name, or by the number as it is dialled from abroad."""
    return str(payer) if payer.name or not payer.wa_id else national(f"+{payer.wa_id}") or f"+{payer.wa_id}"


def _numbered(to: Customer, messages: tuple[Outgoing, ...], *, start: str) -> Iterator[Line]:
    for number, outgoing in enumerate(messages):
        yield Line(to, f"{start}-{number + 1}" if number else start, outgoing)


def _while_waiting(payment: Payment) -> tuple[Choice, ...]:
    again = (choices.send_it_again(payment.reference),) if payment.prompt == PromptKind.APPROVE_ON_PHONE else ()
    another = choices.use_another_wallet(payment.booking.booking_reference)
    return (choices.i_have_paid(payment.reference), *again, another)


# --- The money is in ------------------------------------------------------------------------------
def _paid(payment: Payment) -> Iterator[Line]:
    """The receipt: every fact as text, and the same as a PDF. To both, when somebody else paid."""
    receipt = getattr(payment, "receipt", None) or issue_receipt(payment)
    file = Document(str(receipt), source=f"receipt:{receipt}", file_name=f"receipt-{receipt}.pdf")
    for to, start in _both(payment):
        body = _words("payment_successful", payment, to, facts=receipt_text(receipt))
        yield Line(to, f"{start}text", _with_taps(body, _after_paying(payment)), _template("payment_successful", body, payment, to))
        yield Line(to, f"{start}receipt", file)


def _after_paying(payment: Payment) -> tuple[Choice, ...]:
    booking = payment.booking
    if not owed(booking):
        return ()
    shares = asked_again(payment).shares - 1
    next_share = (choices.pay_next_share(booking.booking_reference, shares),) if shares > 1 else ()
    return (*next_share, choices.pay_balance(booking.booking_reference))


# --- It did not come, or went back ----------------------------------------------------------------
def _not_paid(payment: Payment) -> Iterator[Line]:
    """Who was only asked to pay hears of it while they are in the chat."""
    for to, start in _both(payment):
        body = _words(f"payment_{payment.status}", payment, to)
        fallback = None if start else _template("payment_failed", body, payment, to)
        yield Line(to, f"{start}text", _with_taps(body, _after_failing(payment)), fallback)


def _after_failing(payment: Payment) -> tuple[Choice, ...]:
    if not owed(payment.booking):
        return ()
    can_end_well = not is_over_unpaid(payment)
    first = choices.i_have_paid(payment.reference) if can_end_well else choices.try_again(payment.reference)
    return (first, choices.use_another_wallet(payment.booking.booking_reference), choices.talk_to_a_person())


def _refunded(payment: Payment) -> Iterator[Line]:
    for to, start in _both(payment):
        yield Line(to, f"{start}text", Text(_words("payment_refunded", payment, to)))


_SAID: dict[Status, Callable[[Payment], Iterator[Line]]] = {
    Status.PENDING: _pending,
    Status.SUCCESSFUL: _paid,
    Status.REFUNDED: _refunded,
}


def _both(payment: Payment) -> Iterator[tuple[Customer, str]]:
    """Who hears of it, with the start of that one's names."""
    yield payment.booking.customer, ""
    if payment.payer is not None and payment.payer != payment.booking.customer:
        yield payment.payer, "payer-"


def _with_taps(body: str, taps: tuple[Choice, ...]) -> Outgoing:
    """Long words go without their buttons: WhatsApp takes four times as many then, and the chat has the same by its menu."""
    return Buttons(body, choices=taps) if taps and len(body) <= LONGEST_WITH_BUTTONS else Text(body)


def _words(name: str, payment: Payment, to: Customer, **facts: Any) -> str:
    folder = "" if name.startswith("payment_") else "pay/"
    return say(f"{folder}{name}", language=language_of(to), **_facts(payment, to), **facts)


def _facts(payment: Payment, to: Customer) -> dict[str, Any]:
    booking = payment.booking
    return {
        "payment": payment,
        "booking": booking,
        "customer": booking.customer,
        "paid": show_amount(booking.amount_paid, booking.currency),
        "method": method_label(payment),
        "is_for_another": to != booking.customer,
        "phone": national(payment.phone) or payment.phone,
    }


def _template(purpose: str, body: str, payment: Payment, to: Customer) -> Template:
    """For outside the 24-hour window. The names of the facts are what staff enter with a template of this purpose."""
    booking = payment.booking
    facts = {
        "name": to.name or "customer",
        "customer": booking.customer.name or "a customer",
        "amount": payment.amount_shown,
        "booking": booking.booking_reference,
        "title": booking.title,
        "balance": booking.balance_shown,
        "payment": payment.reference,
        "method": method_label(payment),
        "how": _words("how_to_pay", payment, to),
    }
    return Template(body, purpose=purpose, facts=tuple((name, one_line(text)) for name, text in facts.items()))


def one_line(text: str) -> str:
    """As WhatsApp takes a fact of a template: without line breaks or rows of spaces."""
    return " ".join(text.split())
