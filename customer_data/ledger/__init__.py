"""What must be true of the books at any moment. Each invariant is one query that returns what breaks it, as sentences.

One query sees one moment, so the check may run while payments move; each is set-based and streams, so it may run on millions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from customer_data.ledger import record
from customer_data.ledger.money import (
    a_booking_has_one_open_payment,
    a_gateway_reference_pays_once,
    a_payment_is_in_its_bookings_currency,
    a_payment_is_of_more_than_nothing,
    a_payment_status_is_known,
    an_open_payment_is_never_forgotten,
    an_overpaid_booking_was_told_to_a_person,
    booking_amounts_and_words_are_possible,
    booking_status_follows_from_the_payments,
    every_move_is_legal,
    late_money_was_told_to_a_person,
    money_has_a_report_or_an_approver,
    paid_amount_is_the_sum_of_the_payments,
    real_and_test_money_are_apart,
    the_trail_ends_where_the_payment_stands,
    the_trail_is_unbroken,
)
from customer_data.ledger.proofs import (
    an_approved_proof_is_a_payment_of_that_amount,
    money_without_a_gateways_network_has_a_proof,
    nobody_approves_what_they_handed_in,
)
from customer_data.ledger.receipts import (
    a_receipt_says_what_was_paid,
    money_that_came_in_has_a_receipt,
    receipts_are_numbered_without_a_gap,
)
from customer_data.ledger.refunds import (
    a_cancelled_booking_holds_nothing,
    a_disputed_payment_has_a_case,
    a_payment_that_went_back_whole_is_refunded,
    a_refund_is_approved_by_another,
    a_refund_is_of_money_that_came_in,
    a_refund_that_is_done_says_who_and_when,
    a_refund_under_way_is_never_forgotten,
    a_refunded_payment_went_back_by_refunds_or_a_person_was_told,
    money_for_a_cancelled_booking_was_told_to_a_person,
    refunds_never_exceed_the_payment,
)
from customer_data.ledger.seats import a_departure_is_not_oversold, paid_seats_are_kept_or_a_person_was_told
from customer_data.ledger.transfers import a_payment_is_where_its_last_transfer_put_it, transfers_follow_one_another
from customer_data.models import Concern, ConcernKind

Invariant = Callable[[], Iterator[str]]


@dataclass(frozen=True)
class Violation:
    """One sentence about one row, and the invariant (the name of its function here) that it breaks."""

    invariant: str
    sentence: str


def violations() -> Iterator[Violation]:
    """Everything that is not as it must be; nothing when the books are right."""
    for invariant in (*INVARIANTS, *record.INVARIANTS):
        for sentence in invariant():
            yield Violation(invariant.__name__, sentence)


def check_and_tell() -> None:
    """The clock's check of the books: the first things that are wrong are told to a person. The record of changes has its own."""
    wrong = list(islice(chain.from_iterable(invariant() for invariant in INVARIANTS), record.MOST_TOLD))
    if wrong:
        sentence = f"{wrong[0]} Run check_ledger, which names everything that is wrong."
        Concern.raise_about_customer(None, ConcernKind.BOOKS_WRONG, sentence, found="\n".join(wrong))


INVARIANTS: tuple[Invariant, ...] = (  # of the books; those of the record of changes stand in record.py
    paid_amount_is_the_sum_of_the_payments,
    booking_status_follows_from_the_payments,
    real_and_test_money_are_apart,
    an_overpaid_booking_was_told_to_a_person,
    booking_amounts_and_words_are_possible,
    a_payment_is_of_more_than_nothing,
    a_payment_status_is_known,
    a_booking_has_one_open_payment,
    money_has_a_report_or_an_approver,
    a_payment_is_in_its_bookings_currency,
    a_gateway_reference_pays_once,
    an_open_payment_is_never_forgotten,
    late_money_was_told_to_a_person,
    every_move_is_legal,
    the_trail_is_unbroken,
    the_trail_ends_where_the_payment_stands,
    money_that_came_in_has_a_receipt,
    receipts_are_numbered_without_a_gap,
    a_receipt_says_what_was_paid,
    a_departure_is_not_oversold,
    paid_seats_are_kept_or_a_person_was_told,
    a_payment_is_where_its_last_transfer_put_it,
    transfers_follow_one_another,
    refunds_never_exceed_the_payment,
    a_refund_is_of_money_that_came_in,
    a_refund_is_approved_by_another,
    a_refund_that_is_done_says_who_and_when,
    a_refunded_payment_went_back_by_refunds_or_a_person_was_told,
    a_payment_that_went_back_whole_is_refunded,
    a_refund_under_way_is_never_forgotten,
    a_disputed_payment_has_a_case,
    a_cancelled_booking_holds_nothing,
    money_for_a_cancelled_booking_was_told_to_a_person,
    an_approved_proof_is_a_payment_of_that_amount,
    money_without_a_gateways_network_has_a_proof,
    nobody_approves_what_they_handed_in,
)

__all__ = [
    "INVARIANTS",
    "Invariant",
    "Violation",
    "a_booking_has_one_open_payment",
    "a_cancelled_booking_holds_nothing",
    "a_departure_is_not_oversold",
    "a_disputed_payment_has_a_case",
    "a_gateway_reference_pays_once",
    "a_payment_is_in_its_bookings_currency",
    "a_payment_is_of_more_than_nothing",
    "a_payment_is_where_its_last_transfer_put_it",
    "a_payment_status_is_known",
    "a_payment_that_went_back_whole_is_refunded",
    "a_receipt_says_what_was_paid",
    "a_refund_is_approved_by_another",
    "a_refund_is_of_money_that_came_in",
    "a_refund_that_is_done_says_who_and_when",
    "a_refund_under_way_is_never_forgotten",
    "a_refunded_payment_went_back_by_refunds_or_a_person_was_told",
    "an_approved_proof_is_a_payment_of_that_amount",
    "an_open_payment_is_never_forgotten",
    "an_overpaid_booking_was_told_to_a_person",
    "booking_amounts_and_words_are_possible",
    "booking_status_follows_from_the_payments",
    "check_and_tell",
    "every_move_is_legal",
    "late_money_was_told_to_a_person",
    "money_for_a_cancelled_booking_was_told_to_a_person",
    "money_has_a_report_or_an_approver",
    "money_that_came_in_has_a_receipt",
    "money_without_a_gateways_network_has_a_proof",
    "nobody_approves_what_they_handed_in",
    "paid_amount_is_the_sum_of_the_payments",
    "paid_seats_are_kept_or_a_person_was_told",
    "real_and_test_money_are_apart",
    "receipts_are_numbered_without_a_gap",
    "refunds_never_exceed_the_payment",
    "the_trail_ends_where_the_payment_stands",
    "the_trail_is_unbroken",
    "transfers_follow_one_another",
    "violations",
]
