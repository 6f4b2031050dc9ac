"""The doorbell: keep what arrived, prove it genuine, have Paynow asked. No status update moves money."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import Error
from django.db.models import Case, Exists, Value, When
from django.utils import timezone

from customer_data import correlation
from customer_data.card_numbers import form_without_card_numbers
from customer_data.doors import check_when_due
from customer_data.gateway import Disposition, Gateway, Misconfigured, NotGenuine, Notice, NotUnderstood, gateway_named
from customer_data.models import Payment
from customer_data.models.statements import expect_to_commit_at_once, run, update_sql
from customer_data.references import read_reference
from customer_data.services import ring
from paynow_integration.messages import MOST_BYTES, parse
from paynow_integration.models import Outcome, PaynowNotification

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(minutes=1)
"""An update still not judged after this has lost its process: no judgement takes that long."""

GIVE_UP_JUDGING_AFTER = timedelta(days=7)
BATCH = 500

DISPOSITION_OF = {
    Outcome.ACCEPTED: Disposition.ACCEPTED,
    Outcome.DUPLICATE: Disposition.DUPLICATE,
    Outcome.UNKNOWN_REFERENCE: Disposition.UNKNOWN_REFERENCE,
    Outcome.NOT_GENUINE: Disposition.REJECTED,
    Outcome.MALFORMED: Disposition.REJECTED,
}


def receive(body: bytes, headers: Mapping[str, str], *, size: int, remote_address: str) -> Disposition:
    """Keep a status update, then judge it. TRY_AGAIN when it could not be kept or judged: Paynow sends it again."""
    try:
        notification = keep(body, size=size, remote_address=remote_address)
        return DISPOSITION_OF[judge(notification, headers)]
    except Error:
        logger.exception("A status update could not be stored or acted upon; Paynow is asked to send it again.")
    except Misconfigured as error:
        logger.error("A status update cannot be proven: %s", error)  # noqa: TRY400  the sentence says it all
    return Disposition.TRY_AGAIN


def keep(body: bytes, *, size: int, remote_address: str) -> PaynowNotification:
    """Store the raw bytes in a transaction of their own, so that nothing which fails later takes them away."""
    expect_to_commit_at_once()
    raw = body[:MOST_BYTES].decode("latin-1")
    notification = PaynowNotification.objects.create(
        body=form_without_card_numbers(raw),
        fingerprint=hashlib.sha256(body).hexdigest(),
        size=size,
        remote_address=remote_address[:64],
    )
    notification.body = raw  # judged as it came; a card number in it is not kept
    return notification


def judge(notification: PaynowNotification, headers: Mapping[str, str] | None = None) -> Outcome:
    """Prove the update genuine and ring. Safe to repeat: the admin's *Process again* calls it too.

    Raises Misconfigured while one of our keys cannot be opened: whose update it is cannot be said before.
    """
    gateway = gateway_named("paynow")
    if notification.size > MOST_BYTES:
        return _settle(notification, Outcome.MALFORMED, "It is too long for a status update.")
    try:
        notices = gateway.read(notification.body.encode("latin-1"), headers or {})
    except NotGenuine as error:
        notification.claims = _claimed(notification)
        return _settle(notification, Outcome.NOT_GENUINE, str(error))
    except NotUnderstood as error:
        return _settle(notification, Outcome.MALFORMED, str(error))
    return _ring(notification, notices[0], gateway)


def is_genuine(body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether it is signed with a key of ours, without keeping it. While a key cannot be opened it counts as genuine."""
    try:
        return bool(gateway_named("paynow").read(body[:MOST_BYTES], headers))
    except (NotGenuine, NotUnderstood):
        return False
    except (Misconfigured, Error):
        return True


def forgotten(*, now: datetime | None = None) -> list[int]:
    """Ids of updates that were kept and never judged, because the process, the database or a key went away in between."""
    now = now or timezone.now()
    waiting = PaynowNotification.objects.filter(
        outcome=Outcome.RECEIVED, received_at__lte=now - FORGOTTEN_AFTER, received_at__gt=now - GIVE_UP_JUDGING_AFTER
    )
    return list(waiting.order_by("received_at").values_list("pk", flat=True)[:BATCH])


def judge_forgotten(notification_id: int) -> None:
    """Judge one of those now, unless somebody did meanwhile."""
    notification = PaynowNotification.objects.filter(pk=notification_id, outcome=Outcome.RECEIVED).first()
    if notification is None:
        return
    try:
        judge(notification)
    except Misconfigured as error:
        logger.error("A status update still cannot be proven: %s", error)  # noqa: TRY400  the sentence says it all


def _ring(notification: PaynowNotification, notice: Notice, gateway: Gateway) -> Outcome:
    notification.reference = notice.reference[:64]
    payment = ring(notice.reference, account=notice.account)
    if payment is None:
        return _settle(
            notification, Outcome.UNKNOWN_REFERENCE, f"{gateway.label} account {notice.account} has no such payment here."
        )
    check_when_due(payment)
    return _settle(notification, Outcome.ACCEPTED, f"It says {notice.facts.get('status', '')}.", payment=payment)


def _claimed(notification: PaynowNotification) -> str:
    """The reference that an update names without proof: for people who look at that payment, and for nothing else."""
    named = parse(notification.body.encode("latin-1")).get("reference")
    try:
        return read_reference(named)
    except ValueError:
        return ""


def _settle(notification: PaynowNotification, outcome: Outcome, detail: str, *, payment: Payment | None = None) -> Outcome:
    notification.detail, notification.payment = detail[:300], payment
    kept = {name: getattr(notification, name) for name in ("detail", "payment", "reference", "claims")}
    rows = PaynowNotification.objects.filter(pk=notification.pk)
    update, params = update_sql(rows, outcome=_or_duplicate(notification) if payment else outcome, **kept)
    ((word,),) = run(f"{update} RETURNING outcome", params)
    notification.outcome = outcome = Outcome(word)
    facts = {"gateway": "paynow", "outcome": outcome.value, "payment": payment.reference if payment else None}
    correlation.step(logger, "notification judged", **facts, notification=notification.pk)
    return outcome


def _or_duplicate(notification: PaynowNotification) -> Case:
    """The outcome of an update that rang: the same text may have rung before."""
    rang = PaynowNotification.objects.filter(payment__isnull=False)
    earlier = rang.filter(fingerprint=notification.fingerprint, pk__lt=notification.pk)
    return Case(When(Exists(earlier), then=Value(Outcome.DUPLICATE)), default=Value(Outcome.ACCEPTED))
