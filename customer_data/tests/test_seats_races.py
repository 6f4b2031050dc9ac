"""Two customers and the last seat, with real threads; each race has a control. And the database alone, without our code."""

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, connection, transaction

from customer_data import seats, services
from customer_data.models import Booking, Departure, SeatHold
from customer_data.seats import NoSeats
from customer_data.tests import make, trips
from customer_data.tests.races import at_once, widen

pytestmark = pytest.mark.django_db(transaction=True)

RACERS = 4

TAKE = """
    INSERT INTO customer_data_seathold (departure_id, customer_id, seats, currency, expires_at, created_at)
    SELECT %s, %s, %s, 'USD', clock_timestamp() + %s::interval, clock_timestamp() FROM generate_series(1, %s)
"""


@pytest.fixture
def no_trigger() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customer_data_seathold DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customer_data_seathold ENABLE TRIGGER USER")


# --- The last seat --------------------------------------------------------------------------------
def all_want_the_last_seat(monkeypatch: pytest.MonkeyPatch) -> tuple[Departure, list[object]]:
    departure = trips.departure(seats=1)
    customers = [make.customer() for _ in range(RACERS)]
    widen(monkeypatch, SeatHold.objects, "create", threads=RACERS)
    return departure, at_once(*[lambda customer=customer: seats.hold_seats(departure, customer, 1) for customer in customers])


def kept(outcomes: list[object]) -> int:
    return sum(isinstance(outcome, SeatHold) for outcome in outcomes)


def refused(outcomes: list[object]) -> int:
    return sum(isinstance(outcome, NoSeats) for outcome in outcomes)


def test_one_customer_gets_the_last_seat_and_the_others_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    departure, outcomes = all_want_the_last_seat(monkeypatch)
    assert (kept(outcomes), refused(outcomes)) == (1, RACERS - 1)
    assert seats.free_seats(departure) == 0


@pytest.mark.usefixtures("without_locks")
def test_without_our_lock_the_database_still_gives_it_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    departure, outcomes = all_want_the_last_seat(monkeypatch)
    assert (kept(outcomes), refused(outcomes)) == (1, RACERS - 1)
    assert seats.free_seats(departure) == 0


@pytest.mark.usefixtures("without_locks", "no_trigger")
def test_control_without_lock_and_trigger_all_of_them_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    departure, outcomes = all_want_the_last_seat(monkeypatch)
    assert kept(outcomes) == RACERS
    assert departure.seats_held() == RACERS


# --- A booking --------------------------------------------------------------------------------------
def book_twice(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    hold = trips.hold()
    twins = [SeatHold.objects.get(pk=hold.pk) for _ in range(2)]
    widen(monkeypatch, Booking.objects, "create", threads=2)
    return at_once(*[lambda twin=twin: services.make_booking(twin, name="Rudo", email="") for twin in twins])


def test_two_taps_at_once_make_one_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(set(book_twice(monkeypatch))) == 1
    assert Booking.objects.count() == 1


@pytest.mark.usefixtures("without_locks", "no_trigger")
def test_control_without_the_lock_they_make_two(monkeypatch: pytest.MonkeyPatch) -> None:
    book_twice(monkeypatch)
    assert Booking.objects.count() == 2


# --- Raw SQL ----------------------------------------------------------------------------------------
def take(departure: Departure, *, wanted: int = 1, lasting: str = "1 hour", rows: int = 1) -> Callable[[], None]:
    customer = make.customer()

    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TAKE, [departure.pk, customer.pk, wanted, lasting, rows])

    return insert


def test_psql_cannot_oversell() -> None:
    departure = trips.departure(seats=3)
    take(departure, wanted=2)()
    with pytest.raises(IntegrityError, match="2 seats are wanted, 2 of 3 are held"):
        take(departure, wanted=2)()
    take(departure)()


def test_many_rows_in_one_statement_cannot_oversell_either() -> None:
    departure = trips.departure(seats=3)
    with pytest.raises(IntegrityError):
        take(departure, rows=4)()
    take(departure, rows=3)()
    assert seats.free_seats(departure) == 0


def test_many_sessions_at_once_cannot_oversell() -> None:
    departure = trips.departure(seats=3)
    outcomes = at_once(*[take(departure) for _ in range(6)])
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3
    assert seats.free_seats(departure) == 0


def test_a_hold_that_ran_out_cannot_be_revived_over_somebody_else() -> None:
    departure = trips.departure(seats=1)
    lapsed = trips.let_lapse(trips.hold(departure))
    take(departure)()
    with pytest.raises(IntegrityError), transaction.atomic():
        SeatHold.objects.filter(pk=lapsed.pk).update(expires_at=None)
    SeatHold.objects.filter(pk=lapsed.pk).update(released_at=lapsed.expires_at)  # to write it down is allowed
    with pytest.raises(IntegrityError), transaction.atomic():
        SeatHold.objects.filter(pk=lapsed.pk).update(released_at=None, expires_at=None)


def test_more_seats_for_a_hold_are_counted_too() -> None:
    departure = trips.departure(seats=3)
    hold = trips.hold(departure, seats_wanted=2)
    SeatHold.objects.filter(pk=hold.pk).update(seats=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        SeatHold.objects.filter(pk=hold.pk).update(seats=4)


def test_a_hold_cannot_be_moved_to_a_full_departure() -> None:
    full, other = trips.departure(seats=1), trips.departure()
    trips.hold(full)
    hold = trips.hold(other)
    with pytest.raises(IntegrityError), transaction.atomic():
        SeatHold.objects.filter(pk=hold.pk).update(departure=full)


def test_a_departure_is_never_smaller_than_what_is_held() -> None:
    departure = trips.departure(seats=5)
    trips.hold(departure, seats_wanted=3)
    with pytest.raises(IntegrityError, match="3 seats are held, so there cannot be only 2"), transaction.atomic():
        Departure.objects.filter(pk=departure.pk).update(seats=2)
    Departure.objects.filter(pk=departure.pk).update(seats=3)
