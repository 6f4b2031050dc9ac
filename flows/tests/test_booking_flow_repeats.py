"""Everything that comes twice, late, at once or not at all: seats are held once, one booking is made, nothing is lost."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from customer_data.models import Booking, SeatHold
from customer_data.tests import make
from flows import tokens
from flows.crypto import public_key_pem
from flows.definitions import PAYMENT_FLOW
from flows.definitions.booking_whatsapp_flow import BOOK, CONTACT, DATE, SUMMARY, TOUR, TRAVELLERS
from flows.keys import private_keys
from flows.models import FlowSession
from flows.simulator.envelope import open_answer, seal
from flows.tests import customers
from flows.tests.travellers import (
    a_departure,
    a_phone,
    asked,
    at_contact,
    at_summary,
    at_travellers,
    phone_with,
    post,
    seats_taken,
    session_of,
    somebody_takes,
    token_of,
)

AtOnce = Callable[..., list[Any]]
pytestmark = pytest.mark.django_db


# --- Twice ----------------------------------------------------------------------------------------
def test_a_double_tap_on_the_number_holds_the_seats_once() -> None:
    departure, phone = a_departure(seats=2), a_phone()
    first = at_contact(phone, departure, travellers=2)
    again = phone.again()
    assert (again.screen, again.data["hold"]) == (CONTACT, first.data["hold"])
    assert (seats_taken(departure), SeatHold.objects.count()) == (2, 1)


def test_a_double_tap_on_book_makes_one_booking_and_completes_alike() -> None:
    departure, token = a_departure(), token_of()
    shown = at_summary(phone_with(token), departure)
    first, again = (asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK) for _ in range(2))
    assert first == again
    assert (Booking.objects.count(), seats_taken(departure)) == (1, 2)


def test_an_answer_that_was_lost_is_given_again_for_ten_minutes() -> None:
    departure, token = a_departure(), token_of()
    shown = at_summary(phone_with(token), departure)
    asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK)
    FlowSession.objects.update(spent_at=timezone.now() - timedelta(minutes=11))
    late = asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK)
    assert late.status == 427
    assert Booking.objects.get().booking_reference in late.payload["error_msg"]


def test_a_repeated_init_shows_the_start_and_keeps_what_is_held() -> None:
    departure, token = a_departure(), token_of()
    at_contact(phone_with(token), departure)
    opened_at = session_of(token).opened_at
    shown = phone_with(token).open()
    assert (shown.screen, shown.typed["tour"]) == (TOUR, str(departure.tour_id))
    assert seats_taken(departure) == 2
    assert session_of(token).opened_at == opened_at


def test_a_customer_who_opens_it_again_gets_the_same_seats_and_the_name_back() -> None:
    departure, token = a_departure(seats=2), token_of()
    at_summary(phone_with(token), departure, travellers=2)
    phone = phone_with(token)
    assert at_travellers(phone, departure).typed == {"travellers": "2"}
    assert phone.submit().typed == {"name": "Rudo Moyo", "email": "rudo@example.com"}
    assert seats_taken(departure) == 2


def test_going_back_again_and_again_changes_nothing() -> None:
    departure, token = a_departure(), token_of()
    phone = phone_with(token)
    at_contact(phone, departure)
    before = session_of(token).typed
    for screen in (CONTACT, SUMMARY, TRAVELLERS, "", "NOWHERE") * 2:
        assert asked(token, screen, "BACK").status == 200
    assert (session_of(token).typed, seats_taken(departure)) == (before, 2)


def test_a_late_copy_of_an_earlier_choice_does_not_book_what_the_customer_did_not_see() -> None:
    departure, token = a_departure(seats=4), token_of()
    phone = phone_with(token)
    at_travellers(phone, departure)
    asked(token, TRAVELLERS, departure=str(departure.pk), travellers="1")
    phone.submit(travellers="3")
    shown = phone.submit(name="Rudo Moyo")
    asked(token, TRAVELLERS, departure=str(departure.pk), travellers="1")  # the copy that was late
    again = phone.submit()
    assert (again.screen, again.data["price"]) == (SUMMARY, "1 traveller · US$ 231.00")
    assert again.data["hold"] != shown.data["hold"]
    assert not Booking.objects.exists()


def test_after_the_booking_the_form_opens_nothing_and_says_where_to_go_on() -> None:
    departure, token = a_departure(), token_of()
    phone = phone_with(token)
    at_summary(phone, departure)
    phone.submit()
    again = phone_with(token)
    assert "my bookings" in again.open().snackbar
    assert again.is_disabled
    assert asked(token, TRAVELLERS, departure=str(departure.pk), travellers="1").status == 427
    assert (seats_taken(departure), SeatHold.objects.count()) == (2, 1)


# --- At once --------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_book_delivered_twice_at_once_makes_one_booking(at_once: AtOnce) -> None:
    departure, token = a_departure(), token_of()
    shown = at_summary(phone_with(token), departure)
    answers = at_once(*[lambda: asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK)] * 2)
    assert answers[0] == answers[1]
    assert answers[0].payload["screen"] == "SUCCESS"
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_goes_to_one_of_two_customers(at_once: AtOnce) -> None:
    departure = a_departure(seats=1)
    a_departure(departure.tour, days=20)
    choices = [partial(asked, token_of(), TRAVELLERS, departure=str(departure.pk), travellers="1") for _ in range(2)]
    screens = sorted(answer.payload["screen"] for answer in at_once(*choices))
    assert screens == [CONTACT, DATE]
    assert seats_taken(departure) == 1


@pytest.mark.django_db(transaction=True)
def test_a_choice_that_waits_while_it_is_booked_holds_nothing_more(at_once: AtOnce) -> None:
    departure, token = a_departure(seats=4), token_of()
    shown = at_summary(phone_with(token), departure, travellers=2)
    at_once(
        lambda: asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK),
        lambda: asked(token, TRAVELLERS, departure=str(departure.pk), travellers="2"),
    )
    assert (Booking.objects.count(), seats_taken(departure)) == (1, 2)


def test_a_request_let_in_just_before_the_booking_finds_the_form_used(monkeypatch: pytest.MonkeyPatch) -> None:
    departure, token = a_departure(seats=4), token_of()
    shown = at_summary(phone_with(token), departure, travellers=2)
    let_in = session_of(token)
    asked(token, SUMMARY, hold=shown.data["hold"], next=BOOK)
    monkeypatch.setattr(tokens, "redeem", lambda token, flow_name: let_in)
    assert asked(token, TRAVELLERS, departure=str(departure.pk), travellers="1").status == 427
    assert asked(token, CONTACT, name="Somebody else").status == 427
    assert seats_taken(departure) == 2


# --- The manners of the door ----------------------------------------------------------------------
def sealed_answer(request: dict[str, Any], *, secret: str = "") -> tuple[int, Any]:
    key, app_secret = public_key_pem(private_keys()[0]), secret or settings.WHATSAPP_APP_SECRET[0]
    envelope = seal(request, public_key=key, app_secret=app_secret)
    status, body = post(envelope.body, {"X-Hub-Signature-256": envelope.signature})
    return status, open_answer(body, envelope) if status in (200, 427) else body


def test_a_ping_and_an_error_notice_are_answered() -> None:
    assert sealed_answer({"version": "3.0", "action": "ping"}) == (200, {"data": {"status": "active"}})
    assert a_phone().error_notice().data == {"acknowledged": True}


def test_what_is_not_signed_is_432_and_what_cannot_be_read_is_421() -> None:
    assert sealed_answer({"version": "3.0", "action": "ping"}, secret="not ours")[0] == 432
    assert customers.post(b"{}", {})[0] == 432


def test_a_payment_form_does_not_open_the_booking_form_nor_the_other_way_round() -> None:
    a_departure()
    token, _ = tokens.issue(make.booking())
    assert asked(token, action="INIT").status == 427
    assert customers.asked(token_of(), action="INIT", screen="").status == 427
    assert session_of(token).flow_name == PAYMENT_FLOW


@pytest.mark.parametrize("token", ["", "unused", "a" * 43])
def test_an_unknown_token_is_427_with_a_sentence(token: str) -> None:
    assert asked(token, action="INIT").status == 427


def test_an_expired_form_is_427_and_its_seats_run_out_by_themselves() -> None:
    token = token_of()
    at_contact(phone_with(token), a_departure())
    FlowSession.objects.update(expires_at=timezone.now())
    assert "expired" in asked(token, CONTACT, name="Rudo").payload["error_msg"]


def test_names_that_come_without_any_seats_lead_to_the_start() -> None:
    a_departure()
    for screen in (CONTACT, SUMMARY):
        assert asked(token_of(), screen, name="Rudo", hold="1", next=BOOK).payload["screen"] == TOUR


def test_a_trip_that_is_no_longer_offered_is_not_booked() -> None:
    departure, token = a_departure(), token_of()
    departure.tour.is_offered = False
    departure.tour.save()
    assert asked(token, TRAVELLERS, departure=str(departure.pk), travellers="1").status == 427
    assert seats_taken(departure) == 0


def test_somebody_elses_hold_cannot_be_booked() -> None:
    departure, token = a_departure(seats=4), token_of()
    theirs = somebody_takes(departure, 1)
    at_summary(phone_with(token), departure, travellers=2)
    shown = asked(token, SUMMARY, hold=str(theirs.pk), next=BOOK)
    assert shown.payload["screen"] == SUMMARY
    assert not Booking.objects.exists()
