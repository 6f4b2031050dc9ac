"""Bank transfer and cash from the chat: where to pay is told, a slip hangs on the payment, and nobody pays twice unawares."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from config.tests.chat import Tasks
from customer_data.models import Booking, Concern, Payment, Proof
from customer_data.services.proofs import approve
from customer_data.status import Status
from customer_data.tests import make
from flows.buttons import action_id
from flows.incoming import IncomingKind
from flows.outgoing import Buttons, ListMenu, Outgoing
from flows.simulator import GraphSimulator
from flows.tasks import handle_due
from flows.tests.slip_files import at_whatsapp, photo
from flows.tests.talks import Chatter, choices_on, words
from offline_payments.models import PlaceToPay
from paynow_integration.simulator import PaynowSimulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("graph")]

BANK = {"way": "bank_transfer", "currency": "USD", "name": "Example Bank", "account_name": "Tours", "account_number": "0042"}
OFFICE = {"way": "cash", "currency": "USD", "name": "Our office", "branch": "1 First Street"}


@pytest.fixture
def rudo(paynow: PaynowSimulator, tasks: Tasks) -> Chatter:
    """A customer with a booking of US$ 231.00 to pay."""
    chatter = Chatter(customer=make.customer())
    make.booking(customer=chatter.customer)
    return chatter


def places(*each: dict[str, str]) -> None:
    for place in each:
        PlaceToPay.objects.create(**place, is_test=True)


def wants_to_pay_offline(rudo: Chatter) -> list[Outgoing]:
    return rudo.taps_id(action_id("pay_offline", Booking.objects.get().booking_reference))


def titles(messages: list[Outgoing]) -> list[str]:
    return [choice.title for message in messages for choice in choices_on(message)]


def pay_by_transfer(rudo: Chatter, tasks: Tasks) -> Payment:
    """Chosen, started, and told where to pay."""
    if not PlaceToPay.objects.exists():
        places(BANK)
    wants_to_pay_offline(rudo)
    tasks.work()
    return Payment.objects.latest("created_at")


# --- Where to pay ---------------------------------------------------------------------------------
def test_both_ways_are_offered_where_both_have_a_place(rudo: Chatter) -> None:
    places(BANK, OFFICE)
    assert titles(wants_to_pay_offline(rudo)) == ["Bank transfer", "Cash"]
    assert not Payment.objects.exists()


def test_the_chosen_way_is_opened_and_told_with_account_amount_and_reference(rudo: Chatter, tasks: Tasks) -> None:
    places(BANK, OFFICE)
    wants_to_pay_offline(rudo)
    rudo.taps("Bank transfer")
    tasks.work()
    payment = Payment.objects.get()
    assert (payment.payment_method, payment.status, str(payment.amount)) == ("bank_transfer", Status.PENDING, "231.00")
    assert payment.events.order_by("pk")[0].source == "chat"
    said = rudo.heard[-1]
    for fact in ("US$ 231.00", "Example Bank", "0042", payment.reference, "photo or PDF"):
        assert fact in said.body
    assert titles([said]) == ["Another way to pay", "Talk to a person"]


def test_the_only_way_there_is_starts_at_once(rudo: Chatter, tasks: Tasks) -> None:
    places(OFFICE)
    wants_to_pay_offline(rudo)
    tasks.work()
    assert Payment.objects.get().payment_method == "cash"
    assert "1 First Street" in rudo.heard[-1].body


def test_without_a_place_a_person_says_where(rudo: Chatter) -> None:
    places(BANK | {"currency": "ZWG"})
    assert "A person of our team" in words(wants_to_pay_offline(rudo))
    assert Concern.objects.get().kind == "wants_person"
    assert not Payment.objects.exists()


def test_a_deposit_chosen_before_is_what_the_transfer_is_for(rudo: Chatter, tasks: Tasks) -> None:
    booking = Booking.objects.get()
    rudo.says("pay")
    rudo.taps("Pay 50% deposit")
    rudo.taps_id(action_id("pay_offline", booking.booking_reference))
    assert not Payment.objects.exists()
    places(BANK)
    rudo.taps_id(action_id("pay_offline", booking.booking_reference))
    assert str(Payment.objects.get().amount) == "115.50"


def test_a_deposit_that_is_paid_since_is_not_asked_again(rudo: Chatter) -> None:
    booking = Booking.objects.get()
    places(BANK)
    rudo.says("pay")
    rudo.taps("Pay 50% deposit")
    make.payment(Status.SUCCESSFUL, booking=booking, amount="115.50", is_test=True)
    rudo.taps_id(action_id("pay_offline", booking.booking_reference))
    newest = Payment.objects.latest("created_at")
    assert (newest.payment_method, str(newest.amount)) == ("bank_transfer", "115.50")


# --- Nobody pays twice unawares -------------------------------------------------------------------
def test_an_unconfirmed_attempt_comes_first(rudo: Chatter) -> None:
    places(BANK)
    make.payment(Status.PENDING, booking=Booking.objects.get(), gateway="paynow", payment_method="paynow_ecocash")
    assert "Do not pay a second time" in words(wants_to_pay_offline(rudo))
    assert not Payment.objects.filter(payment_method="bank_transfer").exists()


def test_asked_twice_it_is_the_same_payment_and_says_what_to_do(rudo: Chatter, tasks: Tasks) -> None:
    payment = pay_by_transfer(rudo, tasks)
    said = words(wants_to_pay_offline(rudo))
    assert Payment.objects.get() == payment
    assert "0042" in said
    assert "send a photo or PDF" in said


def test_i_have_paid_says_that_a_slip_is_needed_and_then_that_it_is_checked(
    rudo: Chatter, tasks: Tasks, graph: GraphSimulator
) -> None:
    pay_by_transfer(rudo, tasks)
    assert "send a photo or PDF" in words(rudo.says("I have paid"))
    rudo.sends(IncomingKind.IMAGE, media_id=at_whatsapp(graph, photo()))
    work_files(tasks)
    assert "a person is checking it" in words(rudo.says("I have paid"))


# --- The slip -------------------------------------------------------------------------------------
def work_files(tasks: Tasks) -> None:
    """What the clock does about files."""
    handle_due()
    tasks.work()


def test_a_slip_hangs_on_the_payment_and_its_approval_is_told_once(rudo: Chatter, tasks: Tasks, graph: GraphSimulator) -> None:
    payment = pay_by_transfer(rudo, tasks)
    rudo.sends(IncomingKind.IMAGE, media_id=at_whatsapp(graph, photo()))
    work_files(tasks)
    proof = Proof.objects.get()
    assert proof.payment == payment
    assert "it is being checked" in rudo.heard[-1].body
    supervisor: Any = get_user_model().objects.create_user("supervisor")
    approve(proof, amount=payment.amount, reference="FT123", user=supervisor)
    tasks.work()
    payment.refresh_from_db()
    assert payment.status == Status.SUCCESSFUL
    receipts = [message for message in rudo.heard if "Receipt" in message.body and not isinstance(message, Buttons | ListMenu)]
    assert len([message for message in receipts if "Amount" in message.body]) == 1
