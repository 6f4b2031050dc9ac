"""The form: what it shows, the amount it charges, and what is typed into it in every form people write."""

from decimal import Decimal
from typing import Any

import pytest

from customer_data.models import Booking
from customer_data.status import Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer
from flows import tokens
from flows.definitions.payment_whatsapp_flow import (
    PAYMENT,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
)
from flows.tests.customers import FORM, asked, check, phone_of, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


# --- The form -------------------------------------------------------------------------------------
def test_the_form_says_what_is_owed_and_how_it_can_be_paid() -> None:
    form = phone_of(make.booking("231.00", title="Hwange & Mana <3")).open()
    assert form.screen == PAYMENT
    assert form.data["booking_title"] == "Hwange & Mana <3"
    assert "US$ 231.00" in form.data["booking_line"]
    assert [method["id"] for method in form.data["methods"]] == ["wallet", "purse", "code", "otp", "page"]
    assert [(option["id"], option["description"]) for option in form.data["amount_options"]] == [
        ("full", "US$ 231.00"),
        ("deposit", "US$ 115.50"),
    ]


def test_what_we_know_of_the_customer_is_filled_in() -> None:
    customer = make.customer(wa_id="263772000111", phone="", email="tariro@example.com")
    form = phone_of(make.booking(customer=customer)).open()
    assert form.typed == {"phone": "0772000111", "email": "tariro@example.com", "amount_option": "full"}


def test_of_a_customer_without_a_number_nothing_is_invented() -> None:
    """Lesson 19: nobody's address but the customer's own."""
    customer = make.customer(wa_id=None, bsuid="ZW.123", phone="", email="")
    assert phone_of(make.booking(customer=customer)).open().typed == {"amount_option": "full"}


def test_a_booking_in_zwg_offers_only_what_takes_zwg() -> None:
    form = phone_of(make.booking(currency="ZWG")).open()
    assert "code" not in [method["id"] for method in form.data["methods"]]
    assert "ZWG" in form.data["amount_options"][0]["description"] or "ZiG" in form.data["amount_options"][0]["description"]


def test_without_a_deposit_there_is_one_amount() -> None:
    form = phone_of(make.booking(deposit_percent=Decimal(0))).open()
    assert [option["id"] for option in form.data["amount_options"]] == ["full"]


def test_with_no_way_to_pay_the_form_says_so_and_opens_nothing(drawer: Drawer) -> None:
    drawer.accounts.clear()
    booking = make.booking()
    phone = phone_of(booking)
    assert [method["title"] for method in phone.open().data["methods"]] == ["Not available now"]
    shown = phone.submit(**(FORM | {"payment_method": "none"}))
    assert "Choose one of the ways to pay" in shown.snackbar
    assert not booking.payments.exists()


def test_a_long_title_is_cut_to_what_the_screen_takes() -> None:
    assert len(phone_of(make.booking(title="Ä" * 200)).open().data["booking_title"]) == 80


# --- The amount -----------------------------------------------------------------------------------
LIES: dict[str, Any] = {
    "amount": "1.00",
    "total_amount": 1,
    "balance": "0.01",
    "price": "0",
    "currency": "ZWG",
    "booking_reference": "BSOMETHING",
    "status": "successful",
    "reference": "7K3M9QX2TAZ",
    "account": "till-of-a-stranger",
    "gateway": "another",
}


def test_the_amount_comes_from_the_booking_and_everything_else_that_is_sent_is_ignored() -> None:
    """Lesson 7."""
    booking = make.booking("231.00")
    answer = asked(tokens.issue(booking)[0], **(FORM | LIES))
    payment = booking.payments.get()
    assert answer.payload["screen"] == PAYMENT_PROCESSING
    assert (payment.amount, payment.currency, payment.status) == (Decimal("231.00"), "USD", "created")
    assert (payment.account, payment.gateway, payment.booking) == ("till-usd", "drawer", booking)


def test_a_deposit_is_what_the_booking_says_and_never_what_the_form_says() -> None:
    """Lesson 7."""
    booking = make.booking("231.00", deposit_percent=Decimal(30))
    asked(tokens.issue(booking)[0], **(FORM | LIES | {"amount_option": "deposit"}))
    assert booking.payments.get().amount == Decimal("69.30")


@pytest.mark.parametrize("option", ["1.00", "free", "", None, 1, ["full"], {"full": "1.00"}, "FULL"])
def test_an_amount_that_is_no_choice_is_asked_for_again(option: Any) -> None:
    booking = make.booking()
    answer = asked(tokens.issue(booking)[0], **(FORM | {"amount_option": option}))
    assert answer.payload["screen"] == PAYMENT
    assert "Choose to pay in full" in answer.payload["data"]["error_message"]
    assert not booking.payments.exists()


def test_a_price_that_changed_since_the_form_was_opened_is_the_price_that_counts() -> None:
    booking = make.booking("231.00")
    phone = phone_of(booking)
    phone.open()
    Booking.objects.filter(pk=booking.pk).update(total_amount=Decimal("300.00"))
    phone.submit(**FORM)
    assert booking.payments.get().amount == Decimal("300.00")


def test_a_form_of_another_booking_pays_only_its_own() -> None:
    """Lesson 8: two customers on one tour, each with a booking, a form and a reference of their own."""
    mine, hers = make.booking(title="Hwange, 4 May"), make.booking(title="Hwange, 4 May")
    my_phone, her_phone = phone_of(mine), phone_of(hers)
    submit(my_phone)
    submit(her_phone, phone="0777654321")
    assert mine.booking_reference != hers.booking_reference
    assert mine.payments.get().reference != hers.payments.get().reference
    make.move(hers.payments.get(), Status.SUCCESSFUL)
    assert (check(my_phone).screen, check(her_phone).screen) == (PAYMENT_PROCESSING, PAYMENT_SUCCESS)
    assert till.stands(mine.payments.get()) == ("created", "unpaid")


# --- What is typed --------------------------------------------------------------------------------
NUMBERS = [
    "0771234567",
    "771234567",
    "263771234567",
    "+263771234567",
    "00263771234567",
    "077 123 4567",
    "0771-234-567",
    "(077) 123 4567",
    "+263 77 123 4567",
    "+263 (0) 77 123 4567",
    "+263-77-123-4567",
    "077.123.4567",
    " 0771234567 ",
    "0771234567\n",
    "\u200e0771234567",
    "\uff10\uff17\uff17\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    771234567,
    263771234567,
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_taken_in_every_form_that_people_write(number: Any) -> None:
    booking = make.booking()
    answer = asked(tokens.issue(booking)[0], **(FORM | {"phone": number}))
    assert answer.payload["screen"] == PAYMENT_PROCESSING
    assert booking.payments.get().phone == "+263771234567"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("12", "not a phone number"),
        ("hello", "not a phone number"),
        ("0771234", "not a phone number"),
        ("07712345678", "not a phone number"),
        ("0771234567 0771234568", "not a phone number"),
        ("+44 7911 123456", "needs a number in Zimbabwe"),
        ("+27 82 123 4567", "needs a number in Zimbabwe"),
    ],
)
def test_a_number_that_cannot_be_is_explained_and_kept(number: str, says: str) -> None:
    booking = make.booking()
    phone = phone_of(booking)
    shown = submit(phone, phone=number, email="me@example.com", amount_option="deposit")
    assert shown.screen == PAYMENT
    assert says in shown.snackbar
    assert shown.data["error_messages"] == {"phone": "Check this number"}
    assert shown.data["init_values"] == {
        "payment_method": "wallet",
        "amount_option": "deposit",
        "phone": number,
        "email": "me@example.com",
    }
    assert not booking.payments.exists()


@pytest.mark.parametrize(("method", "number"), [("purse", "0771234567"), ("wallet", "0712345678"), ("wallet", "+263731234567")])
def test_a_number_of_another_wallet_is_explained_and_not_sent(drawer: Drawer, method: str, number: str) -> None:
    """Lesson 20: nothing becomes another wallet by itself."""
    booking = make.booking()
    shown = submit(phone_of(booking), payment_method=method, phone=number)
    label, starts = {"purse": ("Purse", "071"), "wallet": ("Wallet", "077 or 078")}[method]
    assert f"is not a {label} number: those start with {starts}" in shown.snackbar
    assert shown.data["init_values"]["payment_method"] == method
    assert not booking.payments.exists()
    assert list(drawer.folder.iterdir()) == []


@pytest.mark.parametrize("method", ["", "ecocash2", "Wallet", "drawer_wallet", None, 7, ["wallet"], {"id": "wallet"}])
def test_a_method_that_is_not_offered_never_becomes_another(method: Any) -> None:
    """Lesson 20."""
    booking = make.booking()
    answer = asked(tokens.issue(booking)[0], **(FORM | {"payment_method": method}))
    assert answer.payload["screen"] == PAYMENT
    assert "Choose one of the ways to pay" in answer.payload["data"]["error_message"]
    assert "payment_method" not in answer.payload["data"]["init_values"]
    assert not booking.payments.exists()


@pytest.mark.parametrize(("method", "name"), [("wallet", "drawer_wallet"), ("purse", "drawer_purse"), ("otp", "drawer_otp")])
def test_the_wallet_that_was_chosen_is_the_wallet_that_is_asked(method: str, name: str) -> None:
    """Lesson 20."""
    booking = make.booking()
    submit(phone_of(booking), payment_method=method, phone="0712345678" if method == "purse" else "0771234567")
    assert booking.payments.get().payment_method == name


def test_the_address_typed_is_the_payers_and_otherwise_the_customers_own() -> None:
    """Lesson 19."""
    typed, known = make.booking(), make.booking()
    submit(phone_of(typed), email="other@example.com")
    phone = phone_of(known)
    phone.open()
    phone.submit(payment_method="wallet", amount_option="full", phone="0771234567")
    assert typed.payments.get().email == "other@example.com"
    assert known.payments.get().email == known.customer.email


def test_an_address_that_is_needed_and_unknown_is_asked_for_and_never_invented() -> None:
    """Lesson 19."""
    booking = make.booking(customer=make.customer(email=""))
    shown = submit(phone_of(booking), email="")
    assert "Type your e-mail address" in shown.snackbar
    assert shown.data["error_messages"] == {"email": "Check this address"}
    assert not booking.payments.exists()


@pytest.mark.parametrize("email", ["rudo", "rudo@", "@example.com", "rudo@example", "a b@example.com", "<b>@example.com"])
def test_an_address_that_cannot_be_is_explained_and_kept(email: str) -> None:
    shown = submit(phone_of(make.booking()), email=email)
    assert "not an e-mail address" in shown.snackbar
    assert shown.data["init_values"]["email"] == email


def test_the_number_we_know_pays_when_none_is_typed() -> None:
    booking = make.booking(customer=make.customer(phone="+263771112223"))
    answer = asked(tokens.issue(booking)[0], payment_method="wallet", amount_option="full")
    assert answer.payload["screen"] == PAYMENT_PROCESSING
    assert booking.payments.get().phone == "+263771112223"


def test_a_choice_that_was_paid_meanwhile_is_not_preselected() -> None:
    """The phone refuses a screen whose chosen option is not on it."""
    booking = make.booking("200.00")
    phone = phone_of(booking)
    phone.open()
    make.payment("successful", booking=booking, amount="100.00")
    shown = phone.submit(**(FORM | {"amount_option": "deposit"}))
    assert shown.screen == PAYMENT
    assert shown.failure == ""
    assert "Choose the balance of US$ 100.00" in shown.snackbar
    assert shown.data["init_values"]["amount_option"] == "balance"


def test_too_small_and_too_large_amounts_are_explained() -> None:
    small, large = make.booking("0.50", deposit_percent=Decimal(0)), make.booking("9000.00", deposit_percent=Decimal(0))
    assert "US$ 1.00 or more" in submit(phone_of(small)).snackbar
    assert "US$ 5,000.00 at most" in submit(phone_of(large)).snackbar
