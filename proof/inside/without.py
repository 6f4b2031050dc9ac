"""What stands in the place of a guard that a control run goes without: what somebody in a hurry could have written."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace as changed
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from customer_data import schedule
from customer_data.gateway import Gateway, Notice, Report
from customer_data.models import Booking, Payment, PaymentEvent
from customer_data.services import record_report
from customer_data.status import MOVES, OPEN, UNPAID_ENDS, Status
from flows import outcomes, telling
from flows.incoming import Incoming
from flows.models import Message, Update
from flows.webhook import ReadUpdate
from paynow_integration import notifications
from paynow_integration.integrations import all_integrations, integration_with
from paynow_integration.messages import parse, read_report
from paynow_integration.models import Outcome, PaynowNotification
from proof.inside.guards import taken_away
from proof.inside.patching import replace

Make = Callable[[Any], Any]

LATELY = timedelta(seconds=20)
"""Long enough for the clock to look again on a busy machine, too."""
WINDOW_SECONDS = 0.3
"""By how much the moment between reading and writing is widened, so that races are met in every run."""


def put_in_place() -> None:
    """Takes away the guards that this process goes without."""
    for name in taken_away():
        _TAKE_AWAY[name]()


# --- Sending --------------------------------------------------------------------------------------
def _without_lost_answer() -> None:
    def send_again(payment: Payment, error: Exception, *, source: str) -> None:
        sending = Payment.objects.filter(pk=payment.pk, status=Status.SENDING)
        sending.update(unsent=True, next_check_at=timezone.now())

    replace("customer_data.services.sending._ask_soon", lambda _: send_again)


def _without_send_claim() -> None:
    def claim(payment: Payment, *, source: str) -> bool:
        if payment.status not in OPEN:
            return False
        first_question = timezone.now() + schedule.CHECK_LEASE
        if payment.status == Status.CREATED:
            payment.move_to(Status.SENDING, source=source, sent_at=timezone.now(), next_check_at=first_question)
        Payment.objects.filter(pk=payment.pk).update(sends_made=F("sends_made") + 1, unsent=False)
        payment.refresh_from_db(fields=["status", "unsent", "sends_made"])
        return True

    replace("customer_data.services.sending._claim", lambda _: claim)


# --- Moving ---------------------------------------------------------------------------------------
def _without_guarded_move() -> None:
    def write(payment: Payment, event: PaymentEvent, facts: Mapping[str, Any]) -> bool:
        time.sleep(WINDOW_SECONDS)
        Payment.objects.filter(pk=payment.pk).update(status=event.to_status, updated_at=timezone.now(), **facts)
        event.save(force_insert=True)
        return True

    replace("customer_data.models.payment.Payment._write", lambda _: write)


def _without_one_open_payment() -> None:
    def none_of(booking: Booking) -> list[Payment]:
        return []

    def another_tap(payment: Payment) -> bool:
        return False

    replace("customer_data.services.opening._open_payments", lambda _: none_of)
    replace("flows.exchange._is_same_tap", lambda _: another_tap)


def _without_late_money() -> None:
    for status in UNPAID_ENDS:
        MOVES[status] = frozenset()


# --- Hearing from the gateway ---------------------------------------------------------------------
def _without_doorbell() -> None:
    def believe(notification: PaynowNotification, notice: Notice, gateway: Gateway) -> Outcome:
        message = parse(notification.body.encode("latin-1"))
        integration = integration_with(notice.account)
        report = read_report(message, account=integration.id, currency=integration.currency)
        payment = Payment.objects.filter(reference=notice.reference, account=notice.account).first()
        notification.reference = notice.reference[:64]
        if payment is None:
            return notifications._settle(notification, Outcome.UNKNOWN_REFERENCE, "")
        record_report(payment, report, source="notification")
        return notifications._settle(notification, Outcome.ACCEPTED, "", payment=payment)

    replace("paynow_integration.notifications._ring", lambda _: believe)


def _without_signature() -> None:
    def read(gateway: Gateway, body: bytes, headers: Mapping[str, str]) -> list[Notice]:
        message = parse(body)
        integration = next(iter(all_integrations()))
        return [Notice(reference=message.get("reference"), account=integration.id, facts={"status": message.get("status")})]

    replace("paynow_integration.gateway.PaynowGateway.read", lambda _: read)


def _without_amount() -> None:
    def no_difference(payment: Payment, report: Report) -> str:
        return ""

    replace("customer_data.services.reporting._difference", lambda _: no_difference)


# --- Telling and hearing customers ----------------------------------------------------------------
def _without_told_once() -> None:
    def under_a_new_key(original: Callable[..., Message]) -> Callable[..., Message]:
        def message(*arguments: Any, key: str, **named: Any) -> Message:
            return original(*arguments, key=_new(key), **named)

        return message

    def lately_moved() -> QuerySet[PaymentEvent]:
        moves = PaymentEvent.objects.exclude(from_status=F("to_status"))
        return moves.filter(to_status__in=telling.TOLD, created_at__gte=timezone.now() - LATELY)

    replace("flows.outbox.message", under_a_new_key)
    replace("flows.telling._missed", lambda _: lately_moved)


def _without_lost_message() -> None:
    def send_again(message: Message, error: str) -> None:
        outcomes._queue(message, error, wait=timedelta(0))  # not later: a status may overtake it

    replace("flows.outcomes.no_answer", lambda _: send_again)


def _without_heard_once() -> None:
    def store_all(original: Callable[..., list[int]]) -> Callable[..., list[int]]:
        def store(updates: list[ReadUpdate]) -> list[int]:
            messages = [changed(each, key=_new(each.key)) if each.kind == Update.Kind.MESSAGE else each for each in updates]
            return original(messages)

        return store

    def a_message_of_its_own(original: Callable[..., Incoming]) -> Callable[..., Incoming]:
        def incoming_of(*arguments: Any, **named: Any) -> Incoming:
            incoming = original(*arguments, **named)
            return changed(incoming, wamid=_new(incoming.wamid))

        return incoming_of

    replace("flows.inbox.store", store_all)
    replace("flows.webhook.incoming_of", a_message_of_its_own)


def _new(name: str) -> str:
    return f"{name[:80]}-{uuid.uuid4().hex[:8]}"


# --- Finding what was left ------------------------------------------------------------------------
def _without_sweep() -> None:
    replace("customer_data.sweep.sweep", lambda _: lambda **_: 0)


_TAKE_AWAY: Mapping[str, Callable[[], None]] = {
    "lost-answer": _without_lost_answer,
    "send-claim": _without_send_claim,
    "guarded-move": _without_guarded_move,
    "one-open-payment": _without_one_open_payment,
    "doorbell": _without_doorbell,
    "signature": _without_signature,
    "amount": _without_amount,
    "told-once": _without_told_once,
    "lost-message": _without_lost_message,
    "heard-once": _without_heard_once,
    "sweep": _without_sweep,
    "late-money": _without_late_money,
}
