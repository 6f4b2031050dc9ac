"""A cancelled booking: nobody can pay for it, its seats are free, and money that comes or has come waits to be given back."""

from typing import Any

import pytest

from customer_data import ledger, seats, services
from customer_data.models import Booking, Concern, SeatHold
from customer_data.offer import CannotPay, amount_options, owed
from customer_data.services import CannotCancel
from customer_data.status import Status
from customer_data.tests import make, money_back, till, trips
from customer_data.tests.drawer import Drawer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_are_right() -> Any:
    yield
    assert list(ledger.violations()) == []


def cancel(booking: Booking) -> Booking:
    return services.cancel_booking(booking, reason="The road is closed.", user=money_back.person())


def test_an_attempt_that_waited_to_be_sent_again_is_not_sent_and_its_task_finds_nothing_to_do(drawer: Drawer) -> None:
    drawer.next_trouble = ["refuse"]
    payment = till.charge()
    cancel(payment.booking)
    services.send_payment(payment.reference)
    assert till.stands(payment)[0] == "expired"
    assert drawer.arrivals(payment.reference) == 0


def test_nobody_can_pay_for_it_any_more(drawer: Drawer) -> None:
    booking = cancel(make.booking())
    assert owed(booking) == 0
    assert amount_options(booking) == {}
    with pytest.raises(CannotPay, match=r"was cancelled\. Please do not pay for it: write to us") as refused:
        till.ask_for(booking)
    assert refused.value.code == "booking_cancelled"


def test_it_says_who_cancelled_it_and_why() -> None:
    booking = cancel(make.booking())
    booking.refresh_from_db()
    assert booking.cancel_reason == "The road is closed."
    assert booking.cancelled_by is not None


@pytest.mark.parametrize("reason", ["", " ", "\0"])
def test_it_needs_a_reason(reason: str) -> None:
    booking = make.booking()
    with pytest.raises(CannotCancel, match="say why"):
        services.cancel_booking(booking, reason=reason, user=money_back.person())
    booking.refresh_from_db()
    assert booking.cancelled_at is None


def test_it_is_cancelled_once() -> None:
    booking = cancel(make.booking())
    with pytest.raises(CannotCancel, match="was cancelled already"):
        cancel(booking)


def test_an_attempt_that_was_not_sent_ends_and_never_leaves_us(drawer: Drawer) -> None:
    payment = till.ask_for()
    cancel(payment.booking)
    services.send_payment(payment.reference)
    assert (till.stands(payment)[0], drawer.arrivals(payment.reference)) == ("expired", 0)
    payment.refresh_from_db()
    assert payment.reason_code == "booking_cancelled"


def test_an_attempt_that_the_customer_has_before_them_ends_and_is_still_asked_about(drawer: Drawer) -> None:
    payment = till.charge()
    cancel(payment.booking)
    assert till.stands(payment)[0] == "expired"
    drawer.pay(payment.reference)
    till.check(payment)
    assert till.stands(payment) == ("successful", "paid")
    assert till.concerns(payment) == ["trip_cancelled"]
    assert "came for" in Concern.objects.get().sentence


def test_paid_seats_are_free_again() -> None:
    booking = trips.booking(trips.departure(seats=1))
    make.payment(Status.SUCCESSFUL, booking=booking)
    hold = SeatHold.objects.get(booking=booking)
    assert seats.free_seats(hold.departure) == 0
    cancel(booking)
    assert seats.free_seats(hold.departure) == 1


def test_late_money_does_not_take_the_seats_back() -> None:
    booking = trips.booking(trips.departure(seats=1))
    payment = make.payment(Status.PENDING, booking=booking)
    cancel(booking)
    payment.refresh_from_db()
    make.move(payment, Status.SUCCESSFUL)
    assert seats.free_seats(SeatHold.objects.get(booking=booking).departure) == 1


@pytest.mark.parametrize("keep", [seats.extend_hold, seats.lengthen_hold])
def test_nobody_takes_the_seats_of_a_cancelled_booking_again(keep: Any) -> None:
    booking = cancel(trips.booking())
    with pytest.raises(seats.NoSeats, match="was cancelled"):
        keep(SeatHold.objects.get(booking=booking))


def test_the_money_that_is_in_can_be_asked_back_in_one_step() -> None:
    booking = make.booking("100.00")
    for amount in ("50.00", "30.00"):
        make.payment(Status.SUCCESSFUL, booking=booking, amount=amount, gateway="")
    booking = cancel(booking)
    asked = services.request_refunds_of(booking, reason="The road is closed.", user=money_back.person())
    assert sorted(str(refund.amount) for refund in asked) == ["30.00", "50.00"]
    for refund in asked:
        money_back.pay_back(money_back.approve(refund))
    booking.refresh_from_db()
    assert (booking.payment_status, str(booking.amount_paid)) == ("refunded", "0.00")


def test_money_of_a_booking_that_goes_on_is_not_asked_back_in_one_step() -> None:
    booking = money_back.paid().booking
    with pytest.raises(services.CannotRefund, match="no money"):
        services.request_refunds_of(booking, reason="The road is closed.", user=money_back.person())
