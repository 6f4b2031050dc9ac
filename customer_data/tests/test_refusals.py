"""What the database itself refuses, in raw SQL, as a bug, a script or a person in `psql` would try it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from customer_data.models import Booking, Customer, Payment
from customer_data.references import new_reference
from customer_data.status import NEEDS_PROOF, OPEN, Status
from customer_data.tests import make

pytestmark = pytest.mark.django_db


def refused(statement: str, *values: str | int | UUID, match: str = "") -> None:
    with pytest.raises(DatabaseError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def copy_of(payment: Payment, **changes: object) -> Payment:
    """A second row like `payment`, inserted past every service."""
    twin = Payment.objects.get(pk=payment.pk)
    twin.pk, twin.reference, twin._state.adding = None, new_reference(), True
    twin.id = Payment._meta.pk.get_default()
    for name, value in changes.items():
        setattr(twin, name, value)
    with transaction.atomic():
        twin.save(force_insert=True)
    return twin


@pytest.mark.parametrize("amount", ["0.00", "-0.01", "-231.00"])
def test_a_payment_is_of_more_than_nothing(amount: str) -> None:
    payment = make.payment(Status.FAILED)
    with pytest.raises(IntegrityError, match="payment_amount_is_positive"):
        copy_of(payment, amount=amount)


@pytest.mark.parametrize("total", ["0.00", "-1.00"])
def test_a_booking_costs_something(total: str) -> None:
    with pytest.raises(IntegrityError, match="booking_total_is_positive"), transaction.atomic():
        make.booking(total)


def test_an_unknown_status_is_refused() -> None:
    payment = make.payment(Status.FAILED)
    with pytest.raises(IntegrityError, match="payment_status_is_known"):
        copy_of(payment, status="Delivered")
    booking = make.booking()
    refused("UPDATE customer_data_booking SET payment_status = 'settled' WHERE id = %s", booking.pk, match="is_known")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(IntegrityError, match="payment_currency_is_known"):
        copy_of(make.payment(Status.FAILED), currency="ZWL")


@pytest.mark.parametrize("first", sorted(OPEN))
@pytest.mark.parametrize("second", sorted(OPEN))
def test_a_booking_has_one_open_payment(first: str, second: str) -> None:
    payment = make.payment(first)
    with pytest.raises(IntegrityError, match="one_open_payment_per_booking"):
        copy_of(payment, status=second)


@pytest.mark.parametrize("status", sorted(set(Status) - OPEN - NEEDS_PROOF))
def test_a_closed_payment_leaves_room_for_another(status: str) -> None:
    payment = make.payment(status)
    assert copy_of(payment, status=Status.CREATED).pk != payment.pk


@pytest.mark.parametrize("status", sorted(NEEDS_PROOF))
@pytest.mark.parametrize("missing", ["reported_at = NULL", "gateway_status = ''"])
def test_money_needs_a_report_or_an_approver(status: str, missing: str) -> None:
    payment = make.payment(status)
    refused(f"UPDATE customer_data_payment SET {missing} WHERE id = %s", payment.pk, match="needs_a_report_or_an_approver")  # noqa: S608


def test_a_named_approver_is_enough() -> None:
    payment = make.payment(Status.PENDING)
    event = payment.move_to(Status.SUCCESSFUL, source="admin", approved_by=make.staff(), reason="Cash at the office.")
    assert event is not None
    assert payment.is_paid


def test_nobody_is_paid_on_a_word() -> None:
    payment = make.payment(Status.PENDING)
    with pytest.raises(IntegrityError, match="needs_a_report_or_an_approver"), transaction.atomic():
        payment.move_to(Status.SUCCESSFUL, source="admin")


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "currency = 'ZWG'",
        "reference = 'B7K2M9QXA4T'",
        "payment_method = 'drawer_purse'",
        "gateway = 'another'",
        "account = 'another'",
        "is_test = NOT is_test",
        "created_at = now() + interval '1 day'",
        "id = gen_random_uuid()",
    ],
)
@pytest.mark.parametrize("status", [Status.CREATED, Status.PENDING, Status.SUCCESSFUL])
def test_what_was_asked_stays(status: Status, change: str) -> None:
    payment = make.payment(status)
    refused(f"UPDATE customer_data_payment SET {change} WHERE id = %s", payment.pk, match="Cannot update")  # noqa: S608


def test_a_payment_never_goes_to_another_booking() -> None:
    payment, other = make.payment(), make.booking()
    refused("UPDATE customer_data_payment SET booking_id = %s WHERE id = %s", other.pk, payment.pk, match="by a transfer only")


@pytest.mark.parametrize("change", ["to_status = 'successful'", "reason = ''", "created_at = now()", "actor = 'nobody'"])
def test_an_event_is_never_edited(change: str) -> None:
    event = make.payment().events.get()
    refused(f"UPDATE customer_data_paymentevent SET {change} WHERE id = %s", event.pk, match="Cannot update or delete")  # noqa: S608


@pytest.mark.parametrize("row_of", [lambda payment: payment, lambda payment: payment.events.first()])
def test_payments_and_events_are_never_deleted(row_of: Callable[[Payment], Payment]) -> None:
    row = row_of(make.payment(Status.FAILED))
    refused(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk, match="Cannot.*delete")  # noqa: S608
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_who_has_paid_is_not_deleted() -> None:
    payment = make.payment()
    for row in (payment.booking, payment.booking.customer):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()


def test_two_payments_never_share_a_reference() -> None:
    payment = make.payment(Status.FAILED)
    with pytest.raises(IntegrityError, match="reference"):
        copy_of(payment, reference=payment.reference)


def test_two_bookings_never_share_a_reference() -> None:
    with pytest.raises(IntegrityError, match="booking_reference"), transaction.atomic():
        make.booking(booking_reference=make.booking().booking_reference)


def test_a_whatsapp_id_is_digits_or_unknown() -> None:
    with pytest.raises(IntegrityError, match="wa_id_is_digits"), transaction.atomic():
        make.customer(wa_id="+263771234567", phone="")
    assert [make.customer(wa_id=None).wa_id, make.customer(wa_id=None).wa_id] == [None, None]
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("percent", ["-1", "100.01"])
def test_a_deposit_is_a_percentage(percent: str) -> None:
    with pytest.raises(IntegrityError, match="deposit_is_a_percentage"), transaction.atomic():
        make.booking(deposit_percent=percent)
    assert Booking.objects.count() == 0
