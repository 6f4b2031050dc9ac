"""Bank transfers and cash as a payment: what the customer is told, how long it is waited for, who asks for it and who does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.gateway import Misconfigured, gateway_named
from customer_data.models import Concern, Payment, PollBudget
from customer_data.offer import CannotPay, methods_beside_forms, methods_for
from customer_data.services import PaymentRequest, check_payment, open_payment
from customer_data.status import Reason, Status
from customer_data.sweep import sweep
from customer_data.tests import make
from offline_payments.tests import places

pytestmark = pytest.mark.django_db


def in_days(days: float) -> Any:
    return timezone.now() + timedelta(days=days)


def test_the_customer_is_told_account_amount_and_reference() -> None:
    places.bank(branch="Harare main", more="Any branch takes it.")
    payment = places.transfer()
    assert (payment.status, payment.prompt) == (Status.PENDING, "pay_into")
    assert payment.instructions.splitlines() == [
        "Transfer exactly US$ 231.00 to:",
        "Bank: Example Bank",
        "Account name: Example Safaris",
        "Account number: 0001 2345 6789",
        "Branch: Harare main",
        f"Reference to write on the transfer: {payment.reference}",
        "Any branch takes it.",
        "Then send the slip here as a photo or PDF.",
    ]


def test_cash_names_the_office() -> None:
    places.office()
    assert (
        "Bring US$ 231.00 in cash to:\nOffice: Example Safaris\nAddress: 12 Example Avenue"
        in places.transfer(method="cash").instructions
    )


def test_it_stays_out_of_forms_and_stands_beside_them() -> None:
    places.bank()
    assert methods_for("USD") == []
    assert [method.name for _, method in methods_beside_forms("USD")] == ["bank_transfer"]
    assert methods_beside_forms("ZWG") == []


@pytest.mark.parametrize(("method", "currency"), [("cash", "USD"), ("bank_transfer", "ZWG")])
def test_without_a_place_nothing_is_opened(method: str, currency: str) -> None:
    places.bank()
    booking = make.booking(currency=currency)
    with pytest.raises(CannotPay, match="not available"):
        open_payment(PaymentRequest(booking_id=booking.pk, payment_method=method, amount_option="full"), source="chat")
    assert not booking.payments.exists()


def test_real_and_test_places_of_one_currency_are_an_alarm() -> None:
    places.bank()
    places.office(is_test=True)
    with pytest.raises(Misconfigured, match="some are for test money and some for real"):
        gateway_named("offline").account_for("USD")


def test_nobody_asks_for_seven_days_and_no_budget_is_spent() -> None:
    places.bank()
    payment = places.transfer()
    asked: list[str] = []
    for days in (0, 1, 3, 6.9):
        sweep(send=asked.append, check=lambda reference, _: asked.append(reference), now=in_days(days))
    assert asked == []
    sweep(send=asked.append, check=lambda reference, _: asked.append(reference), now=in_days(7.1))
    assert asked == [payment.reference]
    assert not PollBudget.objects.filter(gateway="offline").exists()


def test_after_seven_days_it_has_run_out_and_nobody_is_alarmed() -> None:
    places.bank()
    payment = places.transfer()
    week_ago = timezone.now() - timedelta(days=7, minutes=11)
    Payment.objects.filter(pk=payment.pk).update(sent_at=week_ago, next_check_at=timezone.now() - timedelta(minutes=1))
    payment = check_payment(payment.reference)
    assert (payment.status, payment.reason_code) == (Status.EXPIRED, Reason.TIMED_OUT)
    assert payment.next_check_at is None
    assert not Concern.objects.exists()


def test_a_day_old_transfer_is_still_waited_for() -> None:
    places.bank()
    payment = places.transfer()
    Payment.objects.filter(pk=payment.pk).update(sent_at=in_days(-2), next_check_at=timezone.now())
    payment = check_payment(payment.reference)
    assert payment.status == Status.PENDING
    assert payment.next_check_at is not None
    assert payment.next_check_at > in_days(4.9)
    assert not Concern.objects.exists()


def test_instructions_that_a_killed_worker_left_unsaid_are_said_later() -> None:
    places.bank()
    payment = places.transfer()
    lost = make.payment(
        Status.SENDING, gateway="offline", payment_method="bank_transfer", account=payment.account, prompt="pay_into"
    )
    check_payment(lost.reference)
    lost.refresh_from_db()
    assert lost.status == Status.PENDING
    assert "Account number: 0001 2345 6789" in lost.instructions
