"""A customer is erased: nothing names them anywhere any more, and not one figure, number or seal is another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from customer_data import services
from customer_data.admin.searching import customers_like
from customer_data.models import Change, Customer, ErasedEntry, Erasure, Payment, Receipt, Tour
from customer_data.privacy import CannotErase
from customer_data.receipts import fact
from customer_data.recording import HASH
from customer_data.sealing import seal_changes
from customer_data.status import Status
from customer_data.tests import make, money_back
from customer_data.tests.conftest import drawer
from desk import figures
from desk.privacy import customer_named, erase_customer
from desk.tests.lives import NAME, NUMBER, VALUES, WAMIDS, found_anywhere, the_books, what_is_wrong, whole_life
from flows import inbox, outbox
from flows.models import Message
from flows.tests.calls import call, message
from flows.webhook import read_updates

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def erased(customer: Customer, reason: str = "Asked by e-mail on 3 May") -> Erasure:
    return erase_customer(customer, reason=reason, user=make.staff("eraser"))


def test_nothing_names_them_in_any_column_of_any_table_afterwards_and_without_erasing_much_does() -> None:
    chipo = whole_life()
    before = found_anywhere(*VALUES, *WAMIDS)
    assert len(before) > 20, before
    erased(chipo, f"Asked for by {NAME} on the phone")
    assert found_anywhere(*VALUES, *WAMIDS) == {}


def test_the_books_are_to_the_cent_and_to_the_second_what_they_were() -> None:
    chipo = whole_life()
    today = timezone.localdate()
    figures.make_range(today, today)
    figures.make_forms(today)
    before = the_books()
    erased(chipo)
    figures.make_range(today, today)
    figures.make_forms(today)
    assert the_books() == before


@pytest.mark.django_db(transaction=True)
def test_the_record_of_changes_is_whole_afterwards_and_the_seals_of_before_hold() -> None:
    chipo = whole_life()
    assert what_is_wrong() == []
    erasure = erased(chipo)
    assert what_is_wrong() == []
    assert seal_changes() is not None
    assert what_is_wrong() == []
    assert erasure.entries == ErasedEntry.objects.count() > 10


def test_what_is_sold_keeps_its_name_also_where_a_word_of_it_is_theirs() -> None:
    chipo = whole_life()
    receipt = Receipt.objects.filter(payment__booking__customer=chipo).order_by("pk").first()
    assert receipt is not None
    erased(chipo)
    receipt.refresh_from_db()
    assert (fact(receipt, "Booked"), fact(receipt, "Received from")) == ("Chipo Falls", "(erased)")
    assert fact(receipt, "Paid with").endswith("number (erased)")


def test_others_keep_what_is_theirs() -> None:
    chipo = whole_life()
    erased(chipo)
    farai = Customer.objects.get(name="Farai Dube")
    paid = Payment.objects.get(payer=farai)
    assert (paid.phone, paid.email, farai.wa_id) == ("+263719998887", "farai@example.org", "263719998887")
    receipt = Receipt.objects.get(payment=paid)
    assert (fact(receipt, "Received from"), fact(receipt, "For")) == ("Farai Dube", "(erased)")
    theirs = Receipt.objects.get(payment__booking__customer=farai)
    assert (fact(theirs, "Received from"), fact(theirs, "For")) == ("(erased)", "Farai Dube")


# --- What the record still catches ------------------------------------------------------------------
def test_an_amount_that_is_changed_in_an_erased_entry_is_found() -> None:
    chipo = whole_life()
    erased(chipo)
    entry = Change.objects.filter(table_name="customer_data_payment", operation="insert", erasures__isnull=False).first()
    assert entry is not None
    _past_the_triggers("UPDATE customer_data_change SET after = after || '{\"amount\": 9999.00}' WHERE id = %s", entry.pk)
    assert any(f"Entry {entry.pk} of the record" in sentence for sentence in what_is_wrong())


def test_values_taken_out_without_an_erasure_are_found() -> None:
    chipo = whole_life()
    _past_the_triggers(
        'UPDATE customer_data_change SET after = after || \'{"name": ""}\' WHERE table_name = %s', "customer_data_customer"
    )
    assert any("was altered" in sentence for sentence in what_is_wrong())
    with pytest.raises(CannotErase, match="run check_ledger first"):
        erased(chipo)
    assert not Erasure.objects.exists()


def test_an_erasure_that_only_somebody_with_the_database_made_up_is_found() -> None:
    """Control for the code: everything else about the forged erasure is in order."""
    chipo = whole_life()
    entry = Change.objects.filter(table_name="customer_data_payment", operation="insert").first()
    assert entry is not None
    forged = Erasure.objects.create(
        customer=chipo,
        reason="Forged",
        made_at=timezone.now(),
        rows={},
        entries=1,
        digest="0" * 64,
        key_name="0" * 16,
        code="0" * 64,
    )
    _past_the_triggers("UPDATE customer_data_change SET after = after || '{\"amount\": 1.00}' WHERE id = %s", entry.pk)
    _past_the_triggers(
        f"""INSERT INTO customer_data_erasedentry (entry_id, erasure_id, was, now)
            SELECT e.id, {forged.pk}, e.hash, {HASH.format(e="e")} FROM customer_data_change e WHERE e.id = %s""",  # noqa: S608
        entry.pk,
    )
    assert any(f"Erasure {forged.pk} was not made with any of FIELD_ENCRYPTION_KEYS" in sentence for sentence in what_is_wrong())


def test_two_customers_on_one_payment_are_erased_one_after_the_other() -> None:
    chipo = whole_life()
    farai = Customer.objects.get(name="Farai Dube")
    erased(chipo)
    erase_customer(farai, reason="He asked too", user=None)
    assert what_is_wrong() == []
    assert found_anywhere("Farai Dube", "263719998887", "farai@example.org") == {}


def _past_the_triggers(sql: str, value: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, [value])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


# --- What is in the way -----------------------------------------------------------------------------
@pytest.mark.parametrize("status", [Status.CREATED, Status.SENDING, Status.PENDING])
def test_an_open_payment_is_in_the_way(status: str) -> None:
    payment = make.payment(status)
    with pytest.raises(CannotErase, match=f"A payment is open: {payment.reference}"):
        erased(payment.booking.customer)


def test_a_payment_that_the_gateway_is_still_asked_about_is_in_the_way() -> None:
    payment = make.payment(Status.EXPIRED)
    with pytest.raises(CannotErase, match="money for it may yet come"):
        erased(payment.booking.customer)


def test_somebody_elses_open_payment_for_their_booking_is_in_the_way_of_both() -> None:
    payer = make.customer()
    payment = make.payment(Status.PENDING, payer=payer)
    for customer in (payment.booking.customer, payer):
        with pytest.raises(CannotErase, match="A payment is open"):
            erase_customer(customer, reason="Asked", user=None)


@pytest.mark.parametrize("status", ["requested", "approved"])
def test_a_refund_under_way_is_in_the_way(status: str) -> None:
    refund = money_back.refund(status)
    Payment.objects.update(next_check_at=None)
    with pytest.raises(CannotErase, match=f"A refund is under way: {refund.reference}"):
        erased(refund.payment.booking.customer)


def test_a_disputed_payment_is_in_the_way() -> None:
    payment = make.payment(Status.DISPUTED)
    Payment.objects.update(next_check_at=None)
    with pytest.raises(CannotErase, match=f"A payment is disputed: {payment.reference}"):
        erased(payment.booking.customer)


def test_a_trip_that_is_ahead_is_in_the_way_and_a_cancelled_one_is_not() -> None:
    departure = Tour.objects.create(name="Falls", price="1.00").departures.create(starts_on=timezone.localdate(), seats=2)
    booking = make.booking(departure=departure)
    with pytest.raises(CannotErase, match=f"A trip is ahead: {booking.booking_reference}"):
        erased(booking.customer)
    services.cancel_booking(booking, reason="Ill", user=make.staff("canceller"))
    assert erase_customer(booking.customer, reason="Asked", user=None).pk


def test_who_was_erased_is_not_erased_again() -> None:
    customer = make.customer()
    erased(customer)
    with pytest.raises(CannotErase, match="was erased already"):
        erase_customer(customer, reason="Again", user=None)


# --- Afterwards -------------------------------------------------------------------------------------
def test_a_message_of_who_was_erased_begins_anew() -> None:
    chipo = whole_life()
    erased(chipo)
    (update,) = inbox.store(read_updates(json.dumps(call(message("wamid.new") | {"from": NUMBER})).encode()))
    inbox.handle(update)
    again = Customer.objects.get(wa_id=NUMBER)
    assert again.pk != chipo.pk
    assert Message.objects.filter(customer=again).exists()


def test_the_old_number_finds_nobody() -> None:
    chipo = whole_life()
    assert customer_named(f"0{NUMBER[3:]}") == chipo
    erased(chipo)
    assert customer_named(f"0{NUMBER[3:]}") is None
    for typed in (NUMBER, f"0{NUMBER[3:]}", NAME, "chipo.ndlovu@example.org"):
        assert not Customer.objects.filter(customers_like(typed)).exists()


def test_the_command_says_what_is_in_the_way_and_then_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    payment = make.payment(Status.PENDING)
    wa_id = payment.booking.customer.wa_id
    call_command("erase_customer", wa_id, "--reason", "Asked", "--look")
    with pytest.raises(CommandError, match="A payment is open"):
        call_command("erase_customer", wa_id, "--reason", "Asked")
    Payment.objects.filter(pk=make.move(payment, Status.FAILED).pk).update(next_check_at=None)
    call_command("erase_customer", wa_id, "--reason", "Asked")
    said = capsys.readouterr().out
    assert "A payment is open" in said
    assert f"Customer {payment.booking.customer_id} is erased." in said


def test_a_message_of_who_was_erased_is_not_sent_again_by_hand(settings: Any) -> None:
    chipo = whole_life()
    told = Message.objects.filter(customer=chipo).first()
    assert told is not None
    Message.objects.filter(pk=told.pk).update(status="failed")
    erased(chipo)
    told.refresh_from_db()
    outbox.try_again(told)
    outbox.send_message(told.pk)
    told.refresh_from_db()
    assert (told.status, told.next_try_at) == ("failed", None)


def test_the_record_says_of_each_earlier_name_only_that_there_was_one() -> None:
    chipo = whole_life()
    erased(chipo)
    names = [
        (entry.before or {}).get("name")
        for entry in Change.objects.filter(table_name="customer_data_customer", row_id=str(chipo.pk))
    ]
    assert [name for name in names if name] == ["(erased)", "(erased)"]
