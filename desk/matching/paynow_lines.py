"""Paynow's lines against our payments: certain by a reference when everything agrees, a proposal with a sentence when not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from customer_data.models import Payment
from customer_data.money import show_amount
from customer_data.status import MONEY_IN, Status
from desk.importing.reading import known_status
from desk.matching.ours import STATEMENT_OF_GATEWAY, Taken, payments_named, taken_without_line
from desk.matching.verdicts import Verdict, matched_already, references_in, seen_twice
from desk.models import LineStatus, SourceKind, StatementLine

_DAYS_APART = timedelta(days=1)  # shortly before midnight is another day at the other end


def judge_by_reference(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Verdicts about lines that carry our reference or Paynow's own."""
    ours = {line.pk: next(references_in(line.reference, line.words), "") for line in lines}
    found = payments_named(ours.values(), (line.their_reference for line in lines))
    by_ours = {payment.reference: payment for payment in found}
    by_theirs = {payment.gateway_reference: payment for payment in found if payment.gateway_reference}
    others = matched_already({payment.pk for payment in found})
    verdicts: dict[int, Verdict] = {}
    for line in lines:
        by_our_reference = by_ours.get(ours[line.pk])
        payment = by_our_reference or by_theirs.get(line.their_reference)
        if payment is not None:
            verdict = _judge(line, payment, "our reference" if by_our_reference else "Paynow's reference", others)
            if verdict.status == LineStatus.MATCHED and line.is_money:
                others[payment.pk] = line
            verdicts[line.pk] = verdict
        elif not line.is_money:
            verdicts[line.pk] = Verdict(
                LineStatus.SET_ASIDE, f"Paynow says {line.their_status}, and we know no such payment: no money."
            )
    return verdicts


def propose_by_amount(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Proposals for lines without a known reference: the one payment of that amount and day that still has no line."""
    if not lines:
        return {}
    days, currency = [line.day for line in lines], lines[0].currency
    waiting = taken_without_line(
        SourceKind.PAYNOW, min(days) - _DAYS_APART, max(days) + _DAYS_APART, currency, [line.pk for line in lines]
    )
    by_amount: defaultdict[object, list[Taken]] = defaultdict(list)
    for taken in waiting:
        by_amount[taken.amount].append(taken)
    verdicts: dict[int, Verdict] = {}
    given: set[UUID] = set()
    for line in lines:
        fits = [each for each in by_amount[line.amount] if abs(each.day - line.day) <= _DAYS_APART and each.payment_id not in given]
        verdicts[line.pk] = _proposal(line, fits)
        given |= {taken.payment_id for taken in fits[:1] if len(fits) == 1}
    return verdicts


def _proposal(line: StatementLine, fits: Sequence[Taken]) -> Verdict:
    if len(fits) == 1:
        return Verdict(
            LineStatus.PROPOSED, "Same amount, same day; the line carries no reference that we know.", fits[0].payment_id
        )
    if fits:
        return Verdict(LineStatus.OPEN, f"{len(fits)} payments of this amount on that day have no line: pick the right one.")
    if line.amount < 0:
        return Verdict(LineStatus.OPEN, "Money that went out at Paynow: a refund made there, or a charge.")
    return Verdict(LineStatus.OPEN, "We know no such payment.")


def _judge(line: StatementLine, payment: Payment, by: str, others: Mapping[UUID, StatementLine]) -> Verdict:
    if payment.is_test:
        return Verdict(LineStatus.OPEN, f"It names {payment.reference}, a test payment: test money never stands for real money.")
    theirs = known_status(line.their_status) if line.their_status else Status.SUCCESSFUL
    if not line.is_money:
        return _judge_no_money(line, payment, theirs)
    trouble = _difference(line, payment, theirs) or seen_twice(line, others.get(payment.pk))
    if trouble:
        return Verdict(LineStatus.PROPOSED, trouble, payment.pk)
    return Verdict(LineStatus.MATCHED, f"By {by}.", payment.pk)


def _judge_no_money(line: StatementLine, payment: Payment, theirs: Status | None) -> Verdict:
    ours = payment.get_status_display()
    if payment.status in MONEY_IN or (payment.status == Status.REFUNDED and theirs != Status.REFUNDED):
        return Verdict(LineStatus.PROPOSED, f"Paynow says {line.their_status}, we say {ours}. Ask the gateway again.", payment.pk)
    if theirs == Status.REFUNDED and payment.status != Status.REFUNDED:
        return Verdict(LineStatus.PROPOSED, f"Paynow says {line.their_status}, we say {ours}. Ask the gateway again.", payment.pk)
    return Verdict(LineStatus.SET_ASIDE, f"Paynow says {line.their_status}, we say {ours}: no money.", payment.pk)


def _difference(line: StatementLine, payment: Payment, theirs: Status | None) -> str:
    """What speaks against it, in a sentence."""
    if payment.gateway not in STATEMENT_OF_GATEWAY:
        return f"{payment.reference} was not asked for through Paynow."
    if line.currency != payment.currency:
        return f"Paynow's line is in {line.currency}, the payment in {payment.currency}."
    if line.amount != payment.amount:
        return f"Paynow says {show_amount(line.amount, line.currency)}, we asked for {payment.amount_shown}."
    if theirs is None:
        return f"Paynow says {line.their_status!r}, a word we do not know."
    if payment.status not in MONEY_IN or (theirs == Status.DISPUTED and payment.status != Status.DISPUTED):
        return f"Paynow says {line.their_status or 'paid'}, we say {payment.get_status_display()}. Ask the gateway again."
    return ""
