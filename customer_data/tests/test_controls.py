"""What staff switch off or limit: customers are told what to do instead, and what is under way goes on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_data import controls
from customer_data.models import AmountLimit, GatewayPause, MethodSwitch, Payment
from customer_data.offer import CannotPay, methods_for, ways_to_pay
from customer_data.services import PaymentRequest, open_payment
from customer_data.tests import make
from customer_data.tests.races import at_once, widen

pytestmark = pytest.mark.django_db

ECOCASH, INNBUCKS = "paynow_ecocash", "paynow_innbucks"
DOWN = "EcoCash is down. Please pay with InnBucks."


@pytest.fixture(autouse=True)
def _accounts(settings: object) -> None:
    settings.PAYNOW_INTEGRATION_ID = "1201"  # type: ignore[attr-defined]
    settings.PAYNOW_INTEGRATION_KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"  # type: ignore[attr-defined]


def ask(booking: object, method: str = ECOCASH, option: str = "full") -> Payment:
    request = PaymentRequest(booking_id=booking.pk, payment_method=method, amount_option=option, phone="0771111111")  # type: ignore[attr-defined]
    return open_payment(request, source="test")


def offered() -> set[str]:
    return {method.name for _, method in methods_for("USD")}


# --- Ways to pay ----------------------------------------------------------------------------------
def test_a_way_that_is_off_is_not_offered_and_refused_with_what_staff_wrote() -> None:
    MethodSwitch.objects.create(payment_method=ECOCASH, is_off=True, told=DOWN)
    assert ECOCASH not in offered()
    assert INNBUCKS in offered()
    assert ways_to_pay("USD").told == (DOWN,)
    with pytest.raises(CannotPay, match=DOWN):
        ask(make.booking())


def test_a_way_that_was_off_for_a_while_comes_back_by_itself() -> None:
    switch = MethodSwitch.objects.create(
        payment_method=ECOCASH, is_off=True, told=DOWN, off_until=timezone.now() + timedelta(hours=1)
    )
    assert ECOCASH not in offered()
    MethodSwitch.objects.filter(pk=switch.pk).update(off_until=timezone.now() - timedelta(seconds=1))
    assert ECOCASH in offered()
    assert ask(make.booking()).status == "created"


def test_a_paused_gateway_takes_nothing_new_and_finishes_what_is_under_way() -> None:
    booking = make.booking()
    under_way = ask(booking)
    GatewayPause.objects.create(gateway="paynow", is_paused=True, told="We take no payments until noon. Please try again then.")
    assert offered() == set()
    with pytest.raises(CannotPay, match="until noon"):
        ask(make.booking())
    under_way.refresh_from_db()
    assert under_way.status == "created"
    assert under_way.next_check_at is not None


def test_what_is_off_costs_one_question_however_many_ways_there_are() -> None:
    with CaptureQueriesContext(connection) as queries:
        methods_for("USD")
    asked = [query for query in queries if "methodswitch" in query["sql"]]
    assert len(asked) == 1


# --- Limits ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"least_per_payment": Decimal("300.00")}, "The least we take in one payment is US"),
        ({"most_per_payment": Decimal("100.00")}, "The most we take in one payment is US\\$ 100.00. Pay a part"),
        ({"most_per_customer_a_day": Decimal("100.00")}, "Today we can take US\\$ 100.00 more from you"),
        ({"most_a_day": Decimal("100.00")}, "cannot take more payments of this size today"),
    ],
)
def test_more_than_we_take_is_refused_with_what_to_do(limits: dict[str, Decimal], sentence: str) -> None:
    AmountLimit.objects.create(currency="USD", **limits)
    booking = make.booking(total=Decimal("231.00"))
    with pytest.raises(CannotPay, match=sentence):
        ask(booking)
    assert not booking.payments.exists()


def test_exactly_the_limit_is_taken() -> None:
    exact = Decimal("231.00")
    AmountLimit.objects.create(
        currency="USD", least_per_payment=exact, most_per_payment=exact, most_per_customer_a_day=exact, most_a_day=exact
    )
    assert ask(make.booking(total=exact)).amount == exact


def test_another_attempt_for_the_same_booking_is_not_counted_twice() -> None:
    AmountLimit.objects.create(currency="USD", most_per_customer_a_day=Decimal("231.00"))
    booking = make.booking(total=Decimal("231.00"))
    ask(booking)
    assert ask(booking, INNBUCKS).payment_method == INNBUCKS


def test_what_a_customer_paid_today_counts_and_what_failed_does_not() -> None:
    AmountLimit.objects.create(currency="USD", most_per_customer_a_day=Decimal("300.00"))
    first = make.booking(total=Decimal("200.00"))
    make.payment("failed", booking=first, amount=Decimal("200.00"))
    assert ask(first).amount == Decimal("200.00")
    second = make.booking(customer=first.customer, total=Decimal("150.00"))
    with pytest.raises(CannotPay, match="more from you"):
        ask(second)
    assert ask(make.booking(total=Decimal("150.00"))).amount == Decimal("150.00")


def test_a_limit_in_one_currency_says_nothing_about_another() -> None:
    AmountLimit.objects.create(currency="ZWG", most_per_payment=Decimal("1.00"))
    assert ask(make.booking(total=Decimal("231.00"))).currency == "USD"


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_do_not_both_take_the_rest_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    AmountLimit.objects.create(currency="USD", most_a_day=Decimal("300.00"))
    bookings = [make.booking(total=Decimal("200.00")) for _ in range(2)]
    widen(monkeypatch, controls, "_sum", threads=2)
    outcomes = at_once(*(lambda booking=booking: ask(booking) for booking in bookings))
    assert sum(isinstance(outcome, CannotPay) for outcome in outcomes) == 1
    assert Payment.objects.count() == 1
