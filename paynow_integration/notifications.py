"""The doorbell: keep what arrived, prove it genuine, have Paynow asked. No status update moves money."""

import hashlib
import logging
from collections.abc import Mapping

from django.db import DatabaseError, transaction

from customer_data.doors import check_soon
from customer_data.gateway import Disposition, Gateway, NotGenuine, Notice, NotUnderstood, gateway_named
from customer_data.models import Payment
from customer_data.services import ring
from paynow_integration.messages import MOST_BYTES
from paynow_integration.models import Outcome, PaynowNotification

logger = logging.getLogger(__name__)

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
    except DatabaseError:
        logger.exception("A status update could not be stored; Paynow is asked to send it again.")
        return Disposition.TRY_AGAIN


def keep(body: bytes, *, size: int, remote_address: str) -> PaynowNotification:
    """Store the raw bytes in a transaction of their own, so that nothing which fails later takes them away."""
    with transaction.atomic(durable=True):
        return PaynowNotification.objects.create(
            body=body[:MOST_BYTES].decode("latin-1"),
            fingerprint=hashlib.sha256(body).hexdigest(),
            size=size,
            remote_address=remote_address[:64],
        )


def judge(notification: PaynowNotification, headers: Mapping[str, str] | None = None) -> Outcome:
    """Prove the update genuine and ring. Safe to repeat: the admin's *Process again* calls it too."""
    gateway = gateway_named("paynow")
    if notification.size > MOST_BYTES:
        return _settle(notification, Outcome.MALFORMED, "It is too long for a status update.")
    try:
        notices = gateway.read(notification.body.encode("latin-1"), headers or {})
    except NotGenuine as error:
        return _settle(notification, Outcome.NOT_GENUINE, str(error))
    except NotUnderstood as error:
        return _settle(notification, Outcome.MALFORMED, str(error))
    return _ring(notification, notices[0], gateway)


def _ring(notification: PaynowNotification, notice: Notice, gateway: Gateway) -> Outcome:
    notification.reference = notice.reference[:64]
    earlier = PaynowNotification.objects.filter(fingerprint=notification.fingerprint, payment__isnull=False)
    first = earlier.exclude(pk=notification.pk).order_by("received_at").first()
    payment = ring(notice.reference, account=notice.account)
    if payment is None:
        return _settle(
            notification, Outcome.UNKNOWN_REFERENCE, f"{gateway.label} account {notice.account} has no such payment here."
        )
    check_soon(payment)
    outcome = Outcome.DUPLICATE if first else Outcome.ACCEPTED
    return _settle(notification, outcome, f"It says {notice.facts.get('status', '')}.", payment=payment)


def _settle(notification: PaynowNotification, outcome: Outcome, detail: str, *, payment: Payment | None = None) -> Outcome:
    notification.outcome, notification.detail, notification.payment = outcome, detail[:300], payment
    notification.save(update_fields=["outcome", "detail", "payment", "reference"])
    return outcome
