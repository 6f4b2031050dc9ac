"""Receipts: one for each payment that came in, with every fact, numbered without a gap."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction

from customer_data import services, tasks
from customer_data.models import Payment, Receipt
from customer_data.receipts import NOT_FISCAL, fact, receipt_text
from customer_data.status import Status
from customer_data.tests import make, trips
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def paid(**fields: Any) -> Payment:
    return make.payment(Status.SUCCESSFUL, **fields)


# --- Numbers --------------------------------------------------------------------------------------
def test_numbers_follow_each_other() -> None:
    assert [str(services.issue_receipt(paid())) for _ in range(3)] == ["R-000001", "R-000002", "R-000003"]


def test_a_payment_has_one_receipt_however_often_it_is_asked_for() -> None:
    payment = paid()
    assert services.issue_receipt(payment) == services.issue_receipt(payment)
    assert str(services.issue_receipt(paid())) == "R-000002"


def test_test_money_is_numbered_apart_and_says_so() -> None:
    test, real = services.issue_receipt(paid(is_test=True)), services.issue_receipt(paid())
    assert (str(test), str(real)) == ("TEST-000001", "R-000001")
    assert fact(test, "Note") == "Test only: no money was paid."
    assert fact(real, "Note") == ""


@pytest.mark.parametrize("status", [Status.CREATED, Status.PENDING, Status.FAILED, Status.EXPIRED])
def test_without_money_there_is_no_receipt_and_no_number_is_used(status: Status) -> None:
    with pytest.raises(services.NotPaid):
        services.issue_receipt(make.payment(status))
    assert str(services.issue_receipt(paid())) == "R-000001"


@pytest.mark.usefixtures("tasks_at_once")
@pytest.mark.django_db(transaction=True)
def test_the_receipt_is_issued_when_the_money_comes(drawer: Drawer) -> None:
    payment = make.payment(Status.PENDING)
    assert not Receipt.objects.exists()
    make.step(payment, Status.SUCCESSFUL)
    assert fact(Receipt.objects.get(payment=payment), "Amount") == "US$ 231.00"


@pytest.mark.usefixtures("tasks_at_once")
@pytest.mark.django_db(transaction=True)
def test_the_receipt_is_there_though_nobody_is_told_and_other_moves_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling would issue it, too."""
    monkeypatch.setattr("flows.telling.write_messages", lambda *anything, **more: [])
    declined = make.payment(Status.PENDING)
    make.step(declined, Status.FAILED)
    payment = make.payment(Status.PENDING)
    payment.note(source="test", reason="Somebody looked.")
    assert not Receipt.objects.exists()
    make.step(payment, Status.SUCCESSFUL)
    assert Receipt.objects.get().payment == payment


@pytest.mark.parametrize("clock", [tasks.issue_missed_receipts, tasks.issue_every_missed_receipt])
def test_what_was_missed_is_issued_by_the_clock_oldest_money_first(clock: Callable[[], None]) -> None:
    payments = [paid(), paid(is_test=True), paid(), make.move(paid(), Status.REFUNDED)]
    make.payment(Status.PENDING)
    for _ in range(2):
        clock()
    assert [str(Payment.objects.get(pk=payment.pk).receipt) for payment in payments] == [
        "R-000001",
        "TEST-000001",
        "R-000002",
        "R-000003",
    ]


def test_old_money_is_looked_through_once_a_day_only() -> None:
    paid()
    assert services.issue_missed_receipts(within=timedelta(0)) == 0
    assert services.issue_missed_receipts() == 1


# --- Facts ----------------------------------------------------------------------------------------
def test_a_receipt_holds_every_fact() -> None:
    booking = trips.booking(travellers=2)
    payment = paid(booking=booking, amount="115.50", gateway_reference="34512345")
    receipt = services.issue_receipt(payment)
    assert receipt.facts[2][1].endswith(", Harare time")
    assert [pair for pair in receipt.facts if pair[0] != "Date"] == [
        ["Receipt", "R-000001"],
        ["Issued by", "Example Safaris"],
        ["Received from", "Rudo Moyo"],
        ["Amount", "US$ 115.50"],
        ["Paid with", "Wallet, number ending in 567"],
        ["Payment", payment.reference],
        ["Drawer reference", "34512345"],
        ["Booking", booking.booking_reference],
        ["Booked", booking.departure and booking.departure.tour.name],
        ["Trip date", booking.departure and booking.departure.date_shown],
        ["Travellers", "2"],
        ["Total", "US$ 231.00"],
        ["Paid so far", "US$ 115.50"],
        ["Balance", "US$ 115.50"],
    ]


def test_the_text_for_the_chat_holds_every_fact_and_says_what_it_is_not() -> None:
    receipt = services.issue_receipt(paid(is_test=True))
    text = receipt_text(receipt)
    assert all(f"{label}: {said}" in text for label, said in receipt.facts)
    assert text.endswith(NOT_FISCAL)


def test_another_payer_is_named_beside_the_customer() -> None:
    payment = paid(payer=make.customer(name="Aunt in Leeds"))
    receipt = services.issue_receipt(payment)
    assert (fact(receipt, "Received from"), fact(receipt, "For")) == ("Aunt in Leeds", "Rudo Moyo")


def test_a_payer_without_a_name_is_known_by_the_end_of_the_number() -> None:
    receipt = services.issue_receipt(paid(payer=make.customer(name="", phone="+263771999888")))
    assert fact(receipt, "Received from") == "WhatsApp number ending in 888"


def test_no_receipt_shows_a_whole_number_or_a_bare_dollar() -> None:
    payment = paid()
    text = receipt_text(services.issue_receipt(payment))
    assert payment.phone[-6:] not in text
    assert text.replace("US$ ", "").count("$") == 0


def test_amounts_are_written_with_their_currency() -> None:
    receipt = services.issue_receipt(paid(amount="3080.00", currency="ZWG"))
    assert fact(receipt, "Amount") == "ZiG 3,080.00"


def test_each_receipt_of_a_booking_says_what_was_paid_until_then() -> None:
    booking = make.booking("100.00")
    first, second, third = (paid(booking=booking, amount=amount) for amount in ("50.00", "30.00", "40.00"))
    receipts = [services.issue_receipt(payment) for payment in (first, second, third)]
    assert [(fact(receipt, "Paid so far"), fact(receipt, "Balance"), fact(receipt, "Paid too much")) for receipt in receipts] == [
        ("US$ 50.00", "US$ 50.00", ""),
        ("US$ 80.00", "US$ 20.00", ""),
        ("US$ 120.00", "US$ 0.00", "US$ 20.00"),
    ]


def test_money_that_went_back_is_not_counted_as_paid_so_far() -> None:
    booking = make.booking("100.00")
    gone = paid(booking=booking, amount="50.00")
    services.issue_receipt(gone)
    make.move(gone, Status.REFUNDED)
    later = services.issue_receipt(paid(booking=booking, amount="30.00"))
    assert (fact(later, "Paid so far"), fact(later, "Balance")) == ("US$ 30.00", "US$ 70.00")


def test_a_refund_leaves_the_receipt_as_it_is() -> None:
    payment = paid()
    before = services.issue_receipt(payment).facts
    make.move(payment, Status.REFUNDED)
    assert services.issue_receipt(payment).facts == before


_INSERT = """
    INSERT INTO customer_data_receipt (payment_id, series, number, facts, issued_at) SELECT id, 'R', {number}, '[]', now()
    FROM customer_data_payment WHERE id NOT IN (SELECT payment_id FROM customer_data_receipt)
"""


# --- The database ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer_data_receipt SET facts = '[]'",
        "UPDATE customer_data_receipt SET number = 7",
        "DELETE FROM customer_data_receipt",
        "UPDATE customer_data_receiptseries SET last_number = last_number + 2",
        "UPDATE customer_data_receiptseries SET last_number = 0",
        "UPDATE customer_data_receiptseries SET name = 'OTHER'",
        "DELETE FROM customer_data_receiptseries",
        _INSERT.format(number=3),
        _INSERT.format(number=1),
    ],
)
def test_nobody_changes_a_receipt_or_leaves_out_a_number(statement: str) -> None:
    services.issue_receipt(paid())
    paid()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
