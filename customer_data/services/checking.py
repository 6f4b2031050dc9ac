"""Asking the gateway how a payment stands. The bell, the sweep, an admin button and a customer's tap all end here."""

from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from customer_data import correlation, schedule
from customer_data.gateway import GatewayUnavailable, Misconfigured, NotUnderstood, OutcomeUnknown, gateway_named
from customer_data.models import Concern, ConcernKind, Payment, PollBudget
from customer_data.models.statements import update_returning
from customer_data.services.codes import submit_otp
from customer_data.services.opening import expire_payment
from customer_data.services.reporting import record_not_found, record_report
from customer_data.services.sending import start_again
from customer_data.status import OPEN, UNPAID_ENDS, Reason, Status

BUDGET_SPENT_WAIT = timedelta(seconds=5)


def check_payment(reference: str, *, claimed_until: datetime | None = None, source: str = "task") -> Payment:
    """Ask the gateway and record its answer. Safe to repeat, safe to kill: the claim runs out by itself.

    `claimed_until` is a sweep's claim, already counted against the budget; without one the payment is claimed here, if it is due.
    """
    payment = None if claimed_until else _claim(reference)
    claim = payment.next_check_at if payment else claimed_until
    payment = payment or Payment.objects.get(reference=reference)
    correlation.take_up(payment.correlation_id)
    if claim is None or claim != payment.next_check_at or not (claimed_until or _is_within_budget(payment, claim)):
        return payment
    if payment.otp:
        return submit_otp(reference, source=source)  # its own task was lost; afterwards the payment is due again
    _ask(payment, source=source)
    _plan_next_check(payment, claim, source=source)
    return payment


def ring(reference: str, *, account: str) -> Payment | None:
    """A genuine notification came: make its payment due now. None when that account has no such payment."""
    now = timezone.now()
    due = Greatest(Value(now, DateTimeField()), F("checked_at") + schedule.LEAST_GAP)
    named = Payment.objects.filter(reference=reference, account=account)
    payment = next(iter(update_returning(named, ipn_received_at=now, next_check_at=due)), None)
    if payment is not None:
        correlation.take_up(payment.correlation_id)
    return payment


def make_due(payment: Payment) -> datetime:
    """Have the gateway asked as soon as the least gap between two questions allows. Returns that moment."""
    now = timezone.now()
    due = now if payment.checked_at is None else max(now, payment.checked_at + schedule.LEAST_GAP)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=due)
    payment.next_check_at = due
    return due


def _claim(reference: str) -> Payment | None:
    """Hold the payment while we ask. None when it is not due, or another worker has it.

    What has certainly not been sent needs no question, but to be sent.
    """
    now = timezone.now()
    waits_to_be_sent = Q(status=Status.CREATED) | Q(status=Status.SENDING, unsent=True)
    due = Payment.objects.filter(~waits_to_be_sent, reference=reference, next_check_at__lte=now, sends_made__gt=0)
    # Dated now: bells during a slow answer keep their distance too.
    return next(iter(update_returning(due, next_check_at=now + schedule.CHECK_LEASE, checked_at=now)), None)


def _is_within_budget(payment: Payment, claim: datetime) -> bool:
    """Count the question against the gateway's budget. When that is spent, the payment is due again soon."""
    now = timezone.now()
    able = gateway_named(payment.gateway).capabilities()
    if able.is_reviewed or PollBudget.take_one(payment.gateway, per_minute=able.polls_per_minute, now=now):
        return True
    Payment.objects.filter(pk=payment.pk, next_check_at=claim).update(next_check_at=now + BUDGET_SPENT_WAIT)
    return False


def _ask(payment: Payment, *, source: str) -> None:
    gateway = gateway_named(payment.gateway)
    try:
        if payment.status == Status.SENDING and gateway.capabilities().is_reviewed:
            start_again(payment, source=source)
            return
        report = gateway.fetch(payment.ticket, payment.reference)
    except (GatewayUnavailable, OutcomeUnknown):
        return  # asking again is safe, and the timetable says when
    except Misconfigured as error:
        Concern.raise_about(payment, ConcernKind.MISCONFIGURED, str(error))
    except NotUnderstood as error:
        Concern.raise_about(payment, ConcernKind.UNKNOWN_WORD, str(error))
    else:
        if report is None:
            record_not_found(payment, source=source)
        else:
            record_report(payment, report, source=source)


def _plan_next_check(payment: Payment, claim: datetime, *, source: str) -> None:
    """Write the next date, unless the bell rang while we were asking: then the payment is due at once."""
    now = timezone.now()
    able, age = gateway_named(payment.gateway).capabilities(), now - (payment.sent_at or payment.created_at)
    ours = [claim]
    has_run_out = age >= able.waits or _code_has_run_out(payment, now)
    if payment.status in OPEN and has_run_out and expire_payment(payment, source=source, reason=Reason.TIMED_OUT):
        ours.append(payment.next_check_at or claim)  # expiring makes it due, too
    is_unheard_of = payment.status == Status.SENDING or (payment.status == Status.PENDING and payment.reported_at is None)
    if is_unheard_of and age >= schedule.STUCK_AFTER and not able.is_reviewed:
        Concern.raise_about(payment, ConcernKind.STUCK, f"No readable answer about {payment.amount_shown} since it was sent.")
    within = able.waits if able.is_reviewed else None
    wait = None if _has_ended(payment) else schedule.ask_again_after(payment.status, age=age, reviewed_within=within)
    if wait is None and (rang_at := _unanswered_bell(payment)) is not None:
        wait = schedule.ask_after_a_bell(age=now - rang_at)
    due = None if wait is None else now + wait
    Payment.objects.filter(pk=payment.pk).update(
        next_check_at=Case(When(Q(next_check_at__in=ours), then=Value(due, DateTimeField())), default=F("next_check_at")),
        checked_at=now,
        checks_made=F("checks_made") + 1,
    )
    payment.checked_at, payment.next_check_at = now, due


def _unanswered_bell(payment: Payment) -> datetime | None:
    """When the gateway rang, if it has said nothing readable since: there is news, also of a payment that is paid or over."""
    rang_at, said_at = payment.ipn_received_at, payment.reported_at
    return rang_at if rang_at is not None and (said_at is None or said_at < rang_at) else None


def _code_has_run_out(payment: Payment, now: datetime) -> bool:
    """A code that cannot be used any more, with some minutes' grace: gateways name its end without a time zone."""
    return payment.authorization_expires is not None and now >= payment.authorization_expires + schedule.CODE_GRACE


def _has_ended(payment: Payment) -> bool:
    """The gateway called it final, or has said often enough that it never heard of a closed payment."""
    if payment.is_final:
        return True
    never_heard = schedule.not_found_is_conclusive(payment.not_found, age=timezone.now() - (payment.sent_at or payment.created_at))
    return payment.status in UNPAID_ENDS and never_heard
