"""Money moved to the booking that it was meant for: both bookings, their seats, people and the books follow."""

from __future__ import annotations

import threading
from decimal import Decimal
from functools import partial
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, transaction

from customer_data import ledger, services
from customer_data.models import Booking, Concern, ConcernKind, Payment, Refund, SeatHold, Transfer
from customer_data.services import transfers
from customer_data.services.transfers import CannotTransfer, transfer_payment
from customer_data.signals import payment_transferred
from customer_data.status import Status
from customer_data.tests import make, trips
from customer_data.tests.races import at_once, widen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def move(payment: Payment, to: Booking, reason: str = "paid for the wrong trip") -> Transfer:
    return transfer_payment(payment, to, reason=reason, user=make.staff(f"staff-{Transfer.objects.count()}-{to.pk}"))


def stands(booking: Booking) -> tuple[Decimal, str]:
    booking.refresh_from_db()
    return booking.amount_paid, booking.payment_status


def concerns(payment: Payment) -> list[str]:
    return sorted(payment.concerns.values_list("kind", flat=True))


def clean_books() -> list[str]:
    for payment in Payment.objects.filter(status=Status.SUCCESSFUL):
        services.issue_receipt(payment)
    return [violation.sentence for violation in ledger.violations()]


# --- What follows ---------------------------------------------------------------------------------
def test_the_money_counts_where_it_was_meant_and_nowhere_else() -> None:
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking("462.00")
    wrong = payment.booking
    transfer = move(payment, meant)
    payment.refresh_from_db()
    assert payment.booking == meant
    assert stands(meant) == (Decimal("231.00"), "deposit_paid")
    assert stands(wrong) == (Decimal("0.00"), "unpaid")
    event = payment.events.last()
    assert event is not None
    assert (event.actor, event.source) == (transfer.made_by.get_username(), "admin")
    assert event.reason == f"Moved from {wrong.booking_reference} to {meant.booking_reference}: paid for the wrong trip"
    assert event.details == {"transfer": transfer.pk}
    assert clean_books() == []


def test_it_can_be_moved_on_and_back() -> None:
    payment, meant, third = make.payment(Status.SUCCESSFUL), make.booking(), make.booking()
    first = payment.booking
    for to in (meant, third, first):
        move(payment, to)
    assert [stands(booking)[0] for booking in (first, meant, third)] == [Decimal("231.00"), 0, 0]
    assert clean_books() == []


def test_a_person_hears_that_a_booking_is_unpaid_now_and_that_another_is_overpaid() -> None:
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking("100.00")
    wrong = payment.booking
    move(payment, meant)
    assert concerns(payment) == ["overpaid", "unpaid_by_transfer"]
    unpaid = payment.concerns.get(kind=ConcernKind.UNPAID_BY_TRANSFER)
    assert wrong.booking_reference in unpaid.sentence
    assert clean_books() == []


def test_the_same_amount_moved_to_a_booking_that_has_it_was_paid_twice() -> None:
    meant = make.payment(Status.SUCCESSFUL).booking
    again, part = make.payment(Status.SUCCESSFUL), make.payment(Status.SUCCESSFUL, amount="31.00")
    move(again, meant)
    move(part, meant)
    assert concerns(again) == ["paid_twice", "unpaid_by_transfer"]
    assert concerns(part) == ["overpaid", "unpaid_by_transfer"]


def test_a_booking_that_stays_overpaid_keeps_a_person_who_was_told() -> None:
    booking = make.booking("100.00")
    payments = [make.payment(Status.SUCCESSFUL, booking=booking) for _ in range(3)]
    Concern.objects.exclude(payment=payments[2]).delete()
    move(payments[2], make.booking("100.00"))
    assert stands(booking) == (Decimal("200.00"), "overpaid")
    assert "unpaid_by_transfer" not in concerns(payments[2])
    assert clean_books() == []


def test_seats_follow_the_money() -> None:
    wrong, meant, others = trips.booking(), trips.booking(), trips.booking()
    make.payment(Status.SUCCESSFUL, booking=others)
    before = SeatHold.objects.filter(booking=others).values().get()
    payment = make.payment(Status.SUCCESSFUL, booking=wrong)
    move(payment, meant)
    assert SeatHold.objects.filter(booking=others).values().get() == before
    holds = {hold.booking_id: hold for hold in SeatHold.objects.all()}
    assert holds[meant.pk].is_for_good
    assert not holds[wrong.pk].is_for_good, "they were kept for money that is elsewhere now"
    assert clean_books() == []


def test_seats_that_others_have_by_now_are_for_a_person() -> None:
    departure = trips.departure(seats=1)
    late = trips.booking(departure)
    trips.let_lapse(SeatHold.objects.get(booking=late))
    trips.hold(departure)
    payment = make.payment(Status.SUCCESSFUL)
    move(payment, late)
    assert "no_seats" in concerns(payment)


def test_money_already_given_back_stays_given_back() -> None:
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking()
    give_back(payment, "31.00")
    move(payment, meant)
    assert stands(meant)[0] == Decimal("200.00")


def test_other_parts_hear_of_it_after_commit(django_capture_on_commit_callbacks: Any) -> None:
    heard: list[Transfer] = []

    def hear(transfer: Transfer, **_: Any) -> None:
        heard.append(transfer)

    payment_transferred.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        transfer = move(make.payment(Status.SUCCESSFUL), make.booking())
        assert heard == []
    payment_transferred.disconnect(hear)
    assert heard == [transfer]


# --- What is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [status for status in Status if status not in ("successful", "disputed")])
def test_only_money_that_is_in_is_moved(status: str) -> None:
    refused(make.payment(status), make.booking(), "only money that is in can be moved")


def test_what_cannot_be_moved_is_refused_with_a_sentence() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    refused(payment, payment.booking, "already")
    refused(payment, make.booking(currency="ZWG"), "that booking in ZiG")
    refused(payment, make.payment(Status.SUCCESSFUL, is_test=True).booking, "This is real money")
    refused(make.payment(Status.SUCCESSFUL, is_test=True), make.payment(Status.SUCCESSFUL).booking, "This is test money")
    refused(payment, make.payment(Status.PENDING).booking, "is being asked to pay it")
    cancelled = make.booking()
    Booking.objects.filter(pk=cancelled.pk).update(cancelled_at=payment.created_at)
    refused(payment, cancelled, "is cancelled")


def test_a_refund_under_way_keeps_the_money_where_it_is() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    asks = {"reason": "left", "requested_by": make.staff(), "way": "person"}
    Refund.objects.create(payment=payment, amount="10.00", currency="USD", **asks)
    refused(payment, make.booking(), "A refund of this payment is under way")


def test_the_database_moves_no_payment_without_a_transfer() -> None:
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking()
    with pytest.raises(IntegrityError, match="transfer only"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(booking=meant)


# --- At once --------------------------------------------------------------------------------------
def move_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Booking], list[Any]]:
    """Two people move one payment, each to another booking: the three bookings, and what became of it."""
    payment = make.payment(Status.SUCCESSFUL)
    one, other = make.booking(), make.booking()
    people = {booking: make.staff(f"mover-{booking.pk}") for booking in (one, other)}
    widen(monkeypatch, transfers, "_expect_movable", threads=2)
    payments = {booking: Payment.objects.get(pk=payment.pk) for booking in people}
    moves = [partial(transfer_payment, payments[to], to, reason="at once", user=user) for to, user in people.items()]
    return [payment.booking, one, other], at_once(*moves)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_move_one_payment_leave_it_on_one_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    bookings, outcomes = move_twice(monkeypatch)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CannotTransfer", "Transfer"]
    assert sorted(stands(booking)[0] for booking in bookings) == [0, 0, Decimal("231.00")]
    assert clean_books() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_locks")
def test_without_the_lock_the_database_refuses_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    bookings, outcomes = move_twice(monkeypatch)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IntegrityError", "Transfer"]
    assert sorted(stands(booking)[0] for booking in bookings) == [0, 0, Decimal("231.00")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_locks")
def test_control_without_lock_and_guard_both_believe_that_they_moved_it(monkeypatch: pytest.MonkeyPatch) -> None:
    move = transfers.transfer_payment

    def unguarded(*args: Any, **options: Any) -> Transfer:
        with pgtrigger.ignore("customer_data.Payment:booking_changes_by_transfer"):
            return move(*args, **options)

    monkeypatch.setattr(f"{__name__}.transfer_payment", unguarded)
    _, outcomes = move_twice(monkeypatch)
    assert [type(outcome) for outcome in outcomes] == [Transfer, Transfer]
    assert [sentence for sentence in clean_books() if "but the transfer before had put it on" in sentence]


def move_both_ways() -> list[Any]:
    one, other = make.payment(Status.SUCCESSFUL), make.payment(Status.SUCCESSFUL)
    here, there = one.booking, other.booking
    first, second = make.staff("one"), make.staff("two")
    return at_once(
        lambda: transfer_payment(one, there, reason="that way", user=first),
        lambda: transfer_payment(other, here, reason="this way", user=second),
    )


@pytest.mark.django_db(transaction=True)
def test_money_moved_both_ways_at_once_ends_with_correct_books() -> None:
    assert [type(outcome) for outcome in move_both_ways()] == [Transfer, Transfer]
    assert clean_books() == []


@pytest.mark.django_db(transaction=True)
def test_control_bookings_locked_in_any_order_wait_for_each_other_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    door = threading.Barrier(2)

    def locked_in_any_order(payment: Payment, to_booking: Booking) -> dict[int, Booking]:
        now_on = Booking.objects.select_for_update().get(pk=payment.booking_id)
        door.wait(10)
        return {now_on.pk: now_on, to_booking.pk: Booking.objects.select_for_update().get(pk=to_booking.pk)}

    monkeypatch.setattr(transfers, "_locked", locked_in_any_order)
    assert sum("deadlock" in str(outcome) for outcome in move_both_ways()) == 1


def test_who_read_the_payment_before_it_was_moved_counts_it_where_it_is_now() -> None:
    """The gateway's answer to a question that was asked before the transfer."""
    payment, meant = make.payment(Status.SUCCESSFUL), make.booking()
    read_before = Payment.objects.get(pk=payment.pk)
    move(payment, meant)
    assert read_before.move_to(Status.DISPUTED, source="test") is not None
    assert read_before.move_to(Status.REFUNDED, source="test") is not None
    assert stands(meant) == (Decimal("0.00"), "refunded")
    assert [sentence for sentence in clean_books() if "paid" in sentence] == []


def refused(payment: Payment, to: Booking, sentence: str) -> None:
    before = payment.booking_id
    with pytest.raises(CannotTransfer, match=sentence):
        transfer_payment(payment, to, reason="because", user=make.staff(f"refused-{payment.pk}-{to.pk}"))
    payment.refresh_from_db()
    assert payment.booking_id == before
    assert not Transfer.objects.exists()


def give_back(payment: Payment, amount: str) -> None:
    """Part of it, by every step that a refund takes."""
    asks, agrees = make.staff("asks"), make.staff("agrees")
    refund = services.request_refund(payment, amount=Decimal(amount), reason="left early", user=asks)
    services.approve_refund(refund, user=agrees)
    Refund.objects.filter(pk=refund.pk).update(status="sent")
    Refund.objects.filter(pk=refund.pk).update(status="done", done_at=payment.created_at, done_by=agrees)
    payment.booking.recount()
