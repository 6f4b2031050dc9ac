"""What is at stake in each kind of matter, what to do about it, and which buttons of other pages help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from customer_data.models import Concern, ConcernKind
from customer_data.money import show_amount


@dataclass(frozen=True)
class Advice:
    """`buttons`: names of buttons of the payment (or the proof) that the matter is about, the likeliest first."""

    what_to_do: str
    at_stake: Callable[[Concern], str]
    buttons: tuple[str, ...] = ()


def _nothing_yet(concern: Concern) -> str:
    return ""


def _the_payment(concern: Concern) -> str:
    """Its amount; real money or not."""
    payment = concern.payment
    if payment is None:
        return ""
    return f"{payment.amount_shown} (test)" if payment.is_test else payment.amount_shown


def _what_is_too_much(concern: Concern) -> str:
    if concern.payment is None:
        return ""
    booking = concern.payment.booking
    over = booking.amount_paid - booking.total_amount
    return show_amount(over, booking.currency) if over > 0 else _the_payment(concern)


def _a_customer(concern: Concern) -> str:
    return _the_payment(concern) or "A customer waits"


def _all_takings(concern: Concern) -> str:
    return _the_payment(concern) or "All new payments"


_REFUND = ("refund", "move-to-booking")

ADVICE: dict[str, Advice] = {
    ConcernKind.MISMATCH: Advice(
        "Nothing was booked. Ask again, compare with the gateway's own pages, and settle with its support what is really in.",
        _the_payment,
        ("ask-again", "stop-waiting"),
    ),
    ConcernKind.OVERPAID: Advice(
        "Ask the customer: give back what is too much, or move the payment to another booking.", _what_is_too_much, _REFUND
    ),
    ConcernKind.PAID_TWICE: Advice("Give the second payment back, or move it to the booking it was for.", _the_payment, _REFUND),
    ConcernKind.LATE_MONEY: Advice(
        "The money is booked. Check that the customer did not pay in another way too; if so, give it back.", _the_payment, _REFUND
    ),
    ConcernKind.TRIP_CANCELLED: Advice(
        "The trip is cancelled and the money is in. Offer another date and move it there, or give it back.", _the_payment, _REFUND
    ),
    ConcernKind.UNKNOWN_WORD: Advice(
        "No money moved. Ask the gateway again; if it keeps saying this, ask its support what the word means.",
        _the_payment,
        ("ask-again",),
    ),
    ConcernKind.ILLEGAL_NEWS: Advice(
        "What we have booked stands. Compare with the gateway's own pages, then ask again.", _the_payment, ("ask-again",)
    ),
    ConcernKind.STUCK: Advice(
        "Nobody knows yet whether the money is in. Ask the gateway again; never let the customer pay a second time before.",
        _the_payment,
        ("ask-again", "stop-waiting", "write-letter"),
    ),
    ConcernKind.DISPUTED: Advice(
        "Answer the gateway before the deadline of the dispute, with what the customer bought and received.", _the_payment
    ),
    ConcernKind.REFUNDED_OUTSIDE: Advice(
        "The gateway gave the money back. Check why, and whether the booking still stands.", _the_payment
    ),
    ConcernKind.MISCONFIGURED: Advice(
        "Customers cannot pay this way. Check the keys under Settings with Try these keys; stop new payments meanwhile.",
        _all_takings,
        ("ask-again",),
    ),
    ConcernKind.WANTS_PERSON: Advice("Open the conversation, take it over and answer.", _a_customer),
    ConcernKind.NOT_TOLD: Advice("The customer does not know. Try the message again, or call.", _a_customer),
    ConcernKind.NO_SEATS: Advice("Paid, and no seats left. Offer another date, or give the money back.", _the_payment, _REFUND),
    ConcernKind.FLOW_HEALTH: Advice(
        "WhatsApp slows down or blocks the form. Open the Flow's page: it says which figure is bad.", lambda _: "All forms"
    ),
    ConcernKind.WHATSAPP_ACCOUNT: Advice(
        "No message leaves us. Check the access token and the account at Meta.", lambda _: "All messages"
    ),
    ConcernKind.UNPAID_BY_TRANSFER: Advice(
        "Its money now counts for another booking. Tell the customer what is owed here, or cancel this booking.", _the_payment
    ),
    ConcernKind.UNMATCHED_PROOF: Advice("Find the booking it belongs to, or answer the customer.", _a_customer, ("belongs",)),
    ConcernKind.PROOF_DOUBTED: Advice(
        "Compare both proofs and the bank's statement before anyone approves.", _a_customer, ("reject",)
    ),
    ConcernKind.REFUND_TO_PAY: Advice(
        "Pay it back from the business's own account or wallet, then record the approval code on the refund.", _the_payment
    ),
    ConcernKind.REFUND_FAILED: Advice(
        "The customer still waits for the money. Ask for a new refund another way.", _the_payment, ("refund",)
    ),
    ConcernKind.MISSED_UPDATES: Advice(
        "Payments are still found by asking, only later. Check the address of the status updates in Paynow's dashboard.",
        _nothing_yet,
    ),
    ConcernKind.RECORD_BROKEN: Advice(
        "Somebody changed rows past the record, or it was damaged. Run check_ledger, and compare with a backup.", _nothing_yet
    ),
    ConcernKind.BOOKS_WRONG: Advice(
        "Change nothing by hand. Whoever runs the server runs check_ledger; compare what it names with the gateway's own list.",
        _nothing_yet,
    ),
}

_OTHERWISE = Advice("Look at what happened and decide.", _the_payment)


def advice_for(concern: Concern) -> Advice:
    """What to do about this matter; for a kind that is new here, that a person must decide."""
    return ADVICE.get(concern.kind, _OTHERWISE)
