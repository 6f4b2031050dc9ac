"""One-time codes: kept sealed for the moment it takes to hand them to the gateway, each at most once."""

from django.db import transaction
from django.db.models import Value
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


def keep_otp(payment: Payment, otp: str) -> None:
    """Take the code the customer typed. Leading zeros count. Raises CannotPay."""
    code = otp.strip()
    if not (code.isascii() and code.isdigit() and 4 <= len(code) <= 10):
        raise CannotPay("otp_invalid", "Type the code from the SMS: digits only.", field="otp")
    lost = timezone.now() + TASK_LOST_AFTER  # then the next check hands the code over
    waiting = Payment.objects.filter(pk=payment.pk, status=Status.PENDING, prompt=PromptKind.TYPE_OTP)
    if waiting.update(otp=code, reason_code="", next_check_at=Least("next_check_at", Value(lost))) == 0:
        raise CannotPay("otp_not_expected", "This payment does not wait for a code any more. Check its status.", field="otp")
    payment.otp, payment.reason_code = code, ""


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
