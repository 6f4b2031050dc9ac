"""Bank lines against transfers from customers and refunds to them: certain by a reference, proposed by amount and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from customer_data.models import Payment, Refund
from customer_data.money import show_amount
from customer_data.status import MONEY_IN
from desk.matching.ours import STATEMENT_OF_METHOD, Taken, paid_back, payments_named, taken_without_line, without_line
from desk.matching.verdicts import Verdict, matched_already, references_in, seen_twice, words_in
from desk.models import LineStatus, SourceKind, StatementLine

_APPROVED_BEFORE = timedelta(days=3)  # a slip was approved before the bank booked it
_APPROVED_AFTER = timedelta(days=31)  # it lay with us, or the customer sent it late
_NEAR = timedelta(days=4)


def judge_transfers(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Verdicts about money that came to the bank from customers."""
    incoming = [line for line in lines if line.amount > 0]
    if not incoming:
        return {}
    days = [line.day for line in incoming]
    waiting = taken_without_line(
        SourceKind.BANK,
        min(days) - _APPROVED_BEFORE,
        max(days) + _APPROVED_AFTER,
        incoming[0].currency,
        [line.pk for line in incoming],
    )
    by_received = {plain: taken for taken in waiting for plain in words_in(taken.received_reference)}
    named = _named(incoming)
    others = matched_already(payment.pk for payment in named.values())
    given: set[UUID] = set()
    verdicts: dict[int, Verdict] = {}
    for line in incoming:
        verdict = _by_our_reference(line, named.get(line.pk), others) or _by_slip(line, by_received, given)
        verdict = verdict or _by_amount(line, waiting, given)
        if verdict:
            verdicts[line.pk] = verdict
            given |= {verdict.payment_id} if verdict.payment_id else set()
            if verdict.status == LineStatus.MATCHED and verdict.payment_id:
                others[verdict.payment_id] = line
    return verdicts


def judge_refunds(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Verdicts about money that went back to customers."""
    debits = [line for line in lines if line.amount < 0]
    if not debits:
        return {}
    days = [line.day for line in debits]
    done = list(
        without_line(paid_back(min(days) - _NEAR, max(days) + _APPROVED_AFTER, debits[0].currency), [line.pk for line in debits])
    )
    verdicts: dict[int, Verdict] = {}
    for line in debits:
        verdict = _refund_for(line, [refund for refund in done if refund.pk not in {each.refund_id for each in verdicts.values()}])
        if verdict:
            verdicts[line.pk] = verdict
    return verdicts


# --- Transfers ------------------------------------------------------------------------------------
def _named(lines: Sequence[StatementLine]) -> dict[int, Payment]:
    """Payments whose own reference stands in a line."""
    references = {line.pk: next(references_in(line.reference, line.their_reference, line.words), "") for line in lines}
    found = {payment.reference: payment for payment in payments_named(references.values())}
    return {key: found[reference] for key, reference in references.items() if reference in found}


def _by_our_reference(line: StatementLine, payment: Payment | None, others: Mapping[UUID, StatementLine]) -> Verdict | None:
    if payment is None:
        return None
    verdict = _judge_named(line, payment)
    trouble = seen_twice(line, others.get(payment.pk)) if verdict.status == LineStatus.MATCHED else ""
    return Verdict(LineStatus.PROPOSED, trouble, payment.pk) if trouble else verdict


def _by_slip(line: StatementLine, by_received: Mapping[str, Taken], given: set[UUID]) -> Verdict | None:
    for word in sorted(words_in(line.reference, line.their_reference, line.words)):
        taken = by_received.get(word)
        if taken is None or taken.payment_id in given:
            continue
        if taken.amount != line.amount:
            shown = show_amount(line.amount, line.currency), show_amount(taken.amount, taken.currency)
            return Verdict(LineStatus.PROPOSED, f"The bank says {shown[0]}, the approved slip {shown[1]}.", taken.payment_id)
        return Verdict(LineStatus.MATCHED, "By the bank's reference on the approved slip.", taken.payment_id)
    return None


def _judge_named(line: StatementLine, payment: Payment) -> Verdict:
    if payment.is_test:
        return Verdict(LineStatus.OPEN, f"It names {payment.reference}, a test payment: test money never stands for real money.")
    if payment.payment_method not in STATEMENT_OF_METHOD:
        return Verdict(LineStatus.PROPOSED, f"It names {payment.reference}, which was not to be paid at the bank.", payment.pk)
    if payment.amount != line.amount or payment.currency != line.currency:
        said = f"The bank says {show_amount(line.amount, line.currency)}, we asked for {payment.amount_shown}."
        return Verdict(LineStatus.PROPOSED, said, payment.pk)
    if payment.status not in MONEY_IN:
        said = f"The money is at the bank, we say {payment.get_status_display()}: approve the customer's proof, or take one in."
        return Verdict(LineStatus.PROPOSED, said, payment.pk)
    return Verdict(LineStatus.MATCHED, "By our reference.", payment.pk)


def _by_amount(line: StatementLine, waiting: Sequence[Taken], given: set[UUID]) -> Verdict | None:
    fits = [
        taken
        for taken in waiting
        if taken.amount == line.amount and taken.payment_id not in given and abs(taken.day - line.day) <= _NEAR
    ]
    if len(fits) == 1:
        return Verdict(LineStatus.PROPOSED, "A transfer of the same amount was approved about that day.", fits[0].payment_id)
    return Verdict(LineStatus.OPEN, f"{len(fits)} approved transfers of this amount: pick the right one.") if fits else None


# --- Refunds --------------------------------------------------------------------------------------
def _refund_for(line: StatementLine, done: Sequence[Refund]) -> Verdict | None:
    words = words_in(line.reference, line.their_reference, line.words)
    for refund in done:
        if words & (words_in(refund.proof_of_payment) | {refund.reference}):
            if refund.amount == -line.amount:
                return Verdict(LineStatus.MATCHED, "By the reference under which it was paid back.", refund_id=refund.pk)
            said = f"{show_amount(-line.amount, line.currency)} left the bank, the refund is {refund.amount_shown}."
            return Verdict(LineStatus.PROPOSED, said, refund_id=refund.pk)
    fits = [refund for refund in done if refund.amount == -line.amount and _is_near(refund, line)]
    if len(fits) == 1:
        return Verdict(LineStatus.PROPOSED, "A refund of the same amount was paid back about that day.", refund_id=fits[0].pk)
    return Verdict(LineStatus.OPEN, f"{len(fits)} refunds of this amount were paid back: pick the right one.") if fits else None


def _is_near(refund: Refund, line: StatementLine) -> bool:
    return refund.done_at is not None and abs(timezone.localdate(refund.done_at) - line.day) <= _NEAR
