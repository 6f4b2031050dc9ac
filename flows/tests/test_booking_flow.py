"""Booking in the form: what each screen shows, what is held, what is booked, and what is refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from customer_data.models import Booking
from customer_data.tests import make
from flows.definitions.booking_whatsapp_flow import BOOK, CONTACT, DATE, SUMMARY, TOUR, TRAVELLERS
from flows.tests.travellers import (
    a_departure,
    a_phone,
    a_tour,
    asked,
    at_contact,
    at_summary,
    at_travellers,
    in_days,
    phone_with,
    run_out,
    seats_taken,
    session_of,
    somebody_takes,
    token_of,
)

pytestmark = pytest.mark.django_db


# --- From the first screen to the last ------------------------------------------------------------
def test_a_trip_is_booked_from_the_first_screen_to_the_last() -> None:
    customer = make.customer(name="", email="")
    departure, token = a_departure(seats=4), token_of(customer)
    phone = phone_with(token)
    at_summary(phone, departure, travellers=2)
    done = phone.submit()
    booking = Booking.objects.get()
    assert done.completion == {"flow_token": token, "booking_reference": booking.booking_reference, "status": "unpaid"}
    assert (booking.customer, booking.departure, booking.travellers, booking.total_amount) == (
        customer,
        departure,
        2,
        Decimal("462.00"),
    )
    assert session_of(token).booking == booking
    assert seats_taken(departure) == 2
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Rudo Moyo", "rudo@example.com")


def test_the_trips_are_shown_with_their_price_and_only_those_with_free_seats() -> None:
    a_departure(a_tour("Hwange", price="845.00", summary="Three days in the park"))
    a_tour("Mana Pools")  # without a date
    a_departure(a_tour("Matobo", is_offered=False))
    somebody_takes(a_departure(a_tour("Kariba"), seats=2), 2)
    shown = a_phone().open()
    assert [(tour["title"], tour["description"]) for tour in shown.data["tours"]] == [
        ("Hwange", "Three days in the park · US$ 845.00 for each traveller")
    ]


def test_the_picker_has_the_free_dates_and_no_others() -> None:
    tour = a_tour()
    for days in (10, 14, 17):
        a_departure(tour, days=days)
    a_departure(tour, days=-3)
    somebody_takes(a_departure(tour, days=12, seats=1), 1)
    phone = a_phone()
    phone.open()
    shown = phone.submit(tour=str(tour.pk))
    assert (shown.screen, shown.data["min_date"], shown.data["max_date"]) == (DATE, str(in_days(10)), str(in_days(17)))
    grey = [date.fromisoformat(day) for day in shown.data["unavailable_dates"]]
    assert grey == [in_days(days) for days in (11, 12, 13, 15, 16)]
    assert shown.data["free"].count("(4)") == 3


def test_no_more_travellers_are_offered_than_seats_are_free_or_one_booking_takes() -> None:
    few = at_travellers(a_phone(), a_departure(a_tour("Hwange"), seats=3))
    assert [number["id"] for number in few.data["numbers"]] == ["1", "2", "3"]
    assert few.data["seats_left"] == "3 seats are free."
    many = at_travellers(a_phone(), a_departure(a_tour("Kariba", most_travellers=2), seats=30))
    assert [number["description"] for number in many.data["numbers"]] == ["US$ 231.00", "US$ 462.00"]
    assert "larger group" in many.data["seats_left"]


def test_the_summary_says_price_deposit_and_until_when_the_seats_are_held() -> None:
    departure = a_departure(a_tour(price="845.00", deposit_percent=Decimal(25)))
    shown = at_summary(a_phone(), departure, travellers=2)
    assert shown.data["price"] == "2 travellers · US$ 1,690.00"
    assert "US$ 422.50" in shown.data["terms"]
    assert shown.data["held"].startswith("2 seats are held for you until ")
    assert shown.data["who"] == "Rudo Moyo · rudo@example.com"
    assert f"{departure.starts_on:%A}" in shown.data["trip"]


def test_a_trip_without_deposit_or_in_zig_is_priced_as_such() -> None:
    departure = a_departure(a_tour(price="3080.00", currency="ZWG", deposit_percent=Decimal(0)))
    shown = at_summary(a_phone(), departure, travellers=1)
    assert shown.data["price"] == "1 traveller · ZiG 3,080.00"
    assert "deposit" not in shown.data["terms"]


def test_twenty_trips_are_buttons_and_more_are_a_list() -> None:
    tours = [a_departure(a_tour(f"Trip {number}")).tour for number in range(21)]
    phone = a_phone()
    assert not phone.open().data["are_few"]
    assert phone.submit(tour_in_list=str(tours[20].pk)).screen == DATE
    tours[0].departures.all().delete()
    assert a_phone().open().data["are_few"]


def test_with_nothing_to_book_the_button_goes_grey_with_a_sentence() -> None:
    phone = a_phone()
    assert phone.open().snackbar.startswith("There is no trip with free seats")
    assert phone.is_disabled


def test_what_we_know_of_the_customer_is_filled_in() -> None:
    shown = at_contact(a_phone(make.customer(name="Tariro Ncube", email="tariro@example.com")), a_departure())
    assert shown.typed == {"name": "Tariro Ncube", "email": "tariro@example.com"}


# --- What is typed --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name": " \t ", "email": ""}, "name"), ({"name": "Rudo", "email": "rudo at example"}, "email")],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(typed: dict[str, str], field: str) -> None:
    phone, departure = a_phone(make.customer(name="", email="")), a_departure()
    held = at_contact(phone, departure).data["hold"]
    shown = phone.tap({"hold": held, **typed})
    assert (shown.screen, list(shown.data["error_messages"])) == (CONTACT, [field])
    assert shown.snackbar


def test_an_address_may_be_left_out() -> None:
    phone = a_phone(make.customer(email=""))
    at_contact(phone, a_departure())
    assert phone.submit(name="Rudo Moyo").data["who"] == "Rudo Moyo"


@pytest.mark.parametrize("date_typed", ["2020-01-01", "tomorrow", "", None, 7])
def test_a_date_that_has_no_seats_is_asked_again(date_typed: Any) -> None:
    tour, token = a_departure().tour, token_of()
    again = asked(token, DATE, tour=str(tour.pk), date=date_typed).payload
    assert (again["screen"], again["data"]["notice"]) == (DATE, "There are no free seats on this date. Please choose another one.")


@pytest.mark.parametrize("number", ["0", "13", "-1", "2.5", "٣", "many", None, "9" * 40])
def test_a_number_that_was_not_offered_holds_nothing(number: Any) -> None:
    departure, token = a_departure(seats=20), token_of()
    again = asked(token, TRAVELLERS, departure=str(departure.pk), travellers=number).payload
    assert again["screen"] == TRAVELLERS
    assert seats_taken(departure) == 0


def test_the_price_is_never_taken_from_the_phone() -> None:
    departure, token = a_departure(), token_of()
    phone = phone_with(token)
    shown = at_summary(phone, departure)
    phone.tap({"hold": shown.data["hold"], "next": BOOK, "price": "1.00", "total_amount": 1})
    assert Booking.objects.get().total_amount == Decimal("462.00")


# --- Somebody else was faster ---------------------------------------------------------------------
def test_seats_that_go_meanwhile_are_said_on_the_same_screen() -> None:
    departure, phone = a_departure(seats=4), a_phone()
    at_travellers(phone, departure)
    somebody_takes(departure, 3)
    shown = phone.submit(travellers="2")
    assert shown.screen == TRAVELLERS
    assert shown.snackbar == shown.data["notice"] != ""
    assert [number["id"] for number in shown.data["numbers"]] == ["1"]
    assert phone.submit(travellers="1").screen == CONTACT


def test_when_the_last_seat_goes_the_other_dates_are_shown() -> None:
    tour = a_tour()
    departure, other, phone = a_departure(tour, seats=2), a_departure(tour, days=20), a_phone()
    at_travellers(phone, departure)
    somebody_takes(departure, 2)
    shown = phone.submit(travellers="1")
    assert (shown.screen, shown.data["min_date"]) == (DATE, other.starts_on.isoformat())
    assert shown.snackbar
    phone.submit(date=other.starts_on.isoformat())
    assert phone.submit(travellers="1").screen == CONTACT


def test_when_the_last_date_goes_the_other_trips_are_shown() -> None:
    departure, phone = a_departure(seats=2), a_phone()
    a_departure(a_tour("Hwange"))
    at_travellers(phone, departure)
    somebody_takes(departure, 2)
    shown = phone.submit(travellers="1")
    assert (shown.screen, [tour["title"] for tour in shown.data["tours"]]) == (TOUR, ["Hwange"])
    assert shown.snackbar == "Victoria Falls is sold out. Please choose another trip."


def test_seats_whose_time_ran_out_are_held_anew_while_they_are_free() -> None:
    departure, phone = a_departure(), a_phone()
    at_summary(phone, departure)
    run_out(departure)
    assert seats_taken(departure) == 0
    assert phone.submit().completion is not None
    assert seats_taken(departure) == 2


@pytest.mark.parametrize("left", [0, 1])
def test_seats_that_went_after_their_time_ran_out_are_not_booked(left: int) -> None:
    tour = a_tour()
    departure, phone = a_departure(tour, seats=2), a_phone()
    a_departure(tour, days=20)
    at_summary(phone, departure)
    run_out(departure)
    somebody_takes(departure, 2 - left)
    shown = phone.submit()
    assert shown.screen == (TRAVELLERS if left else DATE)
    assert shown.snackbar
    assert not Booking.objects.exists()


def test_seats_that_went_while_the_name_was_typed_are_said_at_once() -> None:
    tour = a_tour()
    departure, phone = a_departure(tour, seats=2), a_phone()
    a_departure(tour, days=20)
    at_contact(phone, departure)
    run_out(departure)
    somebody_takes(departure, 2)
    shown = phone.submit(name="Rudo Moyo")
    assert (shown.screen, shown.snackbar != "") == (DATE, True)


def test_a_date_that_staff_close_meanwhile_is_not_held() -> None:
    departure, phone = a_departure(), a_phone()
    a_departure(departure.tour, days=20)
    at_travellers(phone, departure)
    departure.is_open = False
    departure.save()
    shown = phone.submit(travellers="1")
    assert (shown.screen, seats_taken(departure)) == (DATE, 0)
    assert "can no longer be booked" in shown.snackbar


# --- Changing one's mind --------------------------------------------------------------------------
def test_going_back_from_the_names_counts_ones_own_seats_as_free() -> None:
    departure, phone = a_departure(seats=2), a_phone()
    at_contact(phone, departure, travellers=2)
    shown = phone.back()
    assert (shown.screen, shown.typed) == (TRAVELLERS, {"travellers": "2"})
    assert [number["id"] for number in shown.data["numbers"]] == ["1", "2"]


def test_another_number_takes_the_place_of_the_first() -> None:
    departure, phone = a_departure(seats=4), a_phone()
    at_contact(phone, departure, travellers=3)
    phone.back()
    phone.submit(travellers="4")
    assert seats_taken(departure) == 4


def test_another_date_frees_the_first() -> None:
    tour = a_tour()
    first, second, phone = a_departure(tour), a_departure(tour, days=20), a_phone()
    at_contact(phone, first)
    phone.back()
    phone.tap_link("Choose another date")
    phone.submit(date=second.starts_on.isoformat())
    phone.submit(travellers="1")
    assert (seats_taken(first), seats_taken(second)) == (0, 1)


def test_a_change_that_cannot_be_had_leaves_what_is_held() -> None:
    departure, phone = a_departure(seats=4), a_phone()
    at_contact(phone, departure, travellers=2)
    phone.back()
    somebody_takes(departure, 2)
    shown = phone.submit(travellers="3")
    assert (shown.screen, seats_taken(departure)) == (TRAVELLERS, 4)
    assert [number["id"] for number in shown.data["numbers"]] == ["1", "2"]


def test_change_something_leads_to_the_start_with_the_trip_chosen() -> None:
    departure, phone = a_departure(), a_phone()
    at_summary(phone, departure)
    shown = phone.tap_link("Change something")
    assert (shown.screen, shown.typed["tour"]) == (TOUR, str(departure.tour_id))
    assert seats_taken(departure) == 2


def test_what_was_changed_on_another_screen_is_shown_before_it_is_booked() -> None:
    departure, token = a_departure(), token_of()
    phone = phone_with(token)
    old = at_summary(phone, departure, travellers=2).data["hold"]
    asked(token, TRAVELLERS, departure=str(departure.pk), travellers="3")
    shown = phone.tap({"hold": old, "next": BOOK})
    assert (shown.screen, shown.data["price"]) == (SUMMARY, "3 travellers · US$ 693.00")
    assert shown.snackbar == "Your choice has changed meanwhile. Check it here, then tap Book."
    assert not Booking.objects.exists()
    assert phone.submit().completion is not None
