"""Who pays is not always who chats: another number gets the request, somebody abroad a link, and one booking has many payers."""

from decimal import Decimal
from typing import Any

import pytest

from customer_data.models import Booking, Customer, Payment
from customer_data.status import Status
from customer_data.tests import make
from flows import payers
from flows.buttons import action_id, read_tap
from flows.definitions.payment_whatsapp_flow import FLOW_NAME, PAYMENT_PROCESSING
from flows.models import FlowSession, WhatsAppFlow
from flows.outgoing import Buttons, FlowButton, ListMenu, Template
from flows.paying import number_typed
from flows.telling import write_missed
from flows.tests.chatting import do, newest, only, sent_by_worker, talk_of, taps, told_to, words_to
from flows.tests.customers import FORM, asked, phone_with
from flows.tests.talks import Chatter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

THEIRS = "0772222222"


@pytest.fixture(autouse=True)
def flow() -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="1000000000000001", status="PUBLISHED")


def another_number(of: Booking, number: str, **answers: Any) -> Any:
    return do("pay_by_another_number", f"{of.booking_reference}/{number}", by=of.customer, **answers)


# --- Who pays? ------------------------------------------------------------------------------------
def test_who_pays_offers_me_somebody_here_and_somebody_abroad() -> None:
    booking = make.booking()
    message = only(do("who_pays", booking.booking_reference, by=booking.customer))
    assert [read_tap(each).name for each in taps(message)] == ["pay_myself", "pay_by_another_number", "pay_by_card_abroad"]


@pytest.mark.parametrize(("number", "wallets"), [(THEIRS, ["wallet", "otp"]), ("0712222222", ["purse", "otp"])])
def test_the_wallets_of_a_number_follow_from_it_and_the_operators_own_comes_first(number: str, wallets: list[str]) -> None:
    booking = make.booking()
    message = only(another_number(booking, number))
    assert number in message.body
    assert "US$ 231.00" in message.body
    assert [read_tap(each).argument.split("/")[1] for each in taps(message)] == wallets
    assert not Payment.objects.exists()


@pytest.mark.parametrize("typed", ["0772 222 222", "+263 77 222 2222", "263772222222", "772222222"])
def test_a_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert THEIRS in only(another_number(make.booking(), typed)).body


def test_a_foreign_number_gets_no_request_but_a_card_is_offered() -> None:
    booking = make.booking()
    message = only(another_number(booking, "+27 82 123 4567"))
    assert "not in Zimbabwe" in message.body
    assert taps(message) == [action_id("pay_by_card_abroad", f"{booking.booking_reference}/+27821234567")]
    do("pay_with", f"{booking.booking_reference}/wallet/+27821234567", by=booking.customer)
    assert not Payment.objects.exists()


def test_no_number_is_a_sentence() -> None:
    assert "not a phone number" in only(another_number(make.booking(), "12345678901234567")).body


def test_the_number_is_asked_for_and_what_is_typed_next_is_taken() -> None:
    booking = make.booking()
    talk = talk_of(booking.customer)
    assert number_typed(talk, THEIRS) is None
    assert "Which number" in only(do("pay_by_another_number", booking.booking_reference, by=booking.customer)).body
    talk = talk_of(booking.customer, waits_for_payer_of=booking.booking_reference)
    assert number_typed(talk, "menu") is None
    reply = number_typed(talk, THEIRS)
    assert reply is not None
    assert THEIRS in only(reply).body


def test_the_request_goes_to_that_wallet_and_the_payer_is_known_from_then_on() -> None:
    booking = make.booking()
    do("pay_with", f"{booking.booking_reference}/wallet/+263772222222", by=booking.customer)
    payment = newest(booking)
    assert (payment.phone, payment.payer) == ("+263772222222", Customer.objects.get(wa_id="263772222222"))
    assert payment.email == booking.customer.email


def test_somebody_we_know_is_not_made_twice() -> None:
    known = make.customer(name="Tendai", wa_id="263772222222")
    booking = make.booking()
    do("pay_with", f"{booking.booking_reference}/wallet/+263772222222", by=booking.customer)
    assert newest(booking).payer == known


def test_the_customers_own_number_is_no_other_payer() -> None:
    booking = make.booking(customer=make.customer(wa_id="263772222222"))
    do("pay_with", f"{booking.booking_reference}/wallet/+263772222222", by=booking.customer)
    assert newest(booking).payer is None


def test_the_amount_is_what_was_chosen_before() -> None:
    booking = make.booking()
    answers = {"booking": booking.booking_reference, "amount_option": "deposit"}
    assert "US$ 115.50" in only(another_number(booking, THEIRS, **answers)).body
    do("pay_with", f"{booking.booking_reference}/wallet/+263772222222", by=booking.customer, **answers)
    assert newest(booking).amount == Decimal("115.50")


@pytest.mark.parametrize(
    ("payer", "says"),
    [
        (THEIRS, "Which wallet"),
        ("abroad", "payment of US$ 231.00 (Page)"),
        ("+27821234567", "not in Zimbabwe"),
    ],
)
def test_what_was_answered_step_by_step_is_done(payer: str, says: str) -> None:
    booking = make.booking()
    reply = do("initiate_paynow_payment", by=booking.customer, booking=booking.booking_reference, payer=payer)
    assert says in only(reply).body


def test_nobody_can_bother_the_whole_country_through_us() -> None:
    booking = make.booking()
    for number in range(payers.MOST_NEW_PAYERS):
        do("pay_with", f"{booking.booking_reference}/wallet/+26377222222{number}", by=booking.customer)
        make.move(newest(booking), Status.CANCELLED)
    reply = do("pay_with", f"{booking.booking_reference}/wallet/+263772222229", by=booking.customer)
    assert "Enough people" in only(reply).body
    assert not Customer.objects.filter(wa_id="263772222229").exists()


def test_who_is_asked_to_pay_and_writes_to_us_hears_who_asks_and_how_it_stands() -> None:
    booking = make.booking(customer=make.customer(name="Rudo"))
    do("pay_with", f"{booking.booking_reference}/wallet/+263772222222", by=booking.customer)
    payment = sent_by_worker(booking)
    assert payment.payer is not None
    payer = Chatter(customer=payment.payer)
    said = "\n".join(message.body for message in payer.says("who are you?"))
    assert "Rudo asks you to pay US$ 231.00" in said
    assert "waiting for approval on 0772222222" in said
    payer.says("menu")
    assert "Rudo asks you to pay US$ 231.00" in payer.says("pay balance")[-1].body
    make.move(payment, Status.SUCCESSFUL)
    assert "How can we help?" in payer.says("thanks a lot for this")[-1].body


# --- By card from abroad --------------------------------------------------------------------------
def test_a_link_to_forward_comes_to_the_customer() -> None:
    booking = make.booking()
    do("pay_by_card_abroad", booking.booking_reference, by=booking.customer)
    payment = sent_by_worker(booking)
    write_missed()
    assert payment.redirect_url in told_to(booking.customer)[-1].body
    assert "internet data" in words_to(booking.customer)


def test_a_number_abroad_gets_the_link_too_and_may_be_reached_by_a_template() -> None:
    booking = make.booking()
    do("pay_by_card_abroad", f"{booking.booking_reference}/+27821234567", by=booking.customer)
    payment = sent_by_worker(booking)
    write_missed()
    assert payment.payer is not None
    assert payment.phone == ""
    (request,) = told_to(payment.payer)
    assert isinstance(request, Template)
    assert payment.redirect_url in dict(request.facts)["how"]
    assert payment.redirect_url in words_to(booking.customer)


def test_a_number_abroad_is_shown_as_it_is_dialled() -> None:
    booking = make.booking()
    do("pay_by_card_abroad", f"{booking.booking_reference}/+27821234567", by=booking.customer)
    sent_by_worker(booking)
    write_missed()
    assert "+27821234567 gets its link" in words_to(booking.customer)


# --- Several payers -------------------------------------------------------------------------------
def test_a_share_is_asked_for_by_the_number_of_people() -> None:
    booking = make.booking("90.00")
    menu = only(do("pay_share", booking.booking_reference, by=booking.customer))
    assert isinstance(menu, ListMenu)
    assert action_id("pay_share", f"{booking.booking_reference}/3") in taps(menu)
    form = only(do("pay_share", f"{booking.booking_reference}/3", by=booking.customer))
    assert "US$ 30.00" in form.body


def test_the_form_of_a_share_offers_the_share_alone_and_no_field_changes_it() -> None:
    booking = make.booking("90.00")
    form = only(do("pay_share", f"{booking.booking_reference}/3", by=booking.customer))
    assert isinstance(form, FlowButton)
    token = FlowSession.objects.get(pk=form.session_id).token
    shown = phone_with(token).open()
    assert [option["title"] for option in shown.data["amount_options"]] == ["Your share"]
    forged = asked(token, **(FORM | {"amount_option": "full", "shares": "1"}))
    assert forged.payload["screen"] == PAYMENT_PROCESSING
    assert newest(booking).amount == Decimal("30.00")


def test_three_people_pay_one_after_the_other() -> None:
    booking = make.booking("100.00")
    argument = f"{booking.booking_reference}/3"
    for number in range(3):
        form = only(do("pay_share", argument, by=booking.customer))
        assert isinstance(form, FlowButton)
        phone_with(FlowSession.objects.get(pk=form.session_id).token).open()
        phone = phone_with(FlowSession.objects.get(pk=form.session_id).token)
        phone.open()
        phone.submit(**(FORM | {"amount_option": "balance", "phone": f"077222222{number}"}))
        again = only(do("pay_share", argument, by=booking.customer))
        assert "second time" in again.body
        make.move(newest(booking), Status.SUCCESSFUL)
        write_missed()
        receipt = [message for message in told_to(booking.customer) if "*Paid.*" in message.body][-1]
        if number < 2:
            assert isinstance(receipt, Buttons)
            argument = read_tap(receipt.choices[0].id).argument if number == 0 else booking.booking_reference + "/1"
    booking.refresh_from_db()
    assert booking.balance == 0
    assert sorted(payment.amount for payment in booking.payments.all()) == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]


def test_who_opens_the_form_for_another_is_marked_as_the_payer_and_sees_nothing_private() -> None:
    payer = make.customer(wa_id="263772222222", phone="+263772222222", email="")
    booking = make.booking()
    make.payment(Status.FAILED, booking=booking, payer=payer)
    form = only(do("use_another_wallet", booking.booking_reference, by=payer))
    assert isinstance(form, FlowButton)
    phone = phone_with(FlowSession.objects.get(pk=form.session_id).token)
    shown = phone.open()
    assert booking.customer.email not in str(shown.data)
    assert (booking.customer.phone or "none") not in str(shown.data)
    phone.submit(**(FORM | {"phone": THEIRS}))
    assert newest(booking).payer == payer
