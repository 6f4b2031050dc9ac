"""One-time codes: kept sealed, handed over at most once, never lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from customer_data import correlation, services
from customer_data.models import Payment
from customer_data.offer import CannotPay
from customer_data.services import codes
from customer_data.status import Reason
from customer_data.tests import till
from customer_data.tests.drawer import OTP, Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.fixture
def waiting() -> Payment:
    return till.charge(method="otp")


def test_the_right_code_pays_and_its_leading_zero_counts(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, f" {OTP} ")
    services.submit_otp(waiting.reference)
    assert OTP.startswith("0")
    assert drawer.otps == [OTP]
    assert till.stands(waiting) == ("successful", "paid")


def test_a_code_is_handed_over_at_most_once(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, "1111")
    for _ in range(3):
        services.submit_otp(waiting.reference)
    assert drawer.otps == ["1111"]


def test_a_lost_answer_costs_no_second_attempt_and_the_gateways_word_decides(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, OTP)
    drawer.next_trouble = ["lose"]
    services.submit_otp(waiting.reference)
    services.submit_otp(waiting.reference)
    assert drawer.otps == [OTP]
    till.clock_beats()
    assert till.stands(waiting) == ("successful", "paid")


def test_a_wrong_code_may_be_typed_again(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, "9999")
    assert services.submit_otp(waiting.reference).reason_code == Reason.WRONG_CODE
    services.keep_otp(waiting, OTP)
    services.submit_otp(waiting.reference)
    assert till.stands(waiting) == ("successful", "paid")
    assert Payment.objects.get(pk=waiting.pk).reason_code == ""


def test_a_gateway_that_is_away_gets_no_code_and_the_customer_is_told(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, OTP)
    drawer.next_trouble = ["refuse"]
    assert services.submit_otp(waiting.reference).reason_code == Reason.GATEWAY_DOWN
    assert drawer.otps == []


def test_a_code_whose_task_was_lost_is_handed_over_by_the_sweep(waiting: Payment, drawer: Drawer) -> None:
    services.keep_otp(waiting, OTP)
    till.clock_beats(later=timedelta(seconds=10))
    assert drawer.otps == [OTP]
    assert till.stands(waiting) == ("successful", "paid")
    assert waiting.events.get(to_status="successful").source == "sweep"


@pytest.mark.parametrize("text", ["1234", "1234567890", "0000"])
def test_a_code_of_four_to_ten_digits_is_handed_over(waiting: Payment, drawer: Drawer, text: str) -> None:
    services.keep_otp(waiting, text)
    services.submit_otp(waiting.reference)
    assert drawer.otps == [text]


@pytest.mark.parametrize("text", ["", "123", "12345678901", "12 34", "١٢٣٤", "12a4", "-1234", "12.4"])
def test_what_is_no_code_is_explained_and_not_sent(waiting: Payment, text: str) -> None:
    with pytest.raises(CannotPay, match="digits only") as refused:
        services.keep_otp(waiting, text)
    assert (refused.value.code, refused.value.field) == ("otp_invalid", "otp")


def test_a_code_nobody_waits_for_is_refused(waiting: Payment, drawer: Drawer) -> None:
    drawer.pay(waiting.reference)
    till.check(waiting)
    for payment in (waiting, till.charge(method="wallet")):
        with pytest.raises(CannotPay, match="does not wait for a code") as refused:
            services.keep_otp(payment, OTP)
        assert (refused.value.code, refused.value.field) == ("otp_not_expected", "otp")


def test_a_code_is_sealed_while_it_waits_and_gone_afterwards(waiting: Payment) -> None:
    services.keep_otp(waiting, OTP)
    assert OTP not in _in_the_column(waiting)
    assert Payment.objects.get(pk=waiting.pk).otp == OTP
    services.submit_otp(waiting.reference)
    assert _in_the_column(waiting) == ""


def _in_the_column(payment: Payment) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT otp FROM customer_data_payment WHERE id = %s", [payment.pk])
        column: str = cursor.fetchone()[0]
    return column


# --- Guessing -------------------------------------------------------------------------------------
def test_whoever_guesses_codes_is_stopped_by_the_payment(waiting: Payment, drawer: Drawer) -> None:
    for number in range(5):
        services.keep_otp(waiting, f"999{number}")
        services.submit_otp(waiting.reference)
    with pytest.raises(CannotPay, match="Too many codes") as refused:
        services.keep_otp(waiting, OTP)
    assert (refused.value.code, refused.value.field) == ("otp_too_often", "otp")
    assert len(drawer.otps) == 5
    assert till.stands(waiting)[0] == "pending"


def test_whoever_guesses_with_many_payments_is_stopped_by_the_number(waiting: Payment) -> None:
    others = [till.charge(method="otp") for _ in range(3)]
    Payment.objects.filter(pk__in=[other.pk for other in others]).update(otp_tries=5, phone=waiting.phone)
    with pytest.raises(CannotPay, match="Too many codes"):
        services.keep_otp(waiting, OTP)
    Payment.objects.filter(pk=others[0].pk).update(phone="+263772222222")
    services.keep_otp(waiting, OTP)


@pytest.mark.parametrize(("tries", "hours_later", "is_stopped"), [(15, 0, True), (14, 0, False), (15, 25, False), (15, 23, True)])
def test_the_codes_of_one_number_are_counted_for_a_day(
    tries: int, hours_later: int, is_stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, other = till.charge(method="otp"), till.charge(method="otp")
    Payment.objects.filter(pk=other.pk).update(otp_tries=tries)
    later = timezone.now() + timedelta(hours=hours_later)
    monkeypatch.setattr(timezone, "now", lambda: later)
    if not is_stopped:
        services.keep_otp(waiting, OTP)
        return
    with pytest.raises(CannotPay, match="Too many codes"):
        services.keep_otp(waiting, OTP)


def test_payments_without_a_number_are_not_counted_together() -> None:
    waiting, other = till.charge(method="otp"), till.charge(method="otp")
    Payment.objects.filter(pk=other.pk).update(otp_tries=15, phone="")
    Payment.objects.filter(pk=waiting.pk).update(phone="")
    services.keep_otp(Payment.objects.get(pk=waiting.pk), OTP)


def test_a_code_that_wins_the_race_against_the_limit_is_not_kept(waiting: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two codes at one moment: both were counted before either was kept."""
    Payment.objects.filter(pk=waiting.pk).update(otp_tries=5)
    monkeypatch.setattr(codes, "_expect_few_tries", lambda payment: None)
    with pytest.raises(CannotPay, match="does not wait for a code"):
        services.keep_otp(waiting, OTP)


def test_a_new_code_takes_the_old_reason_away(waiting: Payment) -> None:
    services.keep_otp(waiting, "9999")
    services.submit_otp(waiting.reference)
    assert Payment.objects.get(pk=waiting.pk).reason_code == Reason.WRONG_CODE
    services.keep_otp(waiting, OTP)
    assert Payment.objects.get(pk=waiting.pk).reason_code == ""


@pytest.mark.parametrize("trouble", ["misconfigured", "nonsense"])
def test_a_gateway_that_cannot_be_understood_about_a_code_is_told_to_a_person(
    waiting: Payment, drawer: Drawer, trouble: str
) -> None:
    services.keep_otp(waiting, OTP)
    drawer.next_trouble = [trouble]
    services.submit_otp(waiting.reference)
    assert till.concerns(waiting) == ["unknown_word"]
    assert till.stands(waiting)[0] == "pending"


def test_a_code_is_handed_over_in_the_thread_of_its_payment(waiting: Payment) -> None:
    Payment.objects.filter(pk=waiting.pk).update(correlation_id="d" * 16)
    with correlation.thread():
        services.submit_otp(waiting.reference)
        assert correlation.thread_here() == "d" * 16
