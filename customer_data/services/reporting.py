"""Recording what the gateway says is true. The only road to paid."""

import logging
from typing import Any

from django.db.models import Value
from django.db.models.functions import Least
from django.utils import timezone

from customer_data import correlation, schedule
from customer_data.gateway import PromptKind, Report
from customer_data.models import Concern, ConcernKind, Payment
from customer_data.money import show_amount
from customer_data.status import MONEY_IN, UNPAID_ENDS, Reason, Status, may_move

logger = logging.getLogger(__name__)


def record_report(payment: Payment, report: Report, *, source: str, actor: str = "") -> None:
    """Move the payment as the report says, if reference, amount, account and currency are ours and the move is allowed.

    Otherwise nothing moves and a person is told. Bad news never overwrites good.
    """
    correlation.step(logger, "gateway reported", payment=payment.reference, word=report.gateway_status[:64], means=report.status)
    difference = _difference(payment, report)
    if difference:
        _note_difference(payment, difference, report, source=source)
        return
    facts, moves = _facts(payment, report), _way_to(payment, report.status)
    for status in moves:
        if payment.move_to(status, source=source, actor=actor, reason=_reason(report), details=_details(report), **facts) is None:
            _ask_again_soon(payment, report)
            return
    if payment.status != report.status and not may_move(payment.status, report.status):
        _note_impossible(payment, report)
    if not moves:  # a move writes the facts with it
        _keep(payment, facts, report, source=source)


def _ask_again_soon(payment: Payment, report: Report) -> None:
    """Another process was faster, and its word stands. Which of the two answers is the newer one, only the gateway can say."""
    payment.refresh_from_db()
    if payment.status != report.status:
        soon = Value(timezone.now() + schedule.LEAST_GAP)
        Payment.objects.filter(pk=payment.pk).update(next_check_at=Least("next_check_at", soon))


def record_not_found(payment: Payment, *, source: str) -> None:
    """The gateway never heard of it. Believed only when said often and late enough; then nothing was charged."""
    correlation.step(logger, "gateway reported", payment=payment.reference, word="", means="not found")
    Payment.objects.filter(pk=payment.pk).update(not_found=payment.not_found + 1)
    payment.not_found += 1
    age = timezone.now() - (payment.sent_at or payment.created_at)
    if payment.status == Status.SENDING and schedule.not_found_is_conclusive(payment.not_found, age=age):
        sentence = f"The gateway said {payment.not_found} times that it has no such payment. Nothing was charged."
        payment.move_to(Status.FAILED, source=source, reason=sentence, reason_code=Reason.NEVER_ARRIVED)


def _difference(payment: Payment, report: Report) -> str:
    """A sentence about the first thing that is not as we asked; empty when all is."""
    if report.reference != payment.reference:
        return f"The gateway answered about {report.reference or 'no reference'} when asked about {payment.reference}."
    if report.account != payment.account:
        return f"The gateway answered for account {report.account}; it was sent under {payment.account}."
    if report.currency and report.currency != payment.currency:
        return f"The gateway says {report.currency}, we asked for {payment.currency}."
    if report.amount is not None and report.amount != payment.amount:
        said = show_amount(report.amount, payment.currency)
        return f"The gateway says {said}, we asked for {payment.amount_shown}."
    return ""


def _way_to(payment: Payment, status: Status) -> list[Status]:
    """The moves from here to what the report says. Money that went back, or is disputed, was in first."""
    if status == payment.status:
        return []
    if may_move(payment.status, status):
        return [status]
    through_success = may_move(payment.status, Status.SUCCESSFUL) and may_move(Status.SUCCESSFUL, status)
    return [Status.SUCCESSFUL, status] if through_success else []


def _facts(payment: Payment, report: Report) -> dict[str, Any]:
    facts: dict[str, Any] = {
        # Cut to the columns' widths: a long word is no reason to lose money.
        "gateway_status": report.gateway_status[:64],
        "gateway_reference": report.gateway_reference[:128] or payment.gateway_reference,
        "reported_at": timezone.now(),
        "not_found": 0,
        "is_final": report.final,
        "reason_code": _reason_code(payment, report),
    }
    if payment.status == Status.SENDING and report.status == Status.PENDING and not _needs_no_more(payment):
        facts["prompt"] = PromptKind.NOTHING  # its code, page or address went with the lost answer
    if report.ticket is not None:
        facts["poll_url"] = payment.poll_url or report.ticket.poll_url
        facts["gateway_data"] = {**report.ticket.details, **payment.gateway_data}
    return facts


def _needs_no_more(payment: Payment) -> bool:
    """Whether the customer can go on without what the gateway's lost answer held: only a prompt on the phone needs nothing."""
    return payment.prompt == PromptKind.APPROVE_ON_PHONE or bool(payment.authorization_code or payment.redirect_url)


def _reason_code(payment: Payment, report: Report) -> str:
    """Why it ended. What is said later about a closed payment does not change why we closed it."""
    if report.status in MONEY_IN:
        return ""
    return report.reason or payment.reason_code if payment.is_open else payment.reason_code


def _keep(payment: Payment, facts: dict[str, Any], report: Report, *, source: str) -> None:
    """Save what was learned where nothing moved, and leave a line when the gateway's word changed."""
    is_news = payment.gateway_status != facts["gateway_status"]
    Payment.objects.filter(pk=payment.pk).update(**facts, updated_at=timezone.now())
    for name, value in facts.items():
        setattr(payment, name, value)
    if is_news:
        payment.note(source=source, reason=f"The gateway says {report.gateway_status}.", details=_details(report))


def _note_difference(payment: Payment, difference: str, report: Report, *, source: str) -> None:
    """Tell a person, and leave one line in the trail however often the gateway repeats itself."""
    if not payment.concerns.filter(kind=ConcernKind.MISMATCH, solved_at__isnull=True).exists():
        payment.note(source=source, reason=difference, details=_details(report))
    Concern.raise_about(payment, ConcernKind.MISMATCH, difference, gateway_status=report.gateway_status)


def _note_impossible(payment: Payment, report: Report) -> None:
    """Contradictions are for a person; but an attempt that we closed may well wait, fail or be cancelled at the gateway later."""
    if payment.status in UNPAID_ENDS:
        return
    sentence = f"The gateway says {report.gateway_status} about a payment that is {payment.get_status_display().lower()}."
    Concern.raise_about(payment, ConcernKind.ILLEGAL_NEWS, sentence)


def _reason(report: Report) -> str:
    return f"The gateway says {report.gateway_status}." + (f" {report.reason.label}." if report.reason else "")


def _details(report: Report) -> dict[str, str]:
    return {"gateway_status": report.gateway_status, "gateway_reference": report.gateway_reference}
