"""What a booking says of itself follows from its payments; surprising money is taken, shown, and told to a person."""

from decimal import Decimal

import pytest

from customer_data.models import Booking, Concern, ConcernKind
from customer_data.status import MONEY_IN, UNPAID_ENDS, Status
from customer_data.tests import make, till

pytestmark = pytest.mark.django_db


def shown(booking: Booking) -> tuple[str, Decimal, bool]:
    booking.refresh_from_db()
    return booking.payment_status, booking.amount_paid, booking.is_test


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        ((), "unpaid"),
        (("20.00",), "part_paid"),
        (("49.99",), "part_paid"),
        (("50.00",), "deposit_paid"),
        (("99.99",), "deposit_paid"),
        (("50.00", "50.00"), "paid"),
        (("100.00",), "paid"),
        (("50.00", "50.01"), "overpaid"),
        (("100.00", "100.00"), "overpaid"),
    ],
)
def test_what_is_paid_is_the_sum_of_the_payments(paid: tuple[str, ...], status: str) -> None:
    booking = make.booking("100.00")
    for amount in paid:
        make.payment(Status.SUCCESSFUL, amount=amount, booking=booking)
    assert shown(booking) == (status, sum(map(Decimal, paid), Decimal(0)), False)


def test_a_deposit_does_not_pay_the_whole_booking() -> None:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, amount="50.00", booking=booking)
    assert shown(booking)[0] == "deposit_paid"
    assert booking.balance == Decimal("50.00")


def test_without_a_deposit_part_of_the_money_is_only_a_part() -> None:
    booking = make.booking("100.00", deposit_percent=Decimal(0))
    make.payment(Status.SUCCESSFUL, amount="99.00", booking=booking)
    assert shown(booking)[0] == "part_paid"


@pytest.mark.parametrize("status", sorted(set(Status) - MONEY_IN))
def test_only_money_that_is_in_counts(status: Status) -> None:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, amount="10.00", booking=booking)
    make.payment(status, amount="90.00", booking=booking)
    assert shown(booking)[:2] == ("part_paid", Decimal("10.00"))


def test_a_disputed_payment_is_held_and_not_asked_for_again() -> None:
    payment = make.payment(Status.DISPUTED)
    assert till.stands(payment) == ("disputed", "paid")
    assert till.concerns(payment) == ["disputed"]


def test_a_refund_of_everything_says_refunded() -> None:
    payment = make.payment(Status.REFUNDED)
    assert shown(payment.booking) == ("refunded", Decimal("0.00"), False)
    assert till.concerns(payment) == ["refunded_outside"]


def test_a_refund_of_one_of_two_leaves_the_other() -> None:
    booking = make.booking("100.00")
    make.payment(Status.REFUNDED, amount="60.00", booking=booking)
    make.payment(Status.SUCCESSFUL, amount="40.00", booking=booking)
    assert shown(booking)[:2] == ("part_paid", Decimal("40.00"))


@pytest.mark.parametrize("closed", sorted(UNPAID_ENDS))
def test_late_money_still_counts_and_a_person_is_told(closed: Status) -> None:
    payment = make.payment(closed)
    make.move(payment, Status.SUCCESSFUL)
    assert till.stands(payment) == ("successful", "paid")
    assert till.concerns(payment) == ["late_money"]


def test_double_money_is_taken_and_a_person_is_told() -> None:
    booking = make.booking("100.00")
    first = make.payment(Status.EXPIRED, booking=booking)
    second = make.payment(Status.SUCCESSFUL, booking=booking)
    make.move(first, Status.SUCCESSFUL)
    assert shown(booking)[:2] == ("overpaid", Decimal("200.00"))
    assert till.concerns(first) == ["late_money", "paid_twice"]
    assert "costs US$ 100.00, paid is US$ 200.00" in Concern.objects.get(kind="paid_twice").sentence
    assert till.concerns(second) == []


def test_too_much_in_different_amounts_is_overpaid_and_not_paid_twice() -> None:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, booking=booking, amount="60.00")
    second = make.payment(Status.SUCCESSFUL, booking=booking, amount="50.00")
    assert till.concerns(second) == ["overpaid"]


def test_two_equal_halves_are_not_paid_twice() -> None:
    booking = make.booking("100.00")
    halves = [make.payment(Status.SUCCESSFUL, booking=booking, amount="50.00") for _ in range(2)]
    assert [till.concerns(half) for half in halves] == [[], []]


def test_the_same_matter_is_open_once() -> None:
    payment = make.payment(Status.DISPUTED)
    Concern.raise_about(payment, ConcernKind.DISPUTED, "Once more.")
    assert till.concerns(payment) == ["disputed"]
    make.move(make.move(payment, Status.SUCCESSFUL), Status.DISPUTED)
    assert [each.solved_at is None for each in payment.concerns.order_by("pk")] == [False, True], "a second dispute is a new matter"


@pytest.mark.parametrize("test_first", [True, False])
def test_test_money_is_never_added_to_real_money(test_first: bool) -> None:
    booking = make.booking("100.00")
    for is_test in (test_first, not test_first):
        make.payment(Status.SUCCESSFUL, amount="40.00" if is_test else "70.00", booking=booking, is_test=is_test)
    assert shown(booking) == ("deposit_paid", Decimal("70.00"), False)


def test_a_booking_paid_in_test_money_says_so() -> None:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, booking=booking, is_test=True)
    assert shown(booking) == ("paid", Decimal("100.00"), True)


def test_real_money_that_went_back_is_not_replaced_by_test_money() -> None:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, booking=booking, is_test=True)
    make.payment(Status.REFUNDED, booking=booking)
    assert shown(booking) == ("refunded", Decimal("0.00"), False)


def test_a_changed_price_changes_what_the_payments_amount_to() -> None:
    booking = make.payment("successful", amount="231.00").booking
    booking.refresh_from_db()
    booking.total_amount = Decimal("300.00")
    booking.save()
    booking.refresh_from_db()
    assert (booking.payment_status, str(booking.amount_paid)) == ("deposit_paid", "231.00")
    booking.deposit_percent = Decimal(100)
    booking.save(update_fields=["deposit_percent"])
    booking.refresh_from_db()
    assert booking.payment_status == "part_paid"
