"""From a booking to its payment in the chat: how much, who pays, forms that were completed, and bookings to come back to."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Booking, Concern, Customer, Payment, SeatHold
from customer_data.status import Status
from customer_data.tests import make
from flows import tokens
from flows.definitions import BOOKING_FLOW as BOOKING_FORM
from flows.definitions import PAYMENT_FLOW as PAYMENT_FORM
from flows.incoming import IncomingKind
from flows.models import FlowSession, WhatsAppFlow
from flows.outgoing import FlowButton
from flows.tests.talks import Chatter, at, choices_on, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.fixture
def payment_form() -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name=PAYMENT_FORM, flow_id="1", status="PUBLISHED")


def titles(messages: list[Any]) -> list[str]:
    return [choice.title for message in messages for choice in choices_on(message)]


@pytest.mark.usefixtures("payment_form")
def test_i_pay_opens_the_form_for_what_was_chosen() -> None:
    chatter = at("ask_payment_option")
    assert titles(chatter.taps("Pay 50% deposit")) == ["I pay", "Someone in Zimbabwe", "Somebody abroad"]
    form = chatter.taps("I pay")[-1]
    assert isinstance(form, FlowButton)
    session = FlowSession.objects.get(pk=form.session_id)
    assert session.booking == Booking.objects.get()
    assert chatter.step == "paying"


@pytest.mark.usefixtures("payment_form")
def test_two_taps_on_i_pay_say_what_is_going_on() -> None:
    chatter = at("who_pays")
    me = chatter.choice("I pay")
    chatter.taps_id(me.id)
    assert "We have that already" in words(chatter.taps_id(me.id))
    assert FlowSession.objects.count() == 1


def test_somebody_else_in_zimbabwe_pays_with_the_number_that_was_typed() -> None:
    chatter = at("who_pays")
    assert "Which number will pay" in words(chatter.taps("Someone in Zimbabwe"))
    assert "not a phone number" in words(chatter.says("my brother"))
    assert "not in Zimbabwe" in words(chatter.says("+44 7911 123456"))
    said = chatter.says("077 123 4568")
    assert "0771234568" in words(said)
    chatter.taps(titles(said)[0])
    assert Payment.objects.get().phone == "+263771234568"
    assert Payment.objects.get().payer != chatter.customer


@pytest.mark.parametrize("typed", ["123456", "123 456", "my code is 123456", "Code: 123-456."])
def test_a_one_time_code_is_taken_as_people_type_it(typed: str) -> None:
    chatter = at("who_pays")
    payment = make.payment(
        "pending", booking=Booking.objects.get(), payment_method="drawer_otp", prompt="type_otp", phone="+263771234567"
    )
    assert "Thank you" in words(chatter.says(typed))
    payment.refresh_from_db()
    assert payment.otp == "123456"


def test_somebody_abroad_gets_a_link_by_card() -> None:
    chatter = at("who_pays")
    assert "internet data" in words(chatter.taps("Somebody abroad"))
    chatter.says("+44 7911 123456")
    assert Payment.objects.get().payer == Customer.objects.get(phone="+447911123456")


def test_no_deposit_is_offered_where_the_booking_has_none() -> None:
    tour(deposit_percent=0)
    chatter = Chatter()
    for word in ("book", "1", "1", "1", "Rudo Moyo", "skip", "yes"):
        chatter.says(word)
    assert titles(chatter.heard[-1:]) == ["Pay in full via Paynow", "Share the payment", "Bank transfer or cash", "Later"]


@pytest.mark.usefixtures("payment_form")
def test_several_people_can_share_the_payment() -> None:
    chatter = at("ask_payment_option")
    assert "2 people" in titles(chatter.taps("Share the payment"))
    (form,) = chatter.taps("3 people")
    assert isinstance(form, FlowButton)
    assert "you can pay US$ 77.00 for" in form.body


def test_who_comes_to_pay_hears_of_a_payment_that_is_not_confirmed() -> None:
    chatter = at("ask_payment_option")
    assert "not confirmed" not in words(chatter.says("pay balance"))
    make.payment("pending", booking=Booking.objects.get(), amount="115.50")
    said = words(chatter.says("pay balance"))
    assert "A payment of US$ 115.50 by Wallet is not confirmed yet. If you approved it, do not pay again" in said
    assert "How would you like to pay?" in said


@pytest.mark.usefixtures("payment_form")
def test_who_writes_after_paying_is_not_asked_for_money_that_came() -> None:
    chatter = at("who_pays")
    chatter.taps("I pay")
    booking = Booking.objects.get()
    assert "US$ 231.00 is still to pay" in words(chatter.says("thank you"))
    make.payment("successful", booking=booking, amount="115.50")
    assert "US$ 115.50 is paid, US$ 115.50 is still to pay" in words(chatter.says("thank you"))
    make.payment("successful", booking=booking, amount="115.50")
    said = words(chatter.says("thank you"))
    assert "paid in full" in said
    assert "Still to pay: US$ 0.00" in said


def test_later_says_until_when_the_seats_are_held() -> None:
    assert "Your seats are held until" in words(at("ask_payment_option").taps("Later"))


def test_who_comes_back_too_late_hears_that_the_seats_are_not_held() -> None:
    chatter = at("ask_payment_option")
    SeatHold.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    said = words(chatter.says("pay balance"))
    assert "time for which your seats were held is over" in said


# --- Bookings to come back to ---------------------------------------------------------------------
def test_my_bookings_shows_what_is_paid_and_what_is_left() -> None:
    booking = make.booking("231.00")
    make.payment(Status.SUCCESSFUL, booking=booking, amount="100.00")
    chatter = Chatter(customer=booking.customer)
    said = chatter.says("my bookings")
    assert "US$ 131.00 to pay" in choices_on(said[-1])[0].description
    shown = chatter.taps(booking.booking_reference)
    assert "Paid: US$ 100.00" in words(shown)
    assert "Still to pay: US$ 131.00" in words(shown)
    assert titles(shown) == ["Pay balance", "Receipt again", "Talk to a person"]
    assert titles(chatter.taps("Pay balance"))[0] == "Pay balance via Paynow"
    chatter.says("back")
    assert "US$ 100.00" in words(chatter.taps("Receipt again"))


def test_a_booking_that_is_paid_asks_for_nothing() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    chatter = Chatter(customer=payment.booking.customer)
    assert "nothing to pay" in words(chatter.says("bhadhara"))
    chatter.says("my bookings")
    assert titles(chatter.says("1")) == ["Receipt again", "Talk to a person"]


def test_nobody_sees_the_booking_of_somebody_else() -> None:
    make.booking()
    assert "no bookings yet" in words(Chatter().says("my bookings"))


def test_several_unpaid_bookings_are_asked_which() -> None:
    rudo = make.customer()
    first, second = make.booking("10.00", customer=rudo), make.booking("20.00", customer=rudo)
    chatter = Chatter(customer=rudo)
    assert "Which booking" in words(chatter.says("pay"))
    assert "US$ 20.00" in words(chatter.taps(second.booking_reference))
    assert chatter.talk.answers["booking"] != first.booking_reference


# --- Forms ----------------------------------------------------------------------------------------
def test_the_booking_form_is_offered_only_once_it_is_published() -> None:
    tour()
    chatter = Chatter()
    assert "Book with a form" not in titles(chatter.says("menu"))
    WhatsAppFlow.objects.create(name=BOOKING_FORM, flow_id="2", status="PUBLISHED")
    assert "Book with a form" in titles(chatter.says("menu"))
    form = chatter.taps("Book with a form")[-1]
    assert isinstance(form, FlowButton)
    assert FlowSession.objects.get(pk=form.session_id).flow_name == BOOKING_FORM


def test_a_booking_made_in_the_form_goes_on_to_how_to_pay() -> None:
    chatter = Chatter(customer=make.customer())
    session = tokens.issue_for(chatter.customer, flow_name=BOOKING_FORM, booking=make.booking(customer=chatter.customer))
    said = words(chatter.sends(IncomingKind.FLOW_REPLY, flow_reply={"flow_token": session.token}))
    assert "*Booked.*" in said
    assert "How would you like to pay?" in said


def test_somebody_elses_form_opens_no_booking() -> None:
    session = tokens.issue_for(make.customer(), flow_name=BOOKING_FORM, booking=make.booking())
    chatter = Chatter()
    chatter.sends(IncomingKind.FLOW_REPLY, flow_reply={"flow_token": session.token})
    assert "booking" not in chatter.talk.answers


def test_a_payment_form_says_how_the_payment_stands_in_our_rows() -> None:
    payment = make.payment(Status.PENDING)
    chatter = Chatter(customer=payment.booking.customer)
    notice = {"flow_token": "x", "payment_reference": payment.reference, "status": "successful"}
    said = chatter.sends(IncomingKind.FLOW_REPLY, flow_reply=notice)
    assert said
    assert "Paid" not in words(said)


# --- Cancelling and other sentences ---------------------------------------------------------------
def test_cancel_drops_what_is_not_booked_yet() -> None:
    chatter = at("email")
    assert "no seats are held" in words(chatter.says("cancel"))
    assert not SeatHold.objects.filter(SeatHold.is_live()).exists()


def test_a_sentence_that_asks_for_somebody_calls_a_person() -> None:
    chatter = at("date")
    assert "A person of our office" in words(chatter.says("Can I speak to somebody please?"))
    assert chatter.talk.wants_person_since is not None


def test_cancelling_a_booking_is_a_persons_work() -> None:
    chatter = at("ask_payment_option")
    assert "cancelled by a person" in words(chatter.says("I must cancel, my mother is ill"))
    assert Concern.objects.filter(customer=chatter.customer).exists()


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("I would like to pay the balance now", "menu"),
        ("how do I book?", "tour"),
        ("Hwange 3 days", "date"),
    ],
)
def test_a_sentence_is_taken_for_what_it_is_about(text: str, step: str) -> None:
    tour("Hwange 3 days")
    chatter = at("date")
    chatter.says(text)
    assert chatter.step == step
