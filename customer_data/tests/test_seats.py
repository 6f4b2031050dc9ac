"""What is free, and keeping seats for a customer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import seats
from customer_data.models import Departure, SeatHold
from customer_data.models.tour import BOOKED_FOR, CHOOSING_FOR
from customer_data.seats import NoSeats
from customer_data.tests import make, trips

pytestmark = pytest.mark.django_db


def free_dates(departure: Departure) -> list[tuple[int, int]]:
    today = timezone.localdate()
    return [((date.departure.starts_on - today).days, date.free) for date in seats.free_departures(departure.tour, today=today)]


# --- What is free ---------------------------------------------------------------------------------
def test_only_open_dates_ahead_with_a_seat_left_are_offered() -> None:
    tour = trips.tour()
    for days_ahead, more in ((1, {}), (0, {}), (-1, {}), (5, {"is_open": False}), (3, {"seats": 2}), (7, {"seats": 1})):
        trips.departure(of=tour, days_ahead=days_ahead, **more)
    trips.hold(tour.departures.get(seats=1))
    trips.hold(tour.departures.get(seats=2))
    assert free_dates(tour.departures.all()[0]) == [(1, 10), (3, 1)]


def test_the_dates_are_read_with_one_query(django_assert_num_queries: Any) -> None:
    tour = trips.tour()
    for days_ahead in range(1, 9):
        trips.hold(trips.departure(of=tour, days_ahead=days_ahead))
    with django_assert_num_queries(1):
        shown = [f"{date.departure} {date.free}" for date in seats.free_departures(tour, today=timezone.localdate())]
    assert len(shown) == 8


def test_a_tour_that_is_not_offered_has_no_dates() -> None:
    departure = trips.departure(of=trips.tour(is_offered=False))
    assert free_dates(departure) == []
    assert seats.free_seats(departure) == 0


def test_a_hold_that_ran_out_counts_no_more_without_anybody_writing_it_down() -> None:
    departure = trips.departure(seats=2)
    held = trips.hold(departure, seats_wanted=2)
    assert seats.free_seats(departure) == 0
    trips.let_lapse(held)
    assert seats.free_seats(departure) == 2
    assert free_dates(departure) == [(20, 2)]


# --- Choosing -------------------------------------------------------------------------------------
def test_seats_are_kept_for_half_an_hour_while_choosing() -> None:
    before = timezone.now()
    held = trips.hold()
    assert held.expires_at is not None
    assert CHOOSING_FOR <= held.expires_at - before < CHOOSING_FOR + timedelta(seconds=10)


def test_a_second_tap_is_the_same_hold() -> None:
    departure, customer = trips.departure(), make.customer()
    first = trips.hold(departure, seats_wanted=2, customer=customer)
    assert trips.hold(departure, seats_wanted=2, customer=customer).pk == first.pk
    assert seats.free_seats(departure) == 8


def test_another_choice_replaces_the_first() -> None:
    customer, first, second = make.customer(), trips.departure(), trips.departure()
    trips.hold(first, seats_wanted=2, customer=customer)
    trips.hold(second, seats_wanted=3, customer=customer)
    assert (seats.free_seats(first), seats.free_seats(second)) == (10, 7)


def test_a_choice_that_cannot_be_kept_leaves_the_one_before() -> None:
    customer, departure = make.customer(), trips.departure(seats=2)
    trips.hold(departure, seats_wanted=2, customer=customer)
    with pytest.raises(NoSeats):
        trips.hold(departure, seats_wanted=3, customer=customer)
    assert seats.free_seats(departure) == 0


@pytest.mark.parametrize(
    ("left", "wanted", "sentence"),
    [
        (0, 1, "All seats on {date} are taken. Choose another date."),
        (1, 2, "On {date} only 1 seat is left. Choose 1, or another date."),
        (3, 4, "On {date} only 3 seats are left. Choose 3 or fewer, or another date."),
        (9, 0, "One booking is for 1 to 12 travellers. Choose a number from 1 to 12."),
        (20, 13, "One booking is for 1 to 12 travellers. Choose a number from 1 to 12."),
    ],
)
def test_too_many_seats_are_refused_with_what_to_do(left: int, wanted: int, sentence: str) -> None:
    departure = trips.departure(seats=left + 1)
    trips.hold(departure)
    with pytest.raises(NoSeats) as refusal:
        trips.hold(departure, seats_wanted=wanted)
    assert str(refusal.value) == sentence.format(date=departure.date_shown)
    assert refusal.value.free == left


@pytest.mark.parametrize("closed", [{"is_open": False}, {"days_ahead": 0}, {"days_ahead": -1}])
def test_a_date_that_is_closed_or_over_cannot_be_booked(closed: dict[str, Any]) -> None:
    departure = trips.departure(**closed)
    with pytest.raises(NoSeats, match="can no longer be booked"):
        trips.hold(departure)


# --- Longer, and back -----------------------------------------------------------------------------
def test_a_hold_is_extended_from_now_and_never_shortened() -> None:
    held = trips.hold()
    SeatHold.objects.filter(pk=held.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    longer = seats.extend_hold(held).expires_at
    assert longer is not None
    assert longer - timezone.now() > CHOOSING_FOR - timedelta(seconds=10)
    much_longer = timezone.now() + timedelta(days=3)
    SeatHold.objects.filter(pk=held.pk).update(expires_at=much_longer)
    assert seats.extend_hold(held).expires_at == much_longer


def test_a_booking_is_extended_by_a_day() -> None:
    hold = trips.booking().seat_hold
    SeatHold.objects.filter(pk=hold.pk).update(expires_at=timezone.now() + timedelta(minutes=1))
    longer = seats.extend_hold(hold).expires_at
    assert longer is not None
    assert longer - timezone.now() > BOOKED_FOR - timedelta(seconds=10)


def test_a_hold_that_ran_out_is_extended_only_while_nobody_else_has_the_seats() -> None:
    departure = trips.departure(seats=1)
    held = trips.let_lapse(trips.hold(departure))
    assert seats.extend_hold(held).expires_at is not None
    trips.hold(trips.let_lapse(held).departure)
    with pytest.raises(NoSeats, match=r"All seats on .* are taken"):
        seats.extend_hold(held)


def test_released_seats_are_free_at_once() -> None:
    departure = trips.departure(seats=1)
    held = trips.hold(departure)
    assert seats.release_hold(held)
    assert seats.release_hold(held)  # twice changes nothing
    assert seats.free_seats(departure) == 1


def test_lapsed_holds_are_marked_for_staff_to_see() -> None:
    lapsed, live = trips.let_lapse(trips.hold()), trips.hold()
    assert seats.mark_lapsed_holds() == 1
    lapsed.refresh_from_db()
    live.refresh_from_db()
    assert (lapsed.released_at, live.released_at) == (lapsed.expires_at, None)
