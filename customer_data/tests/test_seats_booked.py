"""From seats that were chosen to a booking, and what its payments do to the seats."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customer_data import seats, services
from customer_data.models import Concern, Departure, SeatHold
from customer_data.models.tour import BOOKED_FOR, CHOOSING_FOR
from customer_data.offer import CannotPay
from customer_data.seats import NoSeats
from customer_data.status import Status
from customer_data.tests import make, till, trips
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

TENDAI = {"name": "Tendai Moyo", "email": "tendai@example.com"}


def hours_left(hold: SeatHold) -> float | None:
    """None: for good."""
    hold.refresh_from_db()
    return None if hold.expires_at is None else (hold.expires_at - timezone.now()) / timedelta(hours=1)


def somebody_else_takes(departure: Departure) -> SeatHold:
    return trips.hold(departure, seats_wanted=seats.free_seats(departure))


# --- The booking ----------------------------------------------------------------------------------
def test_a_booking_is_made_of_the_tour_the_date_and_the_travellers() -> None:
    departure = trips.departure(of=trips.tour(name="Matobo hills", price=Decimal("3080.00"), currency="ZWG", deposit_percent=25))
    booking = services.make_booking(trips.hold(departure, seats_wanted=2), **TENDAI)
    booking.refresh_from_db()
    assert booking.title == f"Matobo hills, {departure.date_shown}, 2 travellers"
    assert (str(booking.total_amount), booking.currency, str(booking.deposit_amount)) == ("6160.00", "ZWG", "1540.00")
    assert (booking.departure, booking.travellers) == (departure, 2)


def test_one_traveller_is_not_travellers() -> None:
    assert trips.booking().title.endswith(", 1 traveller")


def test_the_same_hold_is_the_same_booking() -> None:
    hold = trips.hold()
    stale = SeatHold.objects.get(pk=hold.pk)
    assert services.make_booking(hold, **TENDAI) == services.make_booking(stale, **TENDAI)


def test_a_price_that_changes_later_changes_no_booking() -> None:
    booking = trips.booking(travellers=2)
    assert booking.departure is not None
    booking.departure.tour.price = Decimal("999.00")
    booking.departure.tour.save()
    booking.refresh_from_db()
    assert str(booking.total_amount) == "231.00"


def test_name_and_email_that_are_given_become_the_customers_and_nothing_given_erases_nothing() -> None:
    customer = make.customer(name="", email="")
    services.make_booking(trips.hold(customer=customer), name=" Tendai Moyo ", email="tendai@example.com")
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Tendai Moyo", "tendai@example.com")
    services.make_booking(trips.hold(customer=customer), name="", email="")
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Tendai Moyo", "tendai@example.com")


def test_a_booking_keeps_its_seats_for_a_day() -> None:
    left = hours_left(trips.booking().seat_hold)
    assert left is not None
    assert 23.9 < left <= BOOKED_FOR / timedelta(hours=1)


def test_after_a_booking_the_same_customer_may_choose_again() -> None:
    departure, customer = trips.departure(seats=4), make.customer()
    for _ in range(2):
        services.make_booking(trips.hold(departure, seats_wanted=2, customer=customer), **TENDAI)
    assert seats.free_seats(departure) == 0


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_choice_that_ran_out_is_booked_while_the_seats_are_still_free(*, is_marked: bool) -> None:
    hold = trips.let_lapse(trips.hold(trips.departure(seats=1)))
    if is_marked:
        seats.mark_lapsed_holds()
    assert services.make_booking(hold, **TENDAI).seat_hold.released_at is None


def test_a_choice_that_ran_out_and_was_taken_is_not_booked() -> None:
    hold = trips.let_lapse(trips.hold(trips.departure(seats=1)))
    somebody_else_takes(hold.departure)
    with pytest.raises(NoSeats, match="are taken"):
        services.make_booking(hold, **TENDAI)


# --- Its payments ---------------------------------------------------------------------------------
def test_seats_do_not_lapse_while_a_payment_is_open() -> None:
    booking = trips.booking()
    till.charge(booking)
    assert hours_left(booking.seat_hold) is None
    assert not seats.release_hold(booking.seat_hold)


def test_to_extend_what_is_kept_for_good_does_not_shorten_it() -> None:
    booking = trips.booking()
    till.charge(booking)
    for longer in (seats.extend_hold, seats.lengthen_hold):
        assert hours_left(longer(booking.seat_hold)) is None


def test_money_keeps_the_seats_for_good(drawer: Drawer) -> None:
    booking = trips.booking()
    payment = till.charge(booking, amount="deposit")
    drawer.pay(payment.reference)
    till.check(payment)
    assert till.stands(payment) == ("successful", "deposit_paid")
    assert hours_left(booking.seat_hold) is None


def test_after_a_failed_payment_the_seats_are_kept_as_long_as_before(drawer: Drawer) -> None:
    booking = trips.booking()
    make.move(till.charge(booking), Status.FAILED)
    left = hours_left(booking.seat_hold)
    assert left is not None
    assert 23.9 < left <= 24


def test_after_a_payment_that_ended_late_there_is_time_for_another_try() -> None:
    booking = trips.booking()
    type(booking).objects.filter(pk=booking.pk).update(created_at=timezone.now() - timedelta(days=2))
    make.move(till.charge(booking), Status.EXPIRED)
    left = hours_left(booking.seat_hold)
    assert left is not None
    assert CHOOSING_FOR / timedelta(hours=1) - 0.01 < left < 1


def test_a_failed_balance_does_not_touch_seats_that_a_deposit_keeps() -> None:
    booking = trips.booking()
    make.payment(Status.SUCCESSFUL, booking=booking, amount="50.00")
    make.move(till.ask_for(booking, amount="balance"), Status.EXPIRED)
    assert hours_left(booking.seat_hold) is None


def test_another_wallet_keeps_the_seats_too() -> None:
    booking = trips.booking()
    till.charge(booking)
    till.charge(booking, method="purse")
    assert hours_left(booking.seat_hold) is None


def test_nobody_is_asked_to_pay_for_seats_that_somebody_else_has() -> None:
    booking = trips.booking(trips.departure(seats=1))
    trips.let_lapse(booking.seat_hold)
    somebody_else_takes(booking.seat_hold.departure)
    with pytest.raises(CannotPay, match="no longer free") as refusal:
        till.ask_for(booking)
    assert refusal.value.code == "no_seats"
    assert not booking.payments.exists()


def late_money(*, taken: bool) -> Any:
    """Money comes after the payment was closed and the hold ran out."""
    booking = trips.booking(trips.departure(seats=1))
    payment = make.move(till.charge(booking), Status.EXPIRED)
    trips.let_lapse(booking.seat_hold)
    seats.mark_lapsed_holds()
    if taken:
        somebody_else_takes(booking.seat_hold.departure)
    make.step(payment, Status.SUCCESSFUL)
    return payment


def test_late_money_takes_the_seats_again_while_they_are_free() -> None:
    payment = late_money(taken=False)
    assert hours_left(payment.booking.seat_hold) is None
    assert seats.free_seats(payment.booking.seat_hold.departure) == 0
    assert not Concern.objects.filter(kind="no_seats").exists()


def test_late_money_for_seats_that_are_gone_stays_and_a_person_is_told() -> None:
    payment = late_money(taken=True)
    assert till.stands(payment) == ("successful", "paid")
    concern = Concern.objects.get(kind="no_seats")
    assert concern.payment == payment
    assert "its seats were given to others" in concern.sentence


def test_when_there_are_more_seats_staff_keep_paid_ones_for_good() -> None:
    hold = late_money(taken=True).booking.seat_hold
    Departure.objects.filter(pk=hold.departure_id).update(seats=2)
    seats.lengthen_hold(hold)
    assert hours_left(hold) is None


def test_money_that_went_back_leaves_the_seats_for_staff_to_decide() -> None:
    booking = trips.booking()
    make.payment(Status.REFUNDED, booking=booking)
    assert hours_left(booking.seat_hold) is None
