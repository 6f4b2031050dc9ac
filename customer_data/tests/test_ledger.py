"""`check_ledger` finds each violation. The database refuses them all, so its guards are taken away first, and the test's rollback
puts them back."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from customer_data import ledger, services, tasks
from customer_data.models import Concern, Payment, PaymentEvent
from customer_data.status import Status
from customer_data.tests import make, trips
from customer_data.tests.forced_proofs import FORCED_PROOFS
from customer_data.tests.forced_refunds import FORCED_REFUNDS
from customer_data.tests.forced_transfers import FORCED_TRANSFERS
from customer_data.tests.guards import without_guards

pytestmark = pytest.mark.django_db

Forced = Callable[[], str]


def change(payment: Payment, what: str) -> str:
    without_guards(f"UPDATE customer_data_payment SET {what} WHERE id = %(id)s", id=payment.pk)  # noqa: S608
    return payment.reference


def change_booking(payment: Payment, what: str) -> str:
    without_guards(f"UPDATE customer_data_booking SET {what} WHERE id = %(id)s", id=payment.booking_id)  # noqa: S608
    return payment.booking.booking_reference


def change_events(payment: Payment, statement: str) -> str:
    without_guards(statement, id=payment.pk)
    return payment.reference


def overpaid_and_nobody_told() -> str:
    booking = make.booking("100.00")
    make.payment(Status.SUCCESSFUL, booking=booking)
    make.payment(Status.SUCCESSFUL, booking=booking)
    Concern.objects.filter(kind="paid_twice").delete()
    return booking.booking_reference


def late_and_nobody_told() -> str:
    payment = make.move(make.payment(Status.EXPIRED), Status.SUCCESSFUL)
    Concern.objects.filter(kind="late_money").delete()
    return payment.reference


def two_open() -> str:
    first = make.payment(Status.EXPIRED)
    make.payment(Status.PENDING, booking=first.booking)
    change(first, "status = 'pending'")
    return first.booking.booking_reference


def one_gateway_payment_twice() -> str:
    for payment in (make.payment(Status.SUCCESSFUL), make.payment(Status.SUCCESSFUL)):
        Payment.objects.filter(pk=payment.pk).update(gateway_reference="D-1")
    return "D-1 of drawer"


def change_receipt(what: str) -> str:
    receipt = services.issue_receipt(paid())
    without_guards(f"UPDATE customer_data_receipt SET {what}")  # noqa: S608
    return receipt.series


def change_payment_of_a_receipt(what: str) -> str:
    payment = paid()
    services.issue_receipt(payment)
    return change(payment, what)


def give_numbers_to_nobody() -> str:
    series = services.issue_receipt(paid()).series
    without_guards("UPDATE customer_data_receiptseries SET last_number = last_number + 1")
    return series


def issue_in_another_order() -> str:
    first, _ = (services.issue_receipt(paid()) for _ in range(2))
    without_guards("UPDATE customer_data_receipt SET issued_at = now() - interval '1 day' WHERE number = 2")
    return first.series


def sell_too_many() -> str:
    departure = trips.hold(seats_wanted=2).departure
    without_guards("UPDATE customer_data_departure SET seats = 1")
    return departure.tour.name


def lose_paid_seats(what: str) -> str:
    booking = trips.booking()
    make.payment(Status.SUCCESSFUL, booking=booking, amount="10.00")
    without_guards(f"UPDATE customer_data_seathold SET {what}")  # noqa: S608
    return booking.booking_reference


def paid() -> Payment:
    return make.payment(Status.SUCCESSFUL)


FORCED: dict[ledger.Invariant, list[Forced]] = {
    ledger.paid_amount_is_the_sum_of_the_payments: [
        lambda: change_booking(paid(), "amount_paid = amount_paid + 0.01"),
        lambda: change_booking(make.payment(Status.FAILED), "amount_paid = 1"),
        lambda: change(paid(), "amount = amount - 1") and Payment.objects.get().booking.booking_reference,
    ],
    ledger.booking_status_follows_from_the_payments: [
        lambda: change_booking(paid(), "payment_status = 'deposit_paid'"),
        lambda: change_booking(make.payment(Status.PENDING), "payment_status = 'paid'"),
        lambda: change_booking(make.payment(Status.REFUNDED), "payment_status = 'unpaid'"),
        lambda: change_booking(paid(), "total_amount = total_amount + 1"),
    ],
    ledger.real_and_test_money_are_apart: [
        lambda: change_booking(paid(), "is_test = true"),
        lambda: change(paid(), "is_test = true") and Payment.objects.get().booking.booking_reference,
    ],
    ledger.an_overpaid_booking_was_told_to_a_person: [overpaid_and_nobody_told],
    ledger.booking_amounts_and_words_are_possible: [
        lambda: change_booking(make.payment(), "total_amount = 0"),
        lambda: change_booking(make.payment(), "deposit_percent = 101"),
        lambda: change_booking(make.payment(), "payment_status = 'settled'"),
        lambda: change_booking(make.payment(), "currency = 'ZWL'"),
        lambda: change_booking(make.payment(), "amount_paid = -1"),
    ],
    ledger.a_payment_is_of_more_than_nothing: [
        lambda: change(make.payment(), "amount = 0"),
        lambda: change(make.payment(), "amount = -1"),
    ],
    ledger.a_payment_status_is_known: [lambda: change(make.payment(), "status = 'Paid'")],
    ledger.a_booking_has_one_open_payment: [two_open],
    ledger.money_has_a_report_or_an_approver: [
        lambda: change(paid(), "reported_at = NULL"),
        lambda: change(paid(), "gateway_status = ''"),
        lambda: change(make.payment(Status.REFUNDED), "reported_at = NULL"),
        lambda: change(make.payment(Status.PENDING), "status = 'successful'"),
    ],
    ledger.a_payment_is_in_its_bookings_currency: [lambda: change(make.payment(), "currency = 'ZWG'")],
    ledger.a_gateway_reference_pays_once: [one_gateway_payment_twice],
    ledger.an_open_payment_is_never_forgotten: [
        lambda: change(make.payment(Status.CREATED), "next_check_at = NULL"),
        lambda: change(make.payment(Status.PENDING), "next_check_at = NULL"),
    ],
    ledger.late_money_was_told_to_a_person: [late_and_nobody_told],
    ledger.every_move_is_legal: [
        lambda: change_events(
            make.payment(Status.CREATED),
            "UPDATE customer_data_paymentevent SET from_status = 'refunded' WHERE payment_id = %(id)s",
        ),
        lambda: change_events(paid(), "UPDATE customer_data_paymentevent SET to_status = 'Paid' WHERE payment_id = %(id)s"),
    ],
    ledger.the_trail_is_unbroken: [
        lambda: change_events(paid(), "DELETE FROM customer_data_paymentevent WHERE payment_id = %(id)s AND to_status = 'pending'"),
        lambda: change_events(paid(), "DELETE FROM customer_data_paymentevent WHERE payment_id = %(id)s AND from_status = ''"),
    ],
    ledger.the_trail_ends_where_the_payment_stands: [
        lambda: change(make.payment(Status.PENDING), "status = 'failed'"),
        lambda: change_events(paid(), "DELETE FROM customer_data_paymentevent WHERE payment_id = %(id)s"),
    ],
    ledger.money_that_came_in_has_a_receipt: [
        lambda: change(paid(), "processed_at = now() - interval '11 minutes'"),
        lambda: change(make.payment(Status.REFUNDED), "processed_at = now() - interval '11 minutes'"),
    ],
    ledger.receipts_are_numbered_without_a_gap: [
        lambda: change_receipt("number = 2"),
        give_numbers_to_nobody,
        issue_in_another_order,
    ],
    ledger.a_receipt_says_what_was_paid: [
        lambda: change_receipt("facts = '[]'"),
        lambda: change_receipt("number = 1000000"),
        lambda: change_payment_of_a_receipt("amount = amount + 0.01"),
        lambda: change_payment_of_a_receipt("currency = 'ZWG'"),
        lambda: change_payment_of_a_receipt("is_test = true"),
        lambda: change_payment_of_a_receipt("status = 'failed'"),
    ],
    ledger.a_departure_is_not_oversold: [sell_too_many],
    ledger.paid_seats_are_kept_or_a_person_was_told: [
        lambda: lose_paid_seats("released_at = now()"),
        lambda: lose_paid_seats("expires_at = now() + interval '1 day'"),
    ],
    **FORCED_REFUNDS,
    **FORCED_TRANSFERS,
    **FORCED_PROOFS,
}


@pytest.mark.parametrize(
    ("invariant", "force"),
    [(invariant, force) for invariant, ways in FORCED.items() for force in ways],
    ids=lambda value: value.__name__,
)
def test_a_forced_violation_is_found(invariant: ledger.Invariant, force: Forced) -> None:
    assert list(invariant()) == []
    subject = force()
    found = list(invariant())
    assert len(found) >= 1
    assert all(subject in sentence and sentence.endswith(".") for sentence in found)


def test_every_invariant_has_been_forced() -> None:
    assert set(FORCED) == set(ledger.INVARIANTS)


@pytest.mark.parametrize("status", Status)
def test_the_books_are_right_after_every_ordinary_life(status: Status) -> None:
    for fields in ({}, {"is_test": True}, {"amount": "231.00"}):
        payment = make.payment(status, **fields)
        payment.note(source="test", reason="Somebody looked.")
    assert list(ledger.violations()) == []


def test_a_note_left_by_somebody_who_was_too_late_does_not_break_the_trail() -> None:
    payment = make.payment(Status.SENDING)
    stale = Payment.objects.get(pk=payment.pk)
    make.move(payment, Status.EXPIRED)
    stale.note(source="test", reason="No answer.")
    assert list(ledger.violations()) == []


def test_large_amounts_and_old_receipts_are_read_as_they_were_written() -> None:
    for amount, currency in (("0.05", "USD"), ("1234567.80", "ZWG"), ("9999999999.99", "USD")):
        services.issue_receipt(make.payment(Status.SUCCESSFUL, amount=amount, currency=currency))
    assert list(ledger.violations()) == []


def test_the_command_says_what_it_checked() -> None:
    make.payment(Status.SUCCESSFUL)
    said = StringIO()
    call_command("check_ledger", stdout=said)
    assert f"{len(ledger.INVARIANTS)} invariants hold over 1 bookings and 1 payments" in said.getvalue()


def test_the_command_prints_each_violation_and_exits_1() -> None:
    reference = change(make.payment(Status.PENDING), "status = 'failed'")
    said, failed = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ledger", stdout=said, stderr=failed)
    assert ended.value.code == 1
    assert (
        f"the_trail_ends_where_the_payment_stands: Payment {reference} is failed; its trail ends at pending.\n" in said.getvalue()
    )
    assert f"{len(said.getvalue().splitlines())} violations" in failed.getvalue()


def test_the_clock_tells_a_person_what_is_wrong_and_only_once() -> None:
    payment = make.payment(Status.PENDING)
    tasks.check_the_books()
    assert not Concern.objects.filter(kind="books_wrong").exists()
    reference = change(payment, "status = 'failed'")
    for _ in range(2):
        tasks.check_the_books()
    matter = Concern.objects.get(kind="books_wrong")
    assert f"Payment {reference} is failed; its trail ends at pending." in matter.details["found"]
    assert "Run check_ledger" in matter.sentence


def test_a_check_asks_each_question_once_however_many_payments_there_are(
    django_assert_num_queries: Callable[..., object],
) -> None:
    for _ in range(30):
        make.payment(Status.SUCCESSFUL)
    assert PaymentEvent.objects.count() == 120
    with django_assert_num_queries(len(ledger.INVARIANTS)):  # type: ignore[attr-defined]
        assert [sentence for invariant in ledger.INVARIANTS for sentence in invariant()] == []
