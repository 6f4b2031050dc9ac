"""What a customer does about money from anywhere in the chat: the form, the guard, *I have paid*, and other people's references."""

import pytest

from customer_data.models import Concern, Payment
from customer_data.offer import unconfirmed
from customer_data.services import PaymentRequest, open_payment
from customer_data.status import Status
from customer_data.tests import make
from flows.buttons import action_id, read_tap
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import FlowSession, WhatsAppFlow
from flows.outgoing import FlowButton, ListMenu
from flows.paying import ACTIONS, form_completed
from flows.tests.chatting import do, only, talk_of, taps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.fixture(autouse=True)
def flow() -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="1000000000000001", status="PUBLISHED")


# --- The form -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "option"), [("pay_full", "full"), ("pay_deposit", "deposit"), ("pay_balance", "balance")])
def test_the_form_comes_with_the_amount_chosen(action: str, option: str) -> None:
    booking = make.booking()
    form = only(do(action, booking.booking_reference, by=booking.customer))
    assert isinstance(form, FlowButton)
    session = FlowSession.objects.get(pk=form.session_id)
    assert (session.booking, session.customer, session.typed) == (booking, booking.customer, {"amount_option": option})


def test_what_was_chosen_step_by_step_is_what_the_form_asks() -> None:
    booking = make.booking()
    answers = {"booking": booking.booking_reference, "amount_option": "deposit", "payer": "me"}
    form = only(do("initiate_paynow_payment", by=booking.customer, **answers))
    assert isinstance(form, FlowButton)
    assert FlowSession.objects.get(pk=form.session_id).typed == {"amount_option": "deposit"}


def test_the_message_names_the_amount_that_was_chosen() -> None:
    booking = make.booking("231.00")
    deposit = only(do("pay_deposit", booking.booking_reference, by=booking.customer))
    full = only(do("pay_full", booking.booking_reference, by=booking.customer))
    assert "you can pay US$ 115.50 for" in deposit.body
    assert "you can pay US$ 231.00 for" in full.body


def test_with_one_booking_to_pay_no_question_is_asked() -> None:
    booking = make.booking()
    assert isinstance(only(do("pay_balance", by=booking.customer)), FlowButton)


def test_with_two_bookings_to_pay_the_customer_chooses() -> None:
    first = make.booking(title="Hwange")
    second = make.booking("80.00", title="Mana Pools", customer=first.customer)
    menu = only(do("pay_balance", by=first.customer))
    assert isinstance(menu, ListMenu)
    assert sorted(taps(menu)) == sorted(action_id("pay_balance", each.booking_reference) for each in (first, second))


def test_with_nothing_to_pay_it_is_said() -> None:
    assert "nothing to pay" in only(do("pay_balance", by=make.customer())).body


def test_a_paid_booking_is_not_asked_for_again() -> None:
    booking = make.payment(Status.SUCCESSFUL).booking
    assert "is paid" in only(do("pay_full", booking.booking_reference, by=booking.customer)).body
    assert not FlowSession.objects.exists()


# --- Other people's references --------------------------------------------------------------------
@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"initiate_paynow_payment"}))
def test_a_reference_of_somebody_else_is_unknown_and_does_nothing(action: str) -> None:
    payment = make.payment(Status.PENDING)
    before = (Payment.objects.count(), payment.events.count())
    for argument in (payment.booking.booking_reference, payment.reference):
        words = only(do(action, argument, by=make.customer())).body
        assert "do not find" in words
        assert payment.amount_shown not in words
    assert (Payment.objects.count(), payment.events.count()) == before
    assert not FlowSession.objects.exists()


def test_who_pays_for_somebody_may_ask_about_it() -> None:
    payer = make.customer()
    payment = make.payment(Status.PENDING, payer=payer)
    assert "do not find" not in only(do("i_have_paid", payment.reference, by=payer)).body


# --- Paying twice ---------------------------------------------------------------------------------
GUARDED = ("pay_full", "pay_deposit", "pay_balance", "pay_by_card_abroad", "initiate_paynow_payment")


@pytest.mark.parametrize("action", GUARDED)
@pytest.mark.parametrize("status", [Status.CREATED, Status.SENDING, Status.PENDING])
def test_paying_while_a_payment_waits_is_answered_with_what_is_going_on(action: str, status: Status) -> None:
    payment = make.payment(status)
    reference = payment.booking.booking_reference
    message = only(do(action, reference, by=payment.booking.customer, booking=reference))
    assert "o not pay a second time" in message.body
    assert action_id("i_have_paid", payment.reference) in taps(message)
    assert action_id("use_another_wallet", reference) in taps(message)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("action", GUARDED)
@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_after_a_payment_that_ended_unpaid_paying_goes_on(action: str, status: Status) -> None:
    """The control: what the guard keeps back above is let through here."""
    payment = make.payment(status)
    reference = payment.booking.booking_reference
    do(action, reference, by=payment.booking.customer, booking=reference)
    assert FlowSession.objects.exists() or Payment.objects.count() == 2


def test_another_wallet_is_a_new_form_and_leaves_what_waits_as_it_is() -> None:
    payment = make.payment(Status.PENDING)
    form = only(do("use_another_wallet", payment.booking.booking_reference, by=payment.booking.customer))
    assert isinstance(form, FlowButton)
    payment.refresh_from_db()
    assert payment.status == Status.PENDING
    assert unconfirmed(payment.booking) == payment


def test_try_again_opens_the_form_as_it_was_filled_in() -> None:
    booking = make.booking()
    request = PaymentRequest(booking.pk, "drawer_purse", "deposit", phone="0712222222")
    payment = make.move(open_payment(request, source="flow"), Status.FAILED)
    form = only(do("try_again", payment.reference, by=booking.customer))
    assert isinstance(form, FlowButton)
    typed = FlowSession.objects.get(pk=form.session_id).typed
    assert typed == {"payment_method": "purse", "phone": "0712222222", "amount_option": "deposit"}


def test_another_wallet_for_a_share_is_asked_for_the_share() -> None:
    booking = make.booking("90.00")
    request = PaymentRequest(booking.pk, "drawer_wallet", "balance", phone="0771234567", shares=3)
    make.move(open_payment(request, source="flow"), Status.FAILED)
    form = only(do("use_another_wallet", booking.booking_reference, by=booking.customer))
    assert isinstance(form, FlowButton)
    assert FlowSession.objects.get(pk=form.session_id).typed["shares"] == "3"
    assert "US$ 30.00" in form.body


def test_trying_again_while_another_attempt_waits_is_answered_with_that_one() -> None:
    booking = make.booking()
    failed = make.payment(Status.FAILED, booking=booking)
    waiting = make.payment(Status.PENDING, booking=booking)
    message = only(do("try_again", failed.reference, by=booking.customer))
    assert action_id("i_have_paid", waiting.reference) in taps(message)
    assert not FlowSession.objects.exists()


def test_a_failed_attempt_on_a_booking_that_was_paid_since_asks_for_nothing() -> None:
    booking = make.booking()
    failed = make.payment(Status.FAILED, booking=booking)
    make.payment(Status.SUCCESSFUL, booking=booking)
    assert "nothing more to pay" in only(do("try_again", failed.reference, by=booking.customer)).body
    assert "nothing more to pay" in only(do("use_another_wallet", booking.booking_reference, by=booking.customer)).body


# --- Without the form -----------------------------------------------------------------------------
def test_while_the_form_is_not_at_whatsapp_the_ways_to_pay_are_chosen_in_the_chat() -> None:
    WhatsAppFlow.objects.all().delete()
    booking = make.booking()
    menu = only(do("pay_full", booking.booking_reference, by=booking.customer))
    assert isinstance(menu, ListMenu)
    tap = next(read_tap(each) for each in taps(menu) if "/wallet" in each)
    do(tap.name, tap.argument, by=booking.customer)
    payment = booking.payments.get()
    assert (payment.payment_method, payment.phone, payment.payer) == ("drawer_wallet", booking.customer.phone, None)


def test_what_a_wallet_does_not_take_is_a_sentence() -> None:
    booking = make.booking(customer=make.customer(phone="+27821234567", wa_id="27821234567"))
    words = only(do("pay_with", f"{booking.booking_reference}/wallet", by=booking.customer)).body
    assert "needs a number in Zimbabwe" in words
    assert "Choose one of the ways" in only(do("pay_with", f"{booking.booking_reference}/nonsense", by=booking.customer)).body


# --- A form that was completed --------------------------------------------------------------------
@pytest.mark.parametrize("status", [Status.PENDING, Status.SENDING])
def test_a_form_closed_while_the_payment_waits_is_answered_with_how_it_stands(status: str) -> None:
    payment = make.payment(status)
    notice = {"flow_token": "x", "payment_reference": payment.reference, "status": "successful"}
    message = only(form_completed(talk_of(payment.booking.customer), notice))
    assert "o not pay a second time" in message.body


@pytest.mark.parametrize("status", [Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED])
def test_an_end_is_told_by_itself_and_not_again_when_the_form_is_completed(status: str) -> None:
    payment = make.payment(status)
    assert form_completed(talk_of(payment.booking.customer), {"payment_reference": payment.reference}).messages == ()


@pytest.mark.parametrize("notice", [{}, {"payment_reference": None}, {"payment_reference": "nonsense"}, {"payment_reference": 7}])
def test_a_form_that_names_no_payment_is_answered_with_nothing(notice: dict[str, object]) -> None:
    assert form_completed(talk_of(make.customer()), notice).messages == ()


def test_somebody_elses_payment_in_a_completed_form_is_answered_with_nothing() -> None:
    payment = make.payment(Status.PENDING)
    assert form_completed(talk_of(make.customer()), {"payment_reference": payment.reference}).messages == ()


# --- Bank transfer or cash ------------------------------------------------------------------------
def test_bank_or_cash_asks_a_person_and_books_nothing_as_paid() -> None:
    booking = make.booking()
    words = only(do("pay_offline", booking.booking_reference, by=booking.customer)).body
    assert "A person of our team" in words
    concern = Concern.objects.get()
    assert (concern.customer, concern.kind) == (booking.customer, "wants_person")
    assert booking.booking_reference in concern.sentence
    assert not Payment.objects.exists()
