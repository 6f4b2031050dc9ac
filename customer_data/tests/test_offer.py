"""What a customer may be asked to pay, by which way, and who pays."""

from dataclasses import replace
from decimal import Decimal

import pytest

from customer_data.models import Booking, Payment
from customer_data.offer import AmountOption, CannotPay, amount_for, amount_options, method_chosen, methods_for
from customer_data.status import Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def paid(amount: str, total: str = "100.00", **fields: object) -> Booking:
    booking = make.booking(total, **fields)
    if Decimal(amount):
        make.payment(Status.SUCCESSFUL, amount=amount, booking=booking)
    booking.refresh_from_db()
    return booking


def refusal(code: str, field: str = "payment_method", *, booking: Booking | None = None, **asked: str) -> str:
    """The sentence with which nothing was opened."""
    opened = Payment.objects.count()
    with pytest.raises(CannotPay) as caught:
        till.ask_for(booking, **asked)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert Payment.objects.count() == opened
    return str(caught.value)


# --- How much -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("already", "option", "amount"),
    [
        ("0", "full", "100.00"),
        ("0", "deposit", "50.00"),
        ("0", "balance", "100.00"),
        ("20.00", "deposit", "30.00"),
        ("50.00", "balance", "50.00"),
        ("50.00", "full", "50.00"),
    ],
)
def test_the_amount_follows_from_the_booking(already: str, option: str, amount: str) -> None:
    assert amount_for(paid(already), option) == Decimal(amount)


@pytest.mark.parametrize(
    ("already", "option", "code"), [("50.00", "deposit", "deposit_not_due"), ("100.00", "full", "nothing_to_pay")]
)
def test_nobody_is_asked_for_money_that_is_not_due(already: str, option: str, code: str) -> None:
    with pytest.raises(CannotPay) as caught:
        amount_for(paid(already), option)
    assert caught.value.code == code


@pytest.mark.parametrize("option", ["", "FULL", "1.00", "everything"])
def test_an_amount_typed_by_the_customer_is_never_taken(option: str) -> None:
    with pytest.raises(CannotPay, match="in full, the deposit or the balance"):
        amount_for(make.booking(), option)


def test_only_choices_that_differ_are_offered() -> None:
    assert amount_options(paid("0")) == {AmountOption.FULL: Decimal("100.00"), AmountOption.DEPOSIT: Decimal("50.00")}
    assert amount_options(paid("50.00")) == {AmountOption.BALANCE: Decimal("50.00")}
    assert amount_options(paid("100.00")) == {}
    for percent in (Decimal(0), Decimal(100)):
        assert list(amount_options(paid("0", deposit_percent=percent))) == [AmountOption.FULL]


@pytest.mark.parametrize(("total", "code"), [("0.99", "amount_too_small"), ("5000.01", "amount_too_large")])
def test_a_gateways_limits_are_explained(total: str, code: str) -> None:
    assert "US$" in refusal(code, booking=make.booking(total))


@pytest.mark.parametrize("total", ["1.00", "5000.00"])
def test_the_limits_themselves_are_within(total: str) -> None:
    assert till.ask_for(make.booking(total)).amount == Decimal(total)


# --- By which way ---------------------------------------------------------------------------------
def test_no_other_wallet_is_ever_chosen_instead() -> None:
    assert till.ask_for(method="purse").payment_method == "drawer_purse"
    for unknown in ("cheque", "", "WALLET", "wallet "):
        refusal("method_unknown", method=unknown)
        with pytest.raises(CannotPay):
            method_chosen(unknown, "USD")


def test_a_way_that_does_not_take_the_currency_is_neither_offered_nor_opened() -> None:
    assert "code" in {method.choice for _, method in methods_for("USD")}
    assert "code" not in {method.choice for _, method in methods_for("ZWG")}
    refusal("method_unavailable", booking=make.booking(currency="ZWG"), method="code")


def test_a_currency_without_an_account_is_not_offered(drawer: Drawer) -> None:
    del drawer.accounts["ZWG"]
    assert list(methods_for("ZWG")) == []
    assert "Choose another one" in refusal("method_unavailable", booking=make.booking(currency="ZWG"))


# --- Who pays -------------------------------------------------------------------------------------
def test_a_number_of_another_wallet_is_explained_and_not_sent() -> None:
    sentence = refusal("phone_of_another_wallet", "phone", method="wallet", phone="0712345678")
    assert "0712345678 is not a Wallet number: those start with 077 or 078" in sentence
    assert till.ask_for(method="purse", phone="071 234 5678").phone == "+263712345678"


@pytest.mark.parametrize(
    ("phone", "code"), [("hello", "phone_invalid"), ("077123", "phone_invalid"), ("+27821234567", "phone_foreign")]
)
def test_a_number_that_cannot_pay_is_explained(phone: str, code: str) -> None:
    refusal(code, "phone", phone=phone)


def test_the_customers_own_number_is_used_when_none_is_typed() -> None:
    booking = make.booking(customer=make.customer(phone="", wa_id="263777654321"))
    assert till.ask_for(booking, phone="").phone == "+263777654321"
    refusal("phone_required", "phone", booking=make.booking(customer=make.customer(phone="", wa_id=None)), phone="")


def test_a_test_number_pays_in_a_test_account_only(drawer: Drawer) -> None:
    refusal("phone_of_another_wallet", "phone", phone="0711111111")
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    assert till.ask_for(phone="0711111111").phone == "+263711111111"
    refusal("phone_of_another_wallet", "phone", phone="0711111112")


def test_a_payment_to_a_test_account_is_marked(drawer: Drawer) -> None:
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    assert till.ask_for().is_test
    assert not till.ask_for(make.booking(currency="ZWG")).is_test


def test_nobodys_address_but_the_customers_own_is_used() -> None:
    typed, known = make.customer(email="known@example.com"), make.customer(email="known@example.com")
    assert till.ask_for(make.booking(customer=typed), email=" typed@example.com ").email == "typed@example.com"
    assert till.ask_for(make.booking(customer=known)).email == "known@example.com"
    nobody = make.booking(customer=make.customer(email=""))
    refusal("email_required", "email", booking=nobody)
    assert till.ask_for(nobody, method="page").email == ""


@pytest.mark.parametrize("email", ["rudo", "rudo@", "@example.com", "a b@example.com", "rudo@example.com\nBcc: x@example.com"])
def test_a_bad_address_is_explained(email: str) -> None:
    refusal("email_invalid", "email", email=email)


def test_a_test_account_needs_no_address_of_the_customer(drawer: Drawer) -> None:
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    assert till.ask_for(make.booking(customer=make.customer(email=""))).email == ""


def test_test_money_does_not_stand_in_the_way_of_real_money(drawer: Drawer) -> None:
    booking = make.payment("successful", is_test=True).booking
    booking.refresh_from_db()
    assert (booking.payment_status, booking.is_test) == ("paid", True)
    payment = till.ask_for(booking)
    assert (payment.amount, payment.is_test) == (booking.total_amount, False)


def test_a_booking_paid_in_test_money_is_paid_while_the_account_is_a_test_one(drawer: Drawer) -> None:
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    booking = make.payment("successful", is_test=True).booking
    booking.refresh_from_db()
    with pytest.raises(CannotPay):
        till.ask_for(booking)
