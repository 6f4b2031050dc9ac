"""Refunds at the gateway: handed over once, asked about until they end, and settled by what the gateway reports of the payment.

`sent` is committed before the gateway is called. A lost answer is unknown: we ask by the refund's own reference, and hand it over
again only where the gateway has never heard of it, under the same reference, which moves money at most once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Value, When
from django.utils import timezone

from customer_data import correlation, schedule
from customer_data.gateway import (
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Misconfigured,
    NotUnderstood,
    OutcomeUnknown,
    RefundOutcome,
    RefundReport,
    gateway_named,
)
from customer_data.models import Booking, Concern, ConcernKind, Payment, Refund, RefundStatus, RefundWay
from customer_data.money import show_amount
from customer_data.services.refund_steps import fail, finish, gone_back, locked, note
from customer_data.status import Status

BATCH = 200
WAIT_WHILE_DISPUTED = schedule.CHECK_LEASE * 60


def due_refunds(now: datetime | None = None) -> list[str]:
    """References of the refunds to be handed to a gateway, or asked about, now."""
    due = Refund.objects.filter(next_check_at__lte=now or timezone.now(), way=RefundWay.GATEWAY)
    return list(due.order_by("next_check_at").values_list("reference", flat=True)[:BATCH])


def send_refund(reference: str, *, source: str = "task") -> Refund:
    """Hand an approved refund to its gateway, or ask about one that was handed over. Safe to repeat, safe to kill."""
    refund = Refund.objects.select_related("payment").get(reference=reference)
    correlation.take_up(refund.payment.correlation_id)
    was_sent = refund.status == RefundStatus.SENT
    claim = _claim_again(refund) if was_sent else _claim_first(refund, source=source)
    if claim is None:
        return refund
    try:
        report = _ask_or_send(gateway_named(refund.payment.gateway), refund, was_sent=was_sent)
    except (GatewayUnavailable, OutcomeUnknown) as error:
        _note_no_answer(refund, error, was_sent=was_sent, source=source)
    except GatewayRefused as error:
        _refused(refund, str(error), source=source)
    except Misconfigured as error:
        Concern.raise_about(refund.payment, ConcernKind.MISCONFIGURED, f"Refund {refund.reference}: {error}")
    except NotUnderstood as error:
        Concern.raise_about(refund.payment, ConcernKind.UNKNOWN_WORD, f"Refund {refund.reference}: {error}")
    else:
        record_refund_report(refund, report, source=source)
    _plan_next_question(refund, claim)
    return Refund.objects.select_related("payment").get(pk=refund.pk)


def record_refund_report(refund: Refund, report: RefundReport, *, source: str) -> None:
    """What the gateway says of one refund: it ends, or goes on. Another amount or reference moves nothing, and a person is told."""
    with locked(refund) as current:
        difference = _difference(current, report)
        if difference:
            Concern.raise_about(current.payment, ConcernKind.MISMATCH, difference)
        elif current.status == RefundStatus.SENT:
            _follow(current, report, source=source)


def settle_when_refunded(sender: object, *, payment: Payment, was: str, booking: Booking, **signal: Any) -> None:
    """Receiver of `payment_moving`: what a refunded payment makes of its refunds, in the same transaction.

    When ours make up all of it, the gateway's word ends those that were under way, and nobody needs to look. Otherwise the money
    went back without us: a person is told, and what has not left us goes no more.
    """
    if payment.status != Status.REFUNDED or gone_back(payment) == payment.amount:
        return
    expected = _expected_back(payment)
    is_ours = gone_back(payment) + sum(refund.amount for refund in expected) == payment.amount
    for refund in payment.refunds.filter(status__in=[RefundStatus.REQUESTED, RefundStatus.APPROVED, RefundStatus.SENT]):
        refund.payment = payment
        if refund.status == RefundStatus.SENT or (is_ours and refund in expected):
            _end_by_the_gateways_word(refund)
        else:
            fail(refund, "The gateway says that the whole payment went back already.", source="gateway")
    if not is_ours:
        Concern.raise_about(payment, ConcernKind.REFUNDED_OUTSIDE, _went_back_outside(payment))


# --- Handing over and asking ----------------------------------------------------------------------
def _claim_first(refund: Refund, *, source: str) -> datetime | None:
    """Make it `sent`, committed before the network is touched; until when it is ours. None: nothing is to be done now."""
    now = timezone.now()
    claim = now + schedule.CHECK_LEASE
    with locked(refund) as current:
        if current.status != RefundStatus.APPROVED or current.way != RefundWay.GATEWAY:
            return None
        if current.payment.status != Status.SUCCESSFUL:  # disputed since: the gateway decides that first
            Refund.objects.filter(pk=current.pk).update(next_check_at=now + WAIT_WHILE_DISPUTED)
            return None
        current.move_to(RefundStatus.SENT, sent_at=now, next_check_at=claim)
        note(current, f"Handing the refund of {current.amount_shown} ({current.reference}) to the gateway.", source=source)
    refund.refresh_from_db()
    return claim


def _claim_again(refund: Refund) -> datetime | None:
    now = timezone.now()
    claim = now + schedule.CHECK_LEASE
    due = Refund.objects.filter(pk=refund.pk, status=RefundStatus.SENT, way=RefundWay.GATEWAY, next_check_at__lte=now)
    return claim if due.update(next_check_at=claim) else None


def _ask_or_send(gateway: Gateway, refund: Refund, *, was_sent: bool) -> RefundReport:
    payment = refund.payment
    known = gateway.fetch_refund(payment.ticket, payment.reference, refund.reference) if was_sent else None
    return known or gateway.refund(payment.ticket, payment.reference, refund.amount, refund.reference)


def _note_no_answer(refund: Refund, error: Exception, *, was_sent: bool, source: str) -> None:
    """One line however often it is tried; the timetable says when to ask again."""
    if not was_sent:
        note(refund, f"No answer: {error} We ask about refund {refund.reference} under the same reference.", source=source)


def _refused(refund: Refund, sentence: str, *, source: str) -> None:
    with locked(refund) as current:
        if current.status == RefundStatus.SENT and fail(current, sentence, source=source):
            _tell_it_failed(current, sentence)


def _plan_next_question(refund: Refund, claim: datetime) -> None:
    now = timezone.now()
    age = now - (refund.sent_at or refund.requested_at)
    due = now + schedule.ask_about_refund_after(age=age)
    still_ours = When(next_check_at=claim, then=Value(due, DateTimeField()))
    under_way = Refund.objects.filter(pk=refund.pk, status=RefundStatus.SENT)
    is_under_way = under_way.update(next_check_at=Case(still_ours, default=F("next_check_at")))
    if is_under_way and age >= schedule.REFUND_STUCK_AFTER:
        sentence = f"The refund of {refund.amount_shown} ({refund.reference}) has come to no end since {refund.sent_at:%d %b %Y}."
        Concern.raise_about(refund.payment, ConcernKind.STUCK, sentence)


# --- What the gateway said ------------------------------------------------------------------------
def _difference(refund: Refund, report: RefundReport) -> str:
    if report.refund_reference != refund.reference:
        return f"The gateway answered about refund {report.refund_reference} when asked about {refund.reference}."
    if report.amount is not None and report.amount != refund.amount:
        said = show_amount(report.amount, refund.currency)
        return f"The gateway refunds {said} under {refund.reference}; approved are {refund.amount_shown}."
    return ""


def _follow(refund: Refund, report: RefundReport, *, source: str) -> None:
    facts = {
        # Cut to the columns' widths: a long word is no reason to lose money.
        "gateway_status": report.gateway_status[:64],
        "gateway_reference": report.gateway_reference[:128] or refund.gateway_reference,
    }
    if report.outcome == RefundOutcome.DONE:
        sentence = f"The gateway says {report.gateway_status}: {refund.amount_shown} went back ({refund.reference})."
        finish(refund, sentence, source=source, **facts)
    elif report.outcome == RefundOutcome.REFUSED:
        why = report.why or f"The gateway says {report.gateway_status}."
        if fail(refund, why, source=source, **facts):
            _tell_it_failed(refund, why)
    else:
        if refund.gateway_status != facts["gateway_status"]:
            note(refund, f"The gateway says {report.gateway_status} of refund {refund.reference}.", source=source)
        Refund.objects.filter(pk=refund.pk).update(**facts)


def _tell_it_failed(refund: Refund, why: str) -> None:
    sentence = f"The refund of {refund.amount_shown} ({refund.reference}) did not go through: {why} The customer waits for it."
    Concern.raise_about(refund.payment, ConcernKind.REFUND_FAILED, sentence)


# --- What the gateway said of the whole payment ---------------------------------------------------
def _expected_back(payment: Payment) -> list[Refund]:
    """What was agreed to go back and has not been seen to arrive."""
    return list(payment.refunds.filter(status__in=[RefundStatus.APPROVED, RefundStatus.SENT]))


def _end_by_the_gateways_word(refund: Refund) -> None:
    word = refund.payment.gateway_status or "Refunded"
    if refund.status == RefundStatus.APPROVED:
        refund.move_to(RefundStatus.SENT, sent_at=timezone.now())
    sentence = f"The gateway says {word}: {refund.amount_shown} went back ({refund.reference})."
    finish(refund, sentence, source="gateway", gateway_status=word)


def _went_back_outside(payment: Payment) -> str:
    ours = gone_back(payment)
    of_ours = f" Refunds of ours are {show_amount(ours, payment.currency)} of it." if ours else ""
    return f"{payment.amount_shown} went back to the customer.{of_ours}"
