"""What a customer does about money from anywhere in the chat: the form, the guard, *I have paid*, and other people's references."""

import pytest

from customer_data.models import Payment
from customer_data.offer import unconfirmed
from customer_data.status import Status
from customer_data.tests import make
from flows.buttons import action_id
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import FlowSession, WhatsAppFlow
from flows.outgoing import FlowButton, ListMenu
from flows.paying import ACTIONS
from flows.tests.chatting import do, only, taps

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
