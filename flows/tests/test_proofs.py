"""A photo, a PDF or a wallet's SMS in the chat: kept for a person to check, for the right booking, and never taken for money."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Payment, PaymentEvent, Proof
from customer_data.status import Status
from customer_data.tests import make
from flows import proofs
from flows.buttons import action_id
from flows.incoming import IncomingKind
from flows.models import SentFile
from flows.outgoing import ListMenu
from flows.tests.slip_files import sent_file
from flows.tests.talks import Chatter, at, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

FORWARDED = "Transfer Confirmation: USD 231.00 sent to SUNRISE TOURS Approval Code: PP260916.1347.T4051947 New balance: USD 0.00"


def somebody(*, bookings: int = 1) -> Chatter:
    """A customer with so many bookings to pay."""
    chatter = Chatter(customer=make.customer())
    for _ in range(bookings):
        make.booking(customer=chatter.customer)
    return chatter


def the_file() -> SentFile:
    return SentFile.objects.get()


# --- Photos and PDFs ------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [IncomingKind.IMAGE, IncomingKind.DOCUMENT])
def test_a_file_of_who_has_one_booking_to_pay_is_for_that_booking(kind: IncomingKind) -> None:
    chatter = somebody()
    said = chatter.sends(kind, media_id="77", text="Here it is")
    sent = the_file()
    assert said == []  # it is answered when it is kept, by the task that fetches it
    assert (sent.media_id, sent.caption, sent.outcome) == ("77", "Here it is", "waiting")
    assert sent.booking == Booking.objects.get()
    assert sent.next_try_at is not None


def test_a_file_is_for_the_booking_whose_transfer_is_waited_for() -> None:
    chatter = somebody(bookings=3)
    wanted = Booking.objects.order_by("pk")[1]
    chatter.taps_id(action_id("pay_offline", wanted.booking_reference))
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking == wanted


def test_a_file_is_for_the_open_payment_where_nothing_else_is_said() -> None:
    chatter = somebody(bookings=3)
    wanted = Booking.objects.order_by("pk")[2]
    make.payment(Status.PENDING, booking=wanted)
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking == wanted


def test_with_several_bookings_nothing_is_guessed() -> None:
    chatter = somebody(bookings=2)
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking is None


def test_a_file_leaves_the_talk_where_it_stands() -> None:
    chatter = at("travellers")
    assert chatter.sends(IncomingKind.IMAGE, media_id="77") == []
    assert chatter.step == "travellers"
    assert "In which name" in words(chatter.says("2"))


def test_a_paid_booking_waits_for_no_slip() -> None:
    chatter = somebody()
    booking = Booking.objects.get()
    chatter.taps_id(action_id("pay_offline", booking.booking_reference))
    make.payment(Status.SUCCESSFUL, booking=booking)
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking is None


def test_the_same_message_again_is_one_file() -> None:
    chatter = somebody()
    for _ in range(2):
        chatter.sends(IncomingKind.IMAGE, media_id="77", wamid="wamid.same")
    assert SentFile.objects.count() == 1


def test_nobody_fills_our_store_through_the_chat() -> None:
    chatter = somebody()
    for _ in range(proofs.MOST_A_DAY):
        sent_file(chatter.customer, "77")
    assert "as many files as we can take" in words(chatter.sends(IncomingKind.IMAGE, media_id="78"))
    assert SentFile.objects.count() == proofs.MOST_A_DAY
    SentFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert chatter.sends(IncomingKind.IMAGE, media_id="79") == []


def test_while_a_person_answers_a_photo_is_for_the_person() -> None:
    chatter = somebody()
    chatter.says("agent")
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert not SentFile.objects.exists()


def test_a_slip_that_is_waited_for_is_kept_also_while_a_person_answers() -> None:
    chatter = somebody()
    chatter.taps_id(action_id("pay_offline", Booking.objects.get().booking_reference))
    chatter.says("agent")
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking == Booking.objects.get()


# --- Forwarded messages ---------------------------------------------------------------------------
def test_a_wallets_message_is_kept_with_what_it_claims_and_pays_nothing() -> None:
    chatter = somebody()
    said = words(chatter.says(FORWARDED))
    proof = Proof.objects.get()
    assert (proof.kind, proof.status, proof.claimed_reference, str(proof.claimed_amount)) == (
        "message",
        "waiting",
        "PP2609161347T4051947",
        "231.00",
    )
    booking = Booking.objects.get()
    assert proof.booking == booking
    assert "it is being checked" in said
    assert "Nothing is booked as paid until the money is there" in said
    assert booking.amount_paid == 0
    assert not Payment.objects.exists()


def test_a_wallets_message_has_the_wallet_asked_where_a_request_is_open() -> None:
    chatter = somebody()
    payment = make.payment(Status.PENDING, booking=Booking.objects.get())
    said = words(chatter.says(FORWARDED))
    assert "We are asking" in said
    question = PaymentEvent.objects.get(payment=payment, details__answer_to=chatter.customer.pk)
    assert "forwarded" in question.reason
    payment.refresh_from_db()
    assert payment.status == Status.PENDING


def test_a_wallets_message_is_no_answer_to_a_question_and_the_talk_stays() -> None:
    chatter = at("name")
    said = words(chatter.says(FORWARDED))
    assert chatter.step == "name"
    assert "find no booking" in said
    assert Concern.objects.filter(kind=ConcernKind.UNMATCHED_PROOF, proof=Proof.objects.get()).exists()


def test_the_same_message_forwarded_twice_is_doubted() -> None:
    chatter, other = somebody(), somebody()
    chatter.says(FORWARDED)
    other.says(FORWARDED)
    assert Proof.objects.count() == 2
    assert Concern.objects.filter(kind=ConcernKind.PROOF_DOUBTED).exists()


@pytest.mark.parametrize("text", ["I have paid", "menu", "PP260916", "Approval code please", "Dec 12", "0771234567"])
def test_ordinary_words_are_no_proof(text: str) -> None:
    assert somebody().says(text)
    assert not Proof.objects.exists()


# --- Which booking --------------------------------------------------------------------------------
def test_the_customer_says_which_booking_a_slip_is_for() -> None:
    chatter = somebody(bookings=2)
    (asked,) = chatter.says(FORWARDED)
    assert isinstance(asked, ListMenu)
    wanted = Booking.objects.order_by("pk")[1]
    said = words(chatter.taps(wanted.booking_reference))
    assert f"Received for booking {wanted.booking_reference}" in said
    assert Proof.objects.get().booking == wanted
    assert not Concern.objects.filter(kind=ConcernKind.UNMATCHED_PROOF, solved_at=None).exists()


def test_which_booking_is_said_once() -> None:
    chatter = somebody(bookings=2)
    chatter.says(FORWARDED)
    first, second = Booking.objects.order_by("pk")
    chatter.taps(first.booking_reference)
    assert f"is with booking {first.booking_reference} already" in words(chatter.taps(second.booking_reference))
    assert f"Received for booking {first.booking_reference}" in words(chatter.taps(first.booking_reference))
    assert Proof.objects.get().booking == first


@pytest.mark.parametrize("number", ["", "0", "999999", "x", "-1", "1" * 30, "\u0661"])
def test_a_slip_that_is_nobodys_is_not_found(number: str) -> None:
    chatter = somebody()
    booking = Booking.objects.get()
    assert "do not find" in words(chatter.taps_id(action_id("slip_for", f"{booking.booking_reference}/{number}")))


def test_somebody_elses_slip_or_booking_is_not_found() -> None:
    chatter, thief = somebody(bookings=2), somebody(bookings=1)
    chatter.says(FORWARDED)
    proof = Proof.objects.get()
    own = Booking.objects.get(customer=thief.customer)
    others = Booking.objects.filter(customer=chatter.customer)[0]
    for reference, who in ((own, thief), (others, thief), (own, chatter)):
        said = words(who.taps_id(action_id("slip_for", f"{reference.booking_reference}/{proof.pk}")))
        assert "do not find" in said
    proof.refresh_from_db()
    assert proof.booking is None


# --- Another slip ---------------------------------------------------------------------------------
def test_another_slip_can_be_sent_after_one_was_turned_down() -> None:
    chatter = somebody(bookings=2)
    wanted = Booking.objects.order_by("pk")[1]
    assert "Send a photo or PDF" in words(chatter.taps_id(action_id("send_slip", wanted.booking_reference)))
    chatter.sends(IncomingKind.IMAGE, media_id="77")
    assert the_file().booking == wanted
