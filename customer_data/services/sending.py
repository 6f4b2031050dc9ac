"""Asking the gateway for the money: once, whatever happens."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from customer_data import correlation, schedule
from customer_data.card_numbers import without_card_numbers
from customer_data.gateway import (
    Charge,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Misconfigured,
    OutcomeUnknown,
    Prompt,
    gateway_named,
)
from customer_data.models import Concern, ConcernKind, Payment, PaymentEvent
from customer_data.models.prepared import Prepared
from customer_data.offer import owed
from customer_data.services.opening import expire_payment
from customer_data.status import Reason, Status


def _whole(reference: str) -> QuerySet[Payment]:
    """With its booking and customer, and the door through which it was asked for."""
    opening = PaymentEvent.objects.filter(payment=OuterRef("pk"), from_status="").order_by("pk").values("source")
    whole = Payment.objects.select_related("booking__customer").annotate(asked_through=Coalesce(Subquery(opening[:1]), Value("")))
    return whole.filter(reference=reference)


_WHOLE = Prepared(_whole, "a reference")


def send_payment(reference: str, *, source: str = "task") -> Payment:
    """Ask the gateway for the money. Returns the payment as it stands; does nothing when it was sent before.

    A killed worker leaves it `sending`: from there the sweep asks whether it arrived, and never sends it again.
    """
    payment = _WHOLE.get(reference)
    correlation.take_up(payment.correlation_id)
    if not _claim(payment, source=source):
        return payment
    gateway = gateway_named(payment.gateway)
    try:
        with gateway.read_once():
            _expect_same_mode(gateway, payment)
            prompt = gateway.start(charge_for(payment))
    except GatewayUnavailable as error:
        _send_again_or_give_up(payment, error, source=source)
    except OutcomeUnknown as error:
        _ask_soon(payment, error, source=source)
    except Misconfigured as error:
        Concern.raise_about(payment, ConcernKind.MISCONFIGURED, str(error))
        _end_refused(payment, Reason.MISCONFIGURED, str(error), source=source)
    except GatewayRefused as error:
        _end_refused(payment, error.reason, str(error), source=source)
    else:
        record_prompt(payment, prompt, source=source)
    return payment


def start_again(payment: Payment, *, source: str) -> None:
    """Only where starting charges nobody: the instructions that a killed worker left unsaid. Raises as `Gateway.start`."""
    whole = Payment.objects.select_related("booking").get(pk=payment.pk)
    record_prompt(payment, gateway_named(payment.gateway).start(charge_for(whole)), source=source)


def charge_for(payment: Payment) -> Charge:
    """What the gateway is asked for. `payment.booking` is read: select it with the payment."""
    able = gateway_named(payment.gateway).capabilities()
    return Charge(
        reference=payment.reference,
        amount=payment.amount,
        currency=payment.currency,
        method=payment.payment_method,
        account=payment.account,
        description=f"{payment.booking.booking_reference} {payment.booking.title}",
        phone=payment.phone,
        email=payment.email,
        return_url="" if able.is_reviewed else payment.return_url or _address(f"{payment.gateway}-return", payment),
        notify_url="" if able.is_reviewed else _address(f"{payment.gateway}-notify", payment),
        expires_at=payment.created_at + able.waits,
    )


def record_prompt(payment: Payment, prompt: Prompt, *, source: str) -> None:
    """Keep the customer's next step and move to `pending`, unless the payment has moved on while we were asking."""
    facts: dict[str, Any] = {
        "poll_url": prompt.ticket.poll_url,
        "gateway_data": dict(prompt.ticket.details),
        "gateway_reference": prompt.gateway_reference,
        "prompt": prompt.kind,
        "instructions": without_card_numbers(prompt.instructions),
        "authorization_code": prompt.code,
        "authorization_expires": prompt.expires_at,
        "redirect_url": prompt.url,
    }
    able, age = gateway_named(payment.gateway).capabilities(), timezone.now() - payment.created_at
    wait = schedule.ask_again_after(Status.PENDING, age=age, reviewed_within=able.waits if able.is_reviewed else None)
    due = timezone.now() + (wait or schedule.LEAST_GAP)
    if payment.status == Status.SENDING and payment.move_to(Status.PENDING, source=source, next_check_at=due, **facts):
        return
    # Changed to another method, or already reported by a notification: the ticket is still worth keeping.
    Payment.objects.filter(pk=payment.pk).update(**{name: value for name, value in facts.items() if value})
    payment.refresh_from_db()


def _expect_same_mode(gateway: Gateway, payment: Payment) -> None:
    """An account that went from test to live since the customer tapped must not take real money under a test mark."""
    account = gateway.account_for(payment.currency)
    if account.id == payment.account and account.is_test != payment.is_test:
        raise Misconfigured("The account went from test to live, or back, after this payment was opened. Ask for it again.")


def _claim(payment: Payment, *, source: str) -> bool:
    """Make this attempt ours, committed before the network is touched."""
    now = timezone.now()
    first_question = now + schedule.CHECK_LEASE
    if payment.status == Status.CREATED:
        facts: dict[str, Any] = {"sent_at": now, "sends_made": 1, "next_check_at": first_question}
        return _is_still_needed(payment, source=source) and payment.move_to(Status.SENDING, source=source, **facts) is not None
    if payment.status != Status.SENDING or not payment.unsent or not _is_still_needed(payment, source=source):
        return False
    again = Payment.objects.filter(pk=payment.pk, status=Status.SENDING, unsent=True)
    claimed = again.update(unsent=False, sent_at=now, sends_made=F("sends_made") + 1, next_check_at=first_question) == 1
    if claimed:
        payment.refresh_from_db(fields=["status", "unsent", "sent_at", "sends_made", "next_check_at"])
    return claimed


def _is_still_needed(payment: Payment, *, source: str) -> bool:
    """Whether the booking, just read, still needs the money: another attempt may have paid. If not, this one is closed unsent."""
    if payment.amount <= owed(payment.booking):
        return True
    expire_payment(payment, source=source, reason=Reason.NOT_NEEDED)
    return False


def _ask_soon(payment: Payment, error: OutcomeUnknown, *, source: str) -> None:
    """The money may be on its way. From here we only ask."""
    wait = schedule.ask_again_after(Status.SENDING, age=timedelta(0))
    Payment.objects.filter(pk=payment.pk, status=Status.SENDING).update(
        next_check_at=timezone.now() + (wait or schedule.CHECK_LEASE)
    )
    payment.note(source=source, reason=f"No answer: {error} We ask whether it arrived and do not send it again.")


def _send_again_or_give_up(payment: Payment, error: GatewayUnavailable, *, source: str) -> None:
    """The try certainly never left us, so it may be repeated, but not for long: the customer is waiting."""
    wait = schedule.send_again_after(payment.sends_made)
    if wait is None:
        _end_refused(payment, Reason.GATEWAY_DOWN, f"{error} Nothing was charged.", source=source)
        return
    Payment.objects.filter(pk=payment.pk, status=Status.SENDING).update(unsent=True, next_check_at=timezone.now() + wait)
    payment.refresh_from_db(fields=["status", "unsent", "next_check_at"])
    payment.note(source=source, reason=f"Not sent: {error} It is sent again.")


def _end_refused(payment: Payment, reason: Reason, sentence: str, *, source: str) -> None:
    """The gateway said no, or was never reached. One later question makes sure of it."""
    if payment.status != Status.SENDING:
        return
    due = timezone.now() + schedule.NOT_FOUND_CONCLUSIVE_AGE
    payment.move_to(Status.FAILED, source=source, reason=sentence, reason_code=reason, next_check_at=due)


def _address(name: str, payment: Payment) -> str:
    """A public address of ours; the payment's reference in it is for people reading logs, never trusted."""
    return f"{settings.SITE_URL}{reverse(name)}?reference={payment.reference}"
