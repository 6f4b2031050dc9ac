"""What a customer sees and types: every screen, every detour, every form of a number, and one payment for one form."""

import base64
import re
import struct
import zlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Payment
from customer_data.status import Reason, Status
from customer_data.tests import make, till
from customer_data.tests.drawer import OTP, Drawer
from flows import exchange, tokens
from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    CHECK,
    CLOSE,
    DONE,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    RETRY,
)
from flows.models import FlowSession
from flows.simulator import Phone, Shown
from flows.tests.customers import FORM, asked, phone_of, sent, submit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def on_screen(status: str, *, booking: Booking | None = None, **fields: Any) -> tuple[Phone, Payment]:
    """A customer who tapped *Pay now*, and whose payment has come to `status` since."""
    booking = booking or make.booking()
    phone = phone_of(booking)
    submit(phone, **fields)
    payment = booking.payments.latest("created_at")
    return phone, make.move(payment, status)


def check(phone: Phone) -> Shown:
    return phone.tap({"next": CHECK})


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
    assert form.typed == {"phone": "+263772000111", "email": "tariro@example.com", "amount_option": "full"}


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
LIES = {
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
    "０７７１２３４５６７",
    771234567,
    263771234567,
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_taken_in_every_form_that_people_write(number: str | int) -> None:
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


# --- What to do next, by the kind of prompt -------------------------------------------------------
def started(method: str, **fields: Any) -> tuple[Phone, Payment]:
    booking = make.booking()
    phone = phone_of(booking)
    first = submit(phone, payment_method=method, **fields)
    assert first.screen == PAYMENT_PROCESSING
    assert first.data["heading"] == "Starting your payment"
    return phone, sent(booking)


def test_a_wallet_is_approved_on_the_phone() -> None:
    phone, payment = started("wallet")
    shown = check(phone)
    assert shown.data["heading"] == "Approve on your phone"
    assert "Pay with Wallet." in shown.data["instructions"]
    assert shown.data["detail"] == f"US$ 231.00 · Wallet · {payment.reference}"
    assert (shown.data["has_code"], shown.data["has_qr"], shown.data["has_link"]) == (False, False, False)


def test_a_code_is_shown_with_its_end_and_a_picture_that_a_camera_reads() -> None:
    phone, payment = started("code")
    shown = check(phone)
    assert shown.data["heading"] == "Pay with this code"
    assert shown.data["code"] == payment.authorization_code == "123456"
    assert payment.authorization_expires is not None
    ends = timezone.localtime(payment.authorization_expires)
    assert shown.data["code_expires"] == f"Valid until {ends:%H:%M on %d %B}"
    (read,) = zxingcpp.read_barcodes(picture(shown.data["qr_image"]))
    assert (read.format, read.text) == (zxingcpp.BarcodeFormat.QRCode, "123456")


def test_a_page_is_linked_and_no_card_is_typed_in_the_chat() -> None:
    phone, payment = started("page")
    shown = check(phone)
    assert shown.data["has_link"]
    assert shown.data["link_url"] == f"https://drawer.example/{payment.reference}"
    assert phone.tap_link("Open the payment page") == shown


def test_a_one_time_code_is_typed_wrong_then_right_with_its_leading_zero(drawer: Drawer) -> None:
    phone, payment = started("otp")
    assert check(phone).screen == PAYMENT_OTP
    assert phone.submit(otp="999999").screen == PAYMENT_PROCESSING
    services.submit_otp(payment.reference)
    again = check(phone)
    assert again.screen == PAYMENT_OTP
    assert "was not right" in again.snackbar
    phone.submit(otp=OTP)
    services.submit_otp(payment.reference)
    assert drawer.otps == ["999999", "012345"]
    assert check(phone).screen == PAYMENT_SUCCESS


@pytest.mark.parametrize("otp", ["", "12", "12345678901", "12a456", "½1234", "-12345", "12 345", None, [], True, 1.5])
def test_a_code_that_cannot_be_is_explained_and_not_handed_over(drawer: Drawer, otp: Any) -> None:
    phone, payment = started("otp")
    check(phone)
    shown = phone.tap({"otp": otp})
    assert shown.screen == PAYMENT_OTP
    assert shown.snackbar == "Type the code from the SMS: digits only."
    services.submit_otp(payment.reference)
    assert drawer.otps == []


def test_a_code_for_a_payment_that_ended_meanwhile_shows_how_it_ended() -> None:
    phone, payment = started("otp")
    check(phone)
    make.move(payment, Status.FAILED, reason_code=Reason.TIMED_OUT)
    assert phone.submit(otp="012345").screen == PAYMENT_ERROR


def test_while_the_code_is_checked_nobody_is_asked_for_it_again() -> None:
    phone, _ = started("otp")
    check(phone)
    phone.submit(otp="012345")
    assert check(phone).data["heading"] == "Checking your code"


# --- How it ended ---------------------------------------------------------------------------------
def test_paid_in_full_is_said_with_the_amount() -> None:
    phone, payment = on_screen(Status.SUCCESSFUL)
    shown = check(phone)
    assert shown.screen == PAYMENT_SUCCESS
    assert "We received US$ 231.00" in shown.data["summary"]
    assert "paid in full" in shown.data["summary"]
    done = phone.tap({"next": DONE})
    assert done.completion == {"flow_token": phone.flow_token, "payment_reference": payment.reference, "status": "successful"}


def test_a_deposit_is_said_with_what_is_still_to_pay() -> None:
    phone, _ = on_screen(Status.SUCCESSFUL, amount_option="deposit")
    assert "Still to pay: US$ 115.50" in check(phone).data["summary"]


def test_a_test_payment_is_marked_as_one(drawer: Drawer) -> None:
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    phone, _ = on_screen(Status.SUCCESSFUL)
    shown = check(phone)
    assert shown.data["heading"].startswith("TEST")
    assert "No money moved" in shown.data["summary"]


WHY = {
    Reason.INSUFFICIENT_FUNDS: ("not enough money", "Put money into the wallet and try again"),
    Reason.CANCELLED_BY_PAYER: ("cancelled on the phone", "Try again"),
    Reason.DECLINED: ("declined the payment", "do not pay again"),
    Reason.GATEWAY_DOWN: ("could not be reached", "Try again later"),
    Reason.NEVER_ARRIVED: ("did not reach", "Try again"),
    Reason.WRONG_CODE: ("wrong too many times", "Try again"),
    Reason.MISCONFIGURED: ("our fault", "Try again later"),
    Reason.TIMED_OUT: ("not approved in time", "Try again"),
    Reason.OTHER: ("did not accept", "Try again"),
    Reason.GATEWAY_ERROR: ("did not accept", "Try again"),
    Reason.INVALID_PAYER: ("did not accept", "Try again"),
    Reason.STOPPED_BY_STAFF: ("did not accept", "Try again"),
}


@pytest.mark.parametrize("reason", WHY)
def test_why_it_failed_is_said_with_what_to_do(reason: Reason) -> None:
    phone, payment = on_screen(Status.PENDING)
    make.move(payment, Status.FAILED, reason_code=reason)
    shown = check(phone)
    why, advice = WHY[reason]
    assert shown.screen == PAYMENT_ERROR
    assert why in shown.data["reason"]
    assert advice in shown.data["advice"]


def test_an_expired_payment_never_asks_to_pay_twice() -> None:
    """Lesson 29."""
    phone, payment = on_screen(Status.PENDING)
    make.move(payment, Status.EXPIRED, reason_code=Reason.TIMED_OUT)
    assert "do not pay again" in check(phone).data["advice"]


@pytest.mark.parametrize("status", [Status.CREATED, Status.SENDING, Status.PENDING])
def test_what_may_still_be_paid_is_never_shown_as_an_error(status: Status) -> None:
    """Lesson 29: customers who saw an error paid two to four times."""
    phone, payment = on_screen(status)
    Payment.objects.filter(pk=payment.pk).update(reason_code=Reason.GATEWAY_DOWN, checked_at=timezone.now())
    shown = check(phone)
    assert shown.screen == PAYMENT_PROCESSING
    assert shown.snackbar == ""
    assert not re.search(r"not paid|failed|error", shown.data["instructions"], re.IGNORECASE)


def test_a_disputed_payment_is_not_asked_for_again() -> None:
    phone, _ = on_screen(Status.DISPUTED)
    assert check(phone).screen == PAYMENT_SUCCESS


def test_a_refunded_payment_is_said_to_have_gone_back() -> None:
    phone, _ = on_screen(Status.REFUNDED)
    assert check(phone).data["heading"] == "Refunded"


def test_close_after_a_failure_ends_the_form() -> None:
    phone, payment = on_screen(Status.FAILED)
    check(phone)
    assert (phone.tap({"next": CLOSE}).completion or {})["status"] == "failed"


# --- Detours --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("link", "said"), [("Try again", RETRY), ("Use another method", CHANGE_METHOD)])
def test_after_a_failure_the_form_comes_back_as_it_was_typed_and_makes_a_new_payment(link: str, said: str) -> None:
    phone, failed = on_screen(Status.FAILED, email="me@example.com", amount_option="deposit", phone="078 123 4567")
    check(phone)
    form = phone.tap_link(link)
    assert form.screen == PAYMENT
    assert form.typed == {
        "payment_method": "wallet",
        "amount_option": "deposit",
        "phone": "078 123 4567",
        "email": "me@example.com",
    }
    phone.submit()
    new = failed.booking.payments.latest("created_at")
    assert (new.status, new.reference != failed.reference) == ("created", True)


@pytest.mark.parametrize("method", ["wallet", "otp"])
def test_another_method_midway_replaces_the_payment_once_it_is_submitted(method: str) -> None:
    phone, first = started(method)
    check(phone)
    form = phone.tap_link("Use another method")
    assert form.screen == PAYMENT
    assert form.data["has_notice"]
    assert "US$ 231.00 is waiting" in form.data["notice"]
    first.refresh_from_db()
    assert first.status == "pending"  # looking at the form again stops nothing
    phone.submit(payment_method="page")
    first.refresh_from_db()
    assert (first.status, first.reason_code) == ("expired", "method_changed")
    assert first.booking.payments.latest("created_at").payment_method == "drawer_page"


@pytest.mark.parametrize("method", ["wallet", "otp"])
def test_another_method_after_the_money_came_shows_that_it_came(method: str) -> None:
    """Lesson 29."""
    phone, payment = started(method)
    check(phone)
    make.move(payment, Status.SUCCESSFUL)
    assert phone.tap_link("Use another method").screen == PAYMENT_SUCCESS


def test_try_again_after_late_money_says_that_it_came_and_opens_nothing() -> None:
    """Lesson 29."""
    phone, payment = on_screen(Status.FAILED)
    check(phone)
    make.move(payment, Status.SUCCESSFUL)
    shown = phone.tap_link("Try again")
    assert shown.status == 427
    assert "has arrived" in shown.snackbar
    assert payment.booking.payments.count() == 1


def test_a_form_left_open_says_on_return_that_a_payment_waits_and_shows_it() -> None:
    phone, payment = started("wallet")
    form = phone.open()
    assert "waiting for your approval" in form.data["notice"]
    assert phone.submit().data["payment_reference"] == payment.reference
    assert payment.booking.payments.count() == 1


def test_a_booking_paid_elsewhere_turns_the_button_grey_instead_of_charging_again() -> None:
    booking = make.booking()
    phone = phone_of(booking)
    phone.open()
    make.payment("successful", booking=booking)
    shown = phone.submit(**FORM)
    assert shown.status == 427
    assert "has arrived" in shown.snackbar
    assert booking.payments.count() == 1


@pytest.mark.parametrize("screen", [PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_ERROR])
def test_back_shows_what_stands(screen: str) -> None:
    payment = make.payment("pending")
    token, session = tokens.issue(payment.booking)
    FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    shown = asked(token, "BACK", screen)
    assert shown.payload["screen"] == (PAYMENT_PROCESSING if screen == PAYMENT_OTP else PAYMENT)
    payment.refresh_from_db()
    assert payment.status == "pending"


@pytest.mark.parametrize("screen", [PAYMENT_PROCESSING, PAYMENT_OTP])
def test_a_screen_asked_about_before_any_payment_leads_to_the_form(screen: str) -> None:
    assert asked(tokens.issue(make.booking())[0], screen=screen, next=CHECK, otp="012345").payload["screen"] == PAYMENT


@pytest.mark.parametrize(("action", "screen"), [("data_exchange", "NOWHERE"), ("init", ""), ("", ""), ("navigate", PAYMENT)])
def test_what_no_phone_asks_is_answered_with_the_form(action: str, screen: str) -> None:
    assert asked(tokens.issue(make.booking())[0], action, screen).payload["screen"] == PAYMENT


# --- Once -----------------------------------------------------------------------------------------
def test_one_form_delivered_twice_is_one_payment() -> None:
    """Lesson 14."""
    booking = make.booking()
    token, _ = tokens.issue(booking)
    answers = [asked(token, **FORM).payload for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert booking.payments.count() == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.EXPIRED])
def test_a_form_delivered_again_right_after_it_failed_shows_that_and_asks_for_no_second_pin(status: Status) -> None:
    """Lesson 14."""
    phone, payment = on_screen(status)
    token = phone.flow_token
    assert asked(token, **FORM).payload["screen"] == PAYMENT_ERROR
    assert payment.booking.payments.count() == 1


def test_the_same_form_later_is_a_new_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    phone, payment = on_screen(Status.FAILED)
    monkeypatch.setattr(exchange, "SAME_TAP", timedelta(0))  # when a payment was made cannot be changed
    assert asked(phone.flow_token, **FORM).payload["screen"] == PAYMENT_PROCESSING
    assert payment.booking.payments.count() == 2


# --- Quickly --------------------------------------------------------------------------------------
def test_no_step_of_the_form_talks_to_the_gateway(drawer: Drawer) -> None:
    """Lesson 6: a gateway in the request is a Flow that Meta throttles, then blocks."""
    drawer.next_trouble = ["lose"] * 20  # any talk would use one up
    booking = make.booking()
    phone = phone_of(booking)
    submit(phone, payment_method="otp")
    make.move(booking.payments.get(), Status.PENDING)
    check(phone)
    phone.submit(otp="012345")
    check(phone)
    phone.tap_link("Use another method")
    phone.submit(payment_method="wallet")
    assert len(drawer.next_trouble) == 20
    assert list(drawer.folder.iterdir()) == []
    assert drawer.questions == []


@pytest.mark.parametrize(("step", "most"), [("open", 3), ("check", 4)])
def test_a_screen_takes_few_queries(django_assert_max_num_queries: Any, step: str, most: int) -> None:
    phone, _ = on_screen(Status.PENDING)
    check(phone)
    with django_assert_max_num_queries(most):
        phone.open() if step == "open" else check(phone)


# --- Parts ----------------------------------------------------------------------------------------
def picture(png: str) -> memoryview:
    """The grey values of a base64 PNG of one bit per pixel, as segno writes it."""
    data = base64.b64decode(png)
    width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
    assert (bits, colour) == (1, 0)
    packed = b"".join(data[at + 8 : at + 8 + length] for at, length in chunks(data))
    rows, size = zlib.decompress(packed), (width + 7) // 8 + 1
    grey, above = bytearray(), bytes(size)
    for row in range(height):
        kind, *line = rows[row * size : (row + 1) * size]
        assert kind in (0, 2)  # as it is, or as the difference to the row above
        above = bytes((byte + above[x] * (kind == 2)) % 256 for x, byte in enumerate(line))
        grey += bytes(255 * (above[x // 8] >> (7 - x % 8) & 1) for x in range(width))
    return memoryview(bytes(grey)).cast("B", (height, width))


def chunks(png: bytes) -> list[tuple[int, int]]:
    """Where the image data are, and how long."""
    found, at = [], 8
    while at < len(png):
        length = struct.unpack(">I", png[at : at + 4])[0]
        if png[at + 4 : at + 8] == b"IDAT":
            found.append((at, length))
        at += length + 12
    return found
