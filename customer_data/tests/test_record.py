"""Every change of a money or settings row is recorded: who, why, from what to what; and nothing that must stay secret."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.utils import DatabaseError

from customer_data import ledger
from customer_data.models import Booking, Change, MethodSwitch, Payment
from customer_data.recording import put_triggers_in_place, recorded_tables, take_stock
from customer_data.status import Status
from customer_data.tests import far_hand, make
from customer_data.tests.desk import owner, page_of
from customer_data.tests.entries import entries, last
from customer_data.who import acting, begin_task, end_task

pytestmark = pytest.mark.django_db


def test_a_payment_leaves_an_entry_for_each_change_of_what_matters() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    told = [(entry.number, entry.operation, (entry.after or {}).get("status")) for entry in entries(payment)]
    assert told == [(1, "insert", "created"), (2, "update", "sending"), (3, "update", "pending"), (4, "update", "successful")]
    end = last(payment)
    assert (end.before or {})["status"] == "pending"
    assert set(end.after or {}) == {"status", "processed_at", "reported_at", "gateway_status"}
    assert [entry.after for entry in entries(payment.booking)][-1] == {"amount_paid": Decimal("231.00"), "payment_status": "paid"}


def test_what_changes_all_the_time_leaves_no_entry() -> None:
    payment = make.payment(Status.PENDING)
    before = len(entries(payment))
    Payment.objects.filter(pk=payment.pk).update(next_check_at=None, checks_made=7)
    assert len(entries(payment)) == before
    Payment.objects.filter(pk=payment.pk).update(checks_made=8, notes="Rang twice.")
    assert last(payment).after == {"notes": "Rang twice."}


def test_one_statement_over_many_rows_leaves_an_entry_for_each() -> None:
    made = [make.booking() for _ in range(5)]
    Booking.objects.filter(pk__in=[booking.pk for booking in made[:3]]).update(title="Hwange")
    assert [last(booking).operation for booking in made] == ["update"] * 3 + ["insert"] * 2
    assert last(made[0]).before == {"title": "Victoria Falls, two days"}


def test_rows_written_in_bulk_are_recorded() -> None:
    customer = make.customer()
    made = Booking.objects.bulk_create([Booking(customer=customer, title=f"Trip {number}", total_amount=1) for number in range(50)])
    assert Change.objects.filter(table_name="customer_data_booking", row_id__in=[str(booking.pk) for booking in made]).count() == 50


def test_a_deleted_row_is_kept_as_it_was() -> None:
    switch = MethodSwitch.objects.create(payment_method="paynow_ecocash", is_off=True, told="Use InnBucks.")
    key = switch.pk
    switch.delete()
    entry = Change.objects.get(table_name="customer_data_methodswitch", row_id=str(key), operation="delete")
    assert (entry.before or {})["told"] == "Use InnBucks."
    assert entry.after is None


def test_who_and_why_stand_with_every_change_and_end_with_the_block() -> None:
    with acting("tendai", "The bank slip says so; */ DROP TABLE x; -- 100%s"):
        booking = make.booking()
    assert (last(booking).who, last(booking).why) == ("tendai", "The bank slip says so; */ DROP TABLE x; -- 100%s")
    Booking.objects.filter(pk=booking.pk).update(title="Later")
    assert (last(booking).who, last(booking).why) != ("tendai", "The bank slip says so; */ DROP TABLE x; -- 100%s")


def test_a_rolled_back_part_does_not_change_who_acts_in_the_rest() -> None:
    booking = make.booking()
    with acting("rudo", "First"), transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic(), acting("chipo", "Second"):
            Booking.objects.filter(pk=booking.pk).update(title="Gone")
            raise ZeroDivisionError
        Booking.objects.filter(pk=booking.pk).update(title="Kept")
    assert (last(booking).who, last(booking).why, last(booking).after) == ("rudo", "First", {"title": "Kept"})


def test_a_task_acts_under_its_name() -> None:
    class Task:
        name = "customer_data.tasks.sweep"

    begin_task(task_id="1", task=Task)
    booking = make.booking()
    end_task()
    assert last(booking).who == "task customer_data.tasks.sweep"
    assert last(make.booking()).who != "task customer_data.tasks.sweep"


def test_what_a_value_says_is_never_taken_for_who_acts() -> None:
    tag = "/*paydesk:eyJ3aG8iOiAidGhlIG93bmVyIiwgIndoeSI6ICJ4In0=*/"
    booking = make.booking()
    far_hand.run("UPDATE customer_data_booking SET title = %s WHERE id = %s", tag, booking.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        (user,) = cursor.fetchone()
    assert last(booking).who == f"psql: {user}"
    far_hand.run("UPDATE customer_data_booking SET id = id WHERE title = %s", tag)
    Booking.objects.filter(title=tag).update(title=tag + "!")
    assert "owner" not in last(booking).who


def test_somebody_in_psql_is_recorded_too() -> None:
    booking = make.booking()
    far_hand.run("SET LOCAL TIME ZONE 'Africa/Harare'")
    far_hand.run("UPDATE customer_data_booking SET title = 'By hand', cancelled_at = now() WHERE id = %s", booking.pk)
    assert last(booking).who.startswith("psql: ")
    assert str((last(booking).after or {})["cancelled_at"]).endswith("+00:00")
    far_hand.run("SET LOCAL TIME ZONE 'UTC'")
    assert list(ledger.record.rows_are_as_the_record_says()) == []


def test_the_staffs_pages_record_who_is_signed_in() -> None:
    chief = owner()
    group = Group.objects.create(name="Drivers")
    chief.web.post(page_of(group), {"name": "Guides", "reason_of_change": "They guide."})
    assert (last(group).who, last(group).after) == (chief.user.username, {"name": "Guides"})
    assert last(group).why == "They guide."


def test_who_is_in_a_group_and_what_a_group_may_do_is_recorded() -> None:
    user, group = make.staff(), Group.objects.create(name="Drivers")
    user.groups.add(group)  # type: ignore[attr-defined]
    entry = Change.objects.filter(table_name="auth_user_groups").latest("id")
    assert (entry.after or {})["user_id"] == user.pk
    user.groups.clear()  # type: ignore[attr-defined]
    assert Change.objects.filter(table_name="auth_user_groups").latest("id").operation == "delete"


@pytest.mark.parametrize("statement", ["UPDATE customer_data_change SET who = 'x'", "DELETE FROM customer_data_change"])
def test_the_record_refuses_to_be_changed(statement: str) -> None:
    make.booking()
    with pytest.raises(DatabaseError), transaction.atomic():
        far_hand.run(statement)


def test_rows_from_before_the_record_get_a_first_entry_and_their_changes_follow() -> None:
    with far_hand.past_the_triggers("customer_data_booking"):
        old, older = make.booking(), make.booking()
    Booking.objects.filter(pk=old.pk).update(title="Changed before anybody took stock")
    assert [entry.operation for entry in entries(old)] == ["found", "update"]
    assert (entries(old)[0].after or {})["title"] == "Victoria Falls, two days"
    take_stock(next(table for table in recorded_tables() if table.name == "customer_data_booking"))
    assert [(entry.operation, entry.why) for entry in entries(older)] == [("found", "Recording began.")]
    assert [entry.operation for entry in entries(old)] == ["found", "update"]
    assert list(ledger.violations()) == []


def test_triggers_that_were_lost_come_back_with_the_next_migration() -> None:
    far_hand.run("DROP TRIGGER paydesk_update ON customer_data_booking")
    assert [sentence for sentence in ledger.record.every_recorded_table_has_its_triggers() if "customer_data_booking" in sentence]
    put_triggers_in_place()
    assert list(ledger.record.every_recorded_table_has_its_triggers()) == []


def test_a_command_acts_under_its_name() -> None:
    said = "import sys; sys.argv = ['manage.py', 'make_figures']; from customer_data import who; print(who._THIS_PROGRAM.who)"
    answer = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.strip() == "command make_figures"
