"""Back and forth, double taps, old buttons, the last seat, a person, stop and start: the talk beside the straight way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Departure, SeatHold
from customer_data.seats import hold_seats
from customer_data.tests import make
from flows.incoming import IncomingKind
from flows.models import Conversation
from flows.tests.talks import Chatter, at, choices_on, live_holds, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


# --- Back and forth -------------------------------------------------------------------------------
def test_back_asks_the_question_before_and_menu_shows_everything() -> None:
    chatter = at("travellers")
    assert "Which date" in words(chatter.says("back"))
    assert "Which trip" in words(chatter.says("BACK!"))
    assert "How can we help" in words(chatter.says("back"))
    assert "How can we help" in words(chatter.says("back"))


def test_another_date_gives_the_old_seats_back() -> None:
    chatter = at("summary")
    first, second = Departure.objects.order_by("starts_on")
    assert live_holds() == [(first.pk, 2)]
    chatter.taps("Change the date")
    assert live_holds() == []
    chatter.taps("4 seats free")
    chatter.says("3")
    assert live_holds() == [(second.pk, 3)]
    chatter.taps("Rudo") if any(choice.title == "Rudo Moyo" for choice in choices_on(chatter.heard[-1])) else chatter.says(
        "Rudo Moyo"
    )
    summary = words(chatter.says("skip"))
    assert second.date_shown in summary
    assert "US$ 346.50" in summary


@pytest.mark.parametrize("step", ["travellers", "name", "email", "summary"])
def test_another_date_can_be_typed_at_any_step(step: str) -> None:
    chatter = at(step)
    second = Departure.objects.order_by("starts_on")[1]
    assert f"How many of you travel on {second.date_shown}?" in words(chatter.says(f"{second.starts_on:%d %b}"))
    assert live_holds() == []


def test_a_typed_date_that_is_not_free_leads_to_the_free_ones() -> None:
    said = words(at("summary").says(f"{Departure.objects.order_by('starts_on')[1].starts_on + timedelta(days=1):%d %B}"))
    assert "no trip on that date" in said
    assert "Which date would you like?" in said


def test_a_booking_left_for_the_menu_can_be_gone_on_with() -> None:
    chatter = at("email")
    menu = chatter.says("menu")
    assert "Continue my booking" in [choice.title for choice in choices_on(menu[-1])]
    assert "e-mail" in words(chatter.taps("Continue my booking"))
    assert len(live_holds()) == 1


def test_back_after_the_booking_is_made_does_not_open_it_again() -> None:
    chatter = at("ask_payment_option")
    assert "How can we help" in words(chatter.says("back"))
    assert len(live_holds()) == 1


# --- Double taps and old buttons ------------------------------------------------------------------
def test_a_double_tap_on_book_it_makes_one_booking_and_says_so() -> None:
    chatter = at("summary")
    book = chatter.choice("Book it")
    chatter.taps_id(book.id)
    again = words(chatter.taps_id(book.id))
    assert "We have that already" in again
    assert "How would you like to pay?" in again
    assert Booking.objects.count() == 1


def test_a_double_tap_on_a_number_keeps_one_hold() -> None:
    chatter = at("travellers")
    two = chatter.choice("2")
    chatter.taps_id(two.id)
    assert "In which name" in words(chatter.taps_id(two.id))
    assert SeatHold.objects.count() == 1


def test_an_entry_of_the_menu_works_again_later() -> None:
    booking = make.booking()
    chatter = Chatter(customer=booking.customer)
    chatter.says("menu")
    entry = chatter.choice("My bookings")
    chatter.taps_id(entry.id)
    chatter.taps(booking.booking_reference)
    assert "Tap one" in words(chatter.taps_id(entry.id))


def test_an_earlier_date_tapped_late_is_taken_anew() -> None:
    chatter = at("name")
    second = Departure.objects.order_by("starts_on")[1]
    said = words(chatter.taps("4 seats free"))
    assert f"travel on {second.date_shown}" in said
    assert live_holds() == []


def test_a_button_of_a_finished_booking_explains_itself() -> None:
    chatter = at("ask_payment_option")
    said = words(chatter.taps_id("step/travellers/3/1"))
    assert "belongs to an earlier booking" in said
    assert "How would you like to pay?" in said


def test_a_date_of_the_list_tapped_after_the_booking_begins_another_one() -> None:
    chatter = at("ask_payment_option")
    assert "How many of you travel" in words(chatter.taps("4 seats free"))
    chatter.says("1")
    assert len(live_holds()) == 2


@pytest.mark.parametrize("button", ["step/gone/1", "do/gone/1", "anything", "step//", "do/make_booking/", "do/hold_seats/9"])
def test_a_button_from_last_month_explains_itself(button: str) -> None:
    chatter = at("date")
    said = words(chatter.taps_id(button))
    assert "does not work any more" in said
    assert "Which date" in said


def test_an_old_choice_of_how_to_pay_is_about_its_own_booking() -> None:
    chatter = at("ask_payment_option")
    old, first = chatter.choice("Pay in full"), Booking.objects.get()
    other = make.booking("99.00", customer=chatter.customer)
    Conversation.objects.update(step="booking", answers={"booking": other.booking_reference})
    chatter.taps_id(old.id)
    assert chatter.talk.answers["booking"] == first.booking_reference
    assert chatter.step == "who_pays"


def test_somebody_elses_booking_on_a_button_is_not_opened() -> None:
    chatter = at("ask_payment_option")
    foreign = make.booking("99.00")
    said = words(chatter.taps_id(f"step/ask_payment_option/full/{foreign.booking_reference}"))
    assert foreign.booking_reference not in said
    assert chatter.talk.answers["booking"] == Booking.objects.get(customer=chatter.customer).booking_reference


# --- Seats ----------------------------------------------------------------------------------------
def test_the_last_seat_goes_to_somebody_else_while_the_customer_types() -> None:
    chatter = at("travellers", seats=(2, 4))
    hold_seats(Departure.objects.order_by("starts_on")[0], make.customer(), 2)
    said = words(chatter.says("2"))
    assert "are taken" in said
    assert chatter.step == "date"
    assert "4 seats free" in [choice.description for choice in choices_on(chatter.heard[-1])]


def test_one_seat_less_than_wanted_is_said_with_the_number_that_is_left() -> None:
    chatter = at("travellers", seats=(2, 4))
    hold_seats(Departure.objects.order_by("starts_on")[0], make.customer(), 1)
    said = words(chatter.says("2"))
    assert "only 1 seat is left" in said
    assert chatter.step == "travellers"


def test_seats_that_ran_out_and_are_gone_lead_to_other_dates() -> None:
    chatter = at("email", seats=(2, 4))
    SeatHold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    hold_seats(Departure.objects.order_by("starts_on")[0], make.customer(), 2)
    said = words(chatter.says("skip"))
    assert "time for which your seats were held is over" in said
    assert chatter.step == "date"


def test_seats_that_ran_out_but_are_still_free_are_taken_again() -> None:
    chatter = at("summary")
    SeatHold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "*Booked.*" in words(chatter.taps("Book it"))


def test_seats_gone_at_the_last_tap_make_no_booking() -> None:
    chatter = at("summary", seats=(2, 4))
    SeatHold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    hold_seats(Departure.objects.order_by("starts_on")[0], make.customer(), 2)
    assert "All seats" in words(chatter.taps("Book it"))
    assert not Booking.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_type_the_number_at_once_do_not_both_get_the_last_seats(at_once: Callable[..., list[Any]]) -> None:
    tour(seats=(2,))
    both = [Chatter(), Chatter()]
    for chatter in both:
        for word in ("book", "1", "1"):
            chatter.says(word)
    at_once(*(lambda chatter=chatter: chatter.says("2") for chatter in both))
    assert sorted(chatter.step for chatter in both) in (["name", "tour"], ["date", "name"])
    assert live_holds() == [(Departure.objects.get().pk, 2)]


# --- A person -------------------------------------------------------------------------------------
def test_a_person_is_asked_for_and_the_machine_is_quiet_until_menu() -> None:
    chatter = at("email")
    assert "A person of our office" in words(chatter.says("munhu"))
    assert Concern.objects.get(kind=ConcernKind.WANTS_PERSON).customer == chatter.customer
    assert "kept your message" in words(chatter.says("Can my son have a window seat?"))
    assert chatter.says("Hello??") == []
    assert "back with our booking service" in words(chatter.says("Menu."))
    assert chatter.talk.wants_person_since is None


def test_while_a_person_answers_only_menu_stop_and_payments_are_the_machines() -> None:
    chatter = at("date")
    Conversation.objects.update(taken_by=make.staff())
    assert chatter.says("4 seats please") == []
    assert "A person answers you here now" in words(chatter.taps("4 seats free"))
    assert "no more reminders" in words(chatter.says("stop"))
    assert chatter.sends(IncomingKind.VOICE) == []
    assert chatter.taps_id("do/pay_balance/")
    assert "How can we help" in words(chatter.says("menu"))
    assert chatter.talk.taken_by is None


def test_three_answers_that_are_not_understood_offer_a_person() -> None:
    chatter = at("tour")
    said = [words(chatter.says("blah blah")) for _ in range(3)]
    assert ["agent*" in each.split("Which trip")[0] for each in said] == [False, False, True]
    chatter.taps("Victoria")
    assert "agent*" not in words(chatter.says("blah blah")).split("Which date")[0]


def test_handed_back_by_staff_the_talk_goes_on_where_it_was() -> None:
    chatter = at("email")
    chatter.says("agent")
    Conversation.objects.update(wants_person_since=None)
    assert "held for you until" in words(chatter.says("rudo@example.com"))
    assert chatter.talk.wants_person_since is None


# --- Stop and start -------------------------------------------------------------------------------
@pytest.mark.parametrize("word", ["STOP", "stop.", " Misa ", "Stop 🛑", "unsubscribe"])
def test_stop_is_heard_and_start_undoes_it(word: str) -> None:
    chatter = at("date")
    assert "no more reminders" in words(chatter.says(word))
    assert chatter.talk.muted_at is not None
    assert chatter.step == "date"
    assert "reminders again" in words(chatter.says("start"))
    assert chatter.talk.muted_at is None


# --- What is said again --------------------------------------------------------------------------
def test_a_step_that_is_repeated_does_not_greet_and_explain_once_more() -> None:
    chatter = at("date")
    assert "for each traveller" in words(chatter.heard[-1:])
    assert "for each traveller" not in words(chatter.says("30 Feb"))
    assert "Hello" in words(chatter.says("menu"))
    assert "Hello" not in words(chatter.says("qwertz"))


# --- What is neither tapped nor typed -------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "expected"),
    [(IncomingKind.VOICE, "voice messages"), (IncomingKind.VIDEO, "videos"), (IncomingKind.LOCATION, "location")],
)
def test_what_we_cannot_read_is_answered_with_what_we_can(kind: IncomingKind, expected: str) -> None:
    chatter = at("date")
    said = words(chatter.sends(kind))
    assert expected in said
    assert "Which date" in said
