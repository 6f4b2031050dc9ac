"""One-time codes: kept sealed for the moment it takes to hand them to the gateway, each at most once."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from customer_data import correlation
from customer_data.gateway import (
    GatewayRefused,
    GatewayUnavailable,
    Misconfigured,
    NotUnderstood,
    OutcomeUnknown,
    PromptKind,
    gateway_named,
)
from customer_data.models import Concern, ConcernKind, Payment
from customer_data.offer import CannotPay
from customer_data.schedule import TASK_LOST_AFTER
from customer_data.services.reporting import record_report
from customer_data.status import Reason, Status

MOST_CODES, MOST_CODES_OF_A_NUMBER = 5, 15
"""So many codes may be typed for one payment, and for all payments of one number within a day."""


def keep_otp(payment: Payment, otp: str) -> None:
    """Take the code the customer typed. Leading zeros count. Raises CannotPay."""
    code = otp.strip()
    if not (code.isascii() and code.isdigit() and 4 <= len(code) <= 10):
        raise CannotPay("otp_invalid", "Type the code from the SMS: digits only.", field="otp")
    _expect_few_tries(payment)
    lost = timezone.now() + TASK_LOST_AFTER  # then the next check hands the code over
    waiting = Payment.objects.filter(pk=payment.pk, status=Status.PENDING, prompt=PromptKind.TYPE_OTP)
    waiting = waiting.filter(otp_tries__lt=MOST_CODES)  # again, for codes that are typed at the same moment
    kept = {"otp": code, "reason_code": "", "otp_tries": F("otp_tries") + 1}
    if waiting.update(**kept, next_check_at=Least("next_check_at", Value(lost))) == 0:
        raise CannotPay("otp_not_expected", "This payment does not wait for a code any more. Check its status.", field="otp")
    payment.otp, payment.reason_code = code, ""


def _expect_few_tries(payment: Payment) -> None:
    """Whoever guesses is stopped: by the payment, and by the number that pays. Counted in the database: it holds without Redis."""
    since = timezone.now() - timedelta(days=1)
    same_number = Q(phone=payment.phone, created_at__gt=since) & ~Q(phone="")
    tried = Payment.objects.filter(Q(pk=payment.pk) | same_number).values_list("pk", "otp_tries")
    counts = dict(tried)
    if counts.get(payment.pk, 0) >= MOST_CODES or sum(counts.values()) >= MOST_CODES_OF_A_NUMBER:
        sentence = "Too many codes were typed. Choose another way to pay, or write to us in the chat and a person will help you."
        raise CannotPay("otp_too_often", sentence, field="otp")


def submit_otp(reference: str, *, source: str = "task") -> Payment:
    """Hand the kept code to the gateway. The code leaves our row first: a lost answer costs the customer no second attempt."""
    payment, otp = _take_otp(reference)
    correlation.take_up(payment.correlation_id)
    if not otp:
        return payment
    try:
        report = gateway_named(payment.gateway).submit_otp(payment.ticket, payment.reference, otp)
    except GatewayRefused as error:
        _set_reason(payment, error.reason)
        payment.note(source=source, reason=str(error))
    except GatewayUnavailable as error:
        _set_reason(payment, Reason.GATEWAY_DOWN)
        payment.note(source=source, reason=str(error))
    except OutcomeUnknown as error:
        payment.note(source=source, reason=f"No answer to the code: {error} We ask how the payment stands.")
    except (Misconfigured, NotUnderstood) as error:
        Concern.raise_about(payment, ConcernKind.UNKNOWN_WORD, str(error))
    else:
        record_report(payment, report, source=source)
    return payment


def _take_otp(reference: str) -> tuple[Payment, str]:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(reference=reference)
        otp = payment.otp if payment.status == Status.PENDING else ""
        # Asked about soon in any case: whatever the gateway makes of the code, its word decides.
        Payment.objects.filter(pk=payment.pk).update(otp="", next_check_at=timezone.now())
        payment.otp = ""
    return payment, otp


def _set_reason(payment: Payment, reason: Reason) -> None:
    Payment.objects.filter(pk=payment.pk).update(reason_code=reason)
    payment.reason_code = reason
