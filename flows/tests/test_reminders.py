"""We speak up by ourselves seldom: once for an unfinished payment, twice for a balance, and never to who does not want it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customer_data.models import Booking, Customer, Departure, Tour
from customer_data.status import Reason, Status
from customer_data.tests import make
from flows import tokens
from flows.models import Conversation, Message
from flows.reminders import remind_balances, remind_unfinished

pytestmark = [pytest.mark.usefixtures("drawer")]
quick = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)  # in Harare
NIGHT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)  # two o'clock in Harare


def heard(customer: Customer, *, hours_ago: float, now: datetime = NOON, **fields: Any) -> Conversation:
    return Conversation.objects.create(customer=customer, last_heard_at=now - timedelta(hours=hours_ago), **fields)


def unfinished(*, hours_ago: float = 21, now: datetime = NOON, status: str = Status.FAILED, **talk: Any) -> Booking:
    """A customer tried to pay, it came to nothing, and they fell silent."""
    payment = make.payment(status, moved_at=now - timedelta(hours=hours_ago))
    heard(payment.booking.customer, hours_ago=hours_ago, now=now, **talk)
    return payment.booking


# --- An unfinished payment ------------------------------------------------------------------------
@quick
@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_an_unfinished_payment_is_said_once_before_the_window_closes(status: str) -> None:
    booking = unfinished(status=status)
    assert remind_unfinished(NOON) == 1
    assert remind_unfinished(NOON + timedelta(hours=1)) == 0
    message = Message.objects.get()
    assert message.customer == booking.customer
    assert booking.booking_reference in message.body
    assert "US$ 231.00 is still to pay" in message.body
    assert "Send STOP" in message.body


@quick
@pytest.mark.parametrize(("hours_ago", "is_due"), [(19.9, False), (20, True), (22.9, True), (23, False), (30, False)])
def test_it_is_said_between_20_and_23_hours_after_the_customer_last_wrote(hours_ago: float, is_due: bool) -> None:
    unfinished(hours_ago=hours_ago)
    assert remind_unfinished(NOON) == is_due


@quick
@pytest.mark.parametrize(("hours_ago", "is_due"), [(21, False), (22.5, True)])
def test_at_night_only_what_cannot_wait_is_said(hours_ago: float, is_due: bool) -> None:
    unfinished(hours_ago=hours_ago, now=NIGHT)
    assert remind_unfinished(NIGHT) == is_due


@quick
@pytest.mark.parametrize("reason", ["muted_at", "wants_person_since", "taken_by", "nudged_at"])
def test_who_does_not_want_it_or_talks_to_a_person_is_left_alone(reason: str) -> None:
    facts: dict[str, Any] = {reason: make.staff() if reason == "taken_by" else NOON - timedelta(hours=1)}
    unfinished(**facts)
    assert remind_unfinished(NOON) == 0


@quick
def test_a_form_that_was_never_opened_is_unfinished_and_an_opened_one_is_not() -> None:
    for is_opened in (False, True):
        booking = make.booking()
        session = tokens.issue_for(booking.customer, booking=booking)
        session.opened_at = NOON if is_opened else None
        session.created_at = NOON - timedelta(hours=21)
        session.save(update_fields=["opened_at", "created_at"])
        heard(booking.customer, hours_ago=21)
    assert remind_unfinished(NOON) == 1


@quick
@pytest.mark.parametrize("status", [Status.PENDING, Status.SENDING, Status.SUCCESSFUL])
def test_what_is_paid_or_still_may_be_is_not_said_to_be_unfinished(status: str) -> None:
    unfinished(status=status)
    assert remind_unfinished(NOON) == 0


@quick
def test_an_expired_attempt_that_is_still_asked_about_is_waited_for() -> None:
    booking = unfinished(status=Status.PENDING)
    payment = make.move(booking.payments.get(), Status.EXPIRED, reason_code=Reason.TIMED_OUT)
    assert remind_unfinished(NOON) == 0
    booking.payments.update(is_final=True, next_check_at=None)
    assert payment.booking == booking
    assert remind_unfinished(NOON) == 1


@quick
def test_with_two_unfinished_bookings_one_message_is_enough() -> None:
    first = unfinished()
    make.payment(Status.FAILED, booking=make.booking(customer=first.customer), moved_at=NOON - timedelta(hours=21))
    assert remind_unfinished(NOON) == 1
    assert remind_unfinished(NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_say_it_once(at_once: Any) -> None:
    unfinished()
    assert sorted(at_once(lambda: remind_unfinished(NOON), lambda: remind_unfinished(NOON))) == [0, 1]
    assert Message.objects.filter(key__startswith="reminder-").count() == 1


# --- A balance before the trip --------------------------------------------------------------------
def trip(*, days: int, paid: str = "115.50", made_days_ago: int = 30, customer: Customer | None = None) -> Booking:
    """A booking, partly paid, whose trip starts in `days` days."""
    tour = Tour.objects.create(name=f"Hwange {Tour.objects.count()}", price="231.00")
    departure = Departure.objects.create(tour=tour, starts_on=(NOON + timedelta(days=days)).date(), seats=10)
    booking = make.booking(customer=customer or make.customer(), departure=departure, title="Hwange")
    if paid:
        make.payment(Status.SUCCESSFUL, booking=booking, amount=paid)
    Booking.objects.filter(pk=booking.pk).update(created_at=NOON - timedelta(days=made_days_ago))
    return booking


@quick
@pytest.mark.parametrize(
    ("days", "is_due"), [(15, False), (14, True), (13, True), (12, False), (4, False), (3, True), (2, True), (1, False)]
)
def test_a_balance_is_said_14_and_3_days_before_the_trip_or_up_to_a_day_late(days: int, is_due: bool) -> None:
    trip(days=days)
    Message.objects.all().delete()
    assert remind_balances(NOON) == is_due
    assert remind_balances(NOON + timedelta(hours=1)) == 0


@quick
def test_the_balance_reminder_says_how_much_when_and_what_to_do() -> None:
    booking = trip(days=14)
    remind_balances(NOON)
    message = Message.objects.get(key=f"reminder-balance-{booking.pk}-14")
    assert "starts on 05 December 2026" in message.body
    assert "US$ 115.50 is still to pay" in message.body


@quick
def test_both_days_are_said_of_the_same_booking() -> None:
    trip(days=14)
    assert remind_balances(NOON) == 1
    assert remind_balances(NOON + timedelta(days=11)) == 1


@quick
@pytest.mark.parametrize("facts", [{"paid": ""}, {"paid": "231.00"}, {"made_days_ago": 1}])
def test_nothing_is_said_without_a_deposit_without_a_balance_or_just_after_booking(facts: dict[str, Any]) -> None:
    trip(days=14, **facts)
    assert remind_balances(NOON) == 0


@quick
@pytest.mark.parametrize("reason", ["muted_at", "wants_person_since", "taken_by"])
def test_no_balance_reminder_for_who_does_not_want_it(reason: str) -> None:
    customer = make.customer()
    Conversation.objects.create(customer=customer, **{reason: make.staff() if reason == "taken_by" else NOON})
    trip(days=14, customer=customer)
    assert remind_balances(NOON) == 0


@quick
def test_nobody_is_woken_up() -> None:
    trip(days=14)
    assert remind_balances(NIGHT) == 0


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_say_the_balance_once(at_once: Any) -> None:
    booking = trip(days=14)
    at_once(lambda: remind_balances(NOON), lambda: remind_balances(NOON))
    assert Message.objects.filter(key=f"reminder-balance-{booking.pk}-14").count() == 1
