"""What a person decides about a line: confirm, turn down, pick, set aside, look again. Each once, each under the person's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customer_data.models import Payment, Refund, RefundStatus
from customer_data.money import show_amount
from customer_data.references import read_reference
from customer_data.status import MONEY_IN
from desk.matching.ours import paid_back, taken_without_line, without_line
from desk.matching.payouts import ZERO, Waiting, group_of
from desk.matching.run import money_at_paynow
from desk.matching.verdicts import UNDECIDED, lock_matching
from desk.models import LineStatus, SourceKind, StatementLine

_MOST_CANDIDATES = 20
_NEAR = timedelta(days=4)


class NotMatched(Exception):
    """Nothing was changed; the message is a sentence that says why and what to do."""


# --- Decisions ------------------------------------------------------------------------------------
def confirm(line_id: int, *, by: Any, reason: str = "") -> str:
    """The proposal is right. A difference that stands in it needs a reason."""
    with _deciding(line_id) as line:
        if line.status != LineStatus.PROPOSED:
            raise NotMatched("There is no proposal for this line. Pick its payment.")
        if needs_reason(line) and not reason:
            raise NotMatched(f"{line.why} Say why it is right all the same, or look into it first.")
        _refuse_what_cannot_be(line)
        _decide(line, LineStatus.MATCHED, f"{line.why} {reason}".strip(), by)
    return "Matched."


def turn_down(line_id: int, *, by: Any) -> str:
    """The proposal is wrong. The machine proposes nothing for this line again until somebody asks it to."""
    with _deciding(line_id) as line:
        if line.status != LineStatus.PROPOSED:
            raise NotMatched("There is no proposal for this line.")
        StatementLine.objects.filter(settled_by=line).update(settled_by=None)
        line.payment = line.refund = None
        _decide(line, LineStatus.OPEN, f"Turned down: {line.why}", by)
    return "The proposal was turned down. Pick what belongs to this line, or set it aside."


def pick(line_id: int, reference: str, *, by: Any, reason: str = "") -> str:
    """The payment or refund with this reference belongs to the line, whatever the machine thinks."""
    with _deciding(line_id) as line:
        payment, refund = _named(reference)
        line.payment, line.refund = payment, refund
        if (line.amount > 0) != (payment is not None):
            raise NotMatched("Money in belongs to a payment, money out to a refund. Look at the sign of the line.")
        ours = payment or refund
        difference = ours is not None and (abs(line.amount) != ours.amount or line.currency != ours.currency)
        if difference and not reason:
            shown = show_amount(abs(line.amount), line.currency)
            raise NotMatched(
                f"The line says {shown}, {reference} is {ours.amount_shown if ours else ''}. Say why they belong together."
            )
        _refuse_what_cannot_be(line)
        StatementLine.objects.filter(settled_by=line).update(settled_by=None)
        _decide(line, LineStatus.MATCHED, f"Picked by hand. {reason}".strip(), by)
    return f"Matched with {ours.reference if ours else reference}."


def pick_days(line_id: int, first: date, last: date, *, by: Any, reason: str = "") -> str:
    """The line is Paynow's pay-out for all its lines of these days that are not settled yet."""
    if not timedelta(0) <= last - first <= timedelta(days=31):
        raise NotMatched("Choose the first and the last day of the pay-out: at most 31 days, the earlier one first.")
    with _deciding(line_id) as line:
        if line.source.kind != SourceKind.BANK or line.amount <= 0:
            raise NotMatched("Only money that came to the bank is a pay-out.")
        StatementLine.objects.filter(settled_by=line).update(settled_by=None)
        facts = money_at_paynow(first, last, line.currency).filter(settled_by=None).values_list("pk", "day", "amount", "fee")
        group = group_of([Waiting(pk, day, amount, fee or ZERO) for pk, day, amount, fee in facts])
        if not group.lines:
            raise NotMatched("Paynow has no unsettled lines on these days.")
        if not group.is_worth(line.amount) and not reason:
            shown = [show_amount(amount, line.currency) for amount in (line.amount, group.gross, group.net)]
            raise NotMatched(
                f"The bank says {shown[0]}; Paynow's {len(group.lines)} lines come to {shown[1]}, and {shown[2]} after fees. "
                "Say why they belong together, or choose other days."
            )
        StatementLine.objects.filter(pk__in=[each.line_id for each in group.lines]).update(settled_by=line)
        line.payment = line.refund = None
        _decide(line, LineStatus.MATCHED, f"Paynow's lines of {first:%d %b} to {last:%d %b}, picked by hand. {reason}".strip(), by)
    return f"Matched with {len(group.lines)} lines of Paynow."


def set_aside(line_id: int, reason: str, *, by: Any) -> str:
    """The line concerns no payment: a bank fee, a transfer of our own."""
    with _deciding(line_id) as line:
        StatementLine.objects.filter(settled_by=line).update(settled_by=None)
        line.payment = line.refund = None
        _decide(line, LineStatus.SET_ASIDE, reason, by)
    return "Set aside."


def look_again(line_id: int, *, by: Any) -> str:
    """Take a decision back: the line is open, and the machine may match it again."""
    with transaction.atomic():
        lock_matching()
        line = StatementLine.objects.select_for_update().get(pk=line_id)
        if line.status in UNDECIDED and line.decided_by_id is None:
            raise NotMatched("This line is open already.")
        StatementLine.objects.filter(settled_by=line).update(settled_by=None)
        was = line.get_status_display()
        StatementLine.objects.filter(pk=line.pk).update(
            status=LineStatus.OPEN,
            payment=None,
            refund=None,
            decided_by=None,
            decided_at=timezone.now(),
            why=f"Was {was}; {by} opened it.",
        )
    return "The line is open again."


# --- What a person chooses from -------------------------------------------------------------------
def needs_reason(line: StatementLine) -> bool:
    """Whether the proposal holds a difference, so that confirming it must be explained."""
    if line.payment is not None:
        agrees = (line.amount, line.currency) == (line.payment.amount, line.payment.currency)
        return not agrees or not line.is_money or line.payment.status not in MONEY_IN
    return line.refund is not None and -line.amount != line.refund.amount


def candidates(line: StatementLine) -> list[tuple[str, str]]:
    """References that may belong to a line, nearest first, with what to call them."""
    first, last = line.day - _NEAR, line.day + _NEAR
    if line.amount < 0:
        refunds = without_line(paid_back(first, last, line.currency)).order_by("done_at")[:200]
        near = sorted(refunds, key=lambda refund: abs(refund.amount + line.amount))
        return [(refund.reference, f"{refund.reference} · {refund.amount_shown}") for refund in near[:_MOST_CANDIDATES]]
    taken = taken_without_line(line.source.kind, first, last, line.currency)
    taken.sort(key=lambda each: (abs(each.amount - line.amount), abs(each.day - line.day)))
    shown = [(each, show_amount(each.amount, each.currency)) for each in taken[:_MOST_CANDIDATES]]
    return [(each.reference, f"{each.reference} · {amount} · {each.day:%d %b}") for each, amount in shown]


# --- Inside ---------------------------------------------------------------------------------------
@contextmanager
def _deciding(line_id: int) -> Iterator[StatementLine]:
    """The line, locked and undecided, for the time of one decision. Two at once: the second reads what the first decided."""
    try:
        with transaction.atomic():
            lock_matching()
            lines = StatementLine.objects.select_related("source", "payment", "refund", "decided_by")
            line = lines.select_for_update(of=("self",)).get(pk=line_id)
            if line.status not in UNDECIDED:
                shown = line.get_status_display().lower()
                raise NotMatched(f"This line is {shown} already{_by_whom(line)}. Look at how it stands now.")
            yield line
    except IntegrityError:
        raise NotMatched(
            "Another line is matched with it already: perhaps the customer paid twice. Look at that line first."
        ) from None


def _by_whom(line: StatementLine) -> str:
    return f" by {line.decided_by}" if line.decided_by_id else ""


def _decide(line: StatementLine, status: LineStatus, why: str, by: Any) -> None:
    line.status, line.why, line.decided_by, line.decided_at = status, why[:300], by, timezone.now()
    line.save(update_fields=["status", "why", "payment", "refund", "decided_by", "decided_at"])


def _refuse_what_cannot_be(line: StatementLine) -> None:
    ours = line.payment or line.refund
    if ours is not None and ours.is_test:
        raise NotMatched(f"{ours.reference} is test money, which never stands for real money.")
    if line.payment is not None and line.is_money and line.payment.status not in MONEY_IN:
        raise NotMatched(
            f"{line.payment.reference} is {line.payment.get_status_display().lower()} in our books. Ask the gateway again first: "
            "once it is paid there, the line is matched by itself."
        )
    if line.refund is not None and line.refund.status != RefundStatus.DONE:
        raise NotMatched(
            f"{line.refund.reference} is {line.refund.get_status_display().lower()}, not done. Record that it was paid back first."
        )


def _named(reference: str) -> tuple[Payment | None, Refund | None]:
    text = reference.strip().upper()
    refund = Refund.objects.filter(reference=text).first()
    if refund is not None:
        return None, refund
    try:
        payment = Payment.objects.filter(reference=read_reference(text)).first()
    except ValueError:
        payment = None
    if payment is None:
        raise NotMatched(f"We know no payment or refund with the reference {reference[:40]!r}.")
    return payment, None


def confirm_all(line_ids: Iterable[int], *, by: Any) -> tuple[int, int]:
    """Confirm several proposals that hold no difference; how many were confirmed, and how many were left as they are."""
    confirmed = left = 0
    for line_id in line_ids:
        try:
            confirm(line_id, by=by)
        except NotMatched:
            left += 1
        else:
            confirmed += 1
    return confirmed, left
