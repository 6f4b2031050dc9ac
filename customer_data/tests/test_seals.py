"""Whoever holds the whole database and none of our keys cannot take anything out of the record of changes without being found."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from customer_data import ledger, sealing
from customer_data.ledger import record
from customer_data.models import Booking, Change, Concern, Payment, Seal
from customer_data.sealing import CannotSeal, seal_changes
from customer_data.status import Status
from customer_data.tests import far_hand, make
from customer_data.tests.races import at_once
from customer_data.who import acting

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = "customer_data_payment"


def paid() -> Payment:
    return make.payment(Status.SUCCESSFUL)


def found() -> str:
    """What check_ledger says, which is nothing when all is well."""
    said = StringIO()
    try:
        call_command("check_ledger", stdout=said, stderr=StringIO())
    except SystemExit:
        return said.getvalue()
    assert "The record of changes is whole" in said.getvalue()
    return ""


def entry(payment: Payment, number: int) -> int:
    return Change.objects.get(table_name=TABLE, row_id=str(payment.pk), number=number).pk


def test_a_record_that_nobody_touched_is_whole() -> None:
    for _ in range(3):
        paid()
        assert seal_changes() is not None
    Booking.objects.update(title="Changed")
    assert found() == ""


def test_nothing_new_makes_no_seal() -> None:
    paid()
    assert seal_changes() is not None
    assert seal_changes() is None


# --- What is found --------------------------------------------------------------------------------
def alter_an_entry(payment: Payment) -> None:
    far_hand.rewrite("UPDATE customer_data_change SET who = 'somebody else' WHERE id = %s", entry(payment, 2))


def alter_what_an_entry_says_came_before(payment: Payment) -> None:
    far_hand.rewrite("""UPDATE customer_data_change SET before = '{"status": "failed"}' WHERE id = %s""", entry(payment, 4))


def take_an_entry_out_of_the_middle(payment: Payment) -> None:
    far_hand.rewrite("DELETE FROM customer_data_change WHERE id = %s", entry(payment, 3))


def take_the_last_entry_out(payment: Payment) -> None:
    far_hand.rewrite("DELETE FROM customer_data_change WHERE id = %s", entry(payment, 4))


def take_all_entries_of_the_row_out(payment: Payment) -> None:
    far_hand.rewrite("DELETE FROM customer_data_change WHERE table_name = %s AND row_id = %s", TABLE, str(payment.pk))


def change_the_row_past_the_record(payment: Payment) -> None:
    with far_hand.past_the_triggers(TABLE):
        far_hand.run("UPDATE customer_data_payment SET notes = 'Settled by hand' WHERE id = %s", payment.pk)


def make_a_row_past_the_record(payment: Payment) -> None:
    with far_hand.past_the_triggers("customer_data_receiptseries"):
        far_hand.run("INSERT INTO customer_data_receiptseries (name, last_number) VALUES ('X', 0)")


def delete_a_row_past_the_record(payment: Payment) -> None:
    far_hand.run("INSERT INTO customer_data_receiptseries (name, last_number) VALUES ('X', 0)")
    with far_hand.past_the_triggers("customer_data_receiptseries"):
        far_hand.run("DELETE FROM customer_data_receiptseries")


def empty_the_record(payment: Payment) -> None:
    far_hand.run("TRUNCATE customer_data_change")


WITHOUT_A_SEAL: dict[Callable[[Payment], None], str] = {
    alter_an_entry: "an_entry_says_what_it_said",
    alter_what_an_entry_says_came_before: "an_entry_says_what_it_said",
    take_an_entry_out_of_the_middle: "the_entries_of_a_row_are_unbroken",
    take_the_last_entry_out: "rows_are_as_the_record_says",
    take_all_entries_of_the_row_out: "rows_are_as_the_record_says",
    change_the_row_past_the_record: "rows_are_as_the_record_says",
    make_a_row_past_the_record: "rows_are_as_the_record_says",
    delete_a_row_past_the_record: "rows_are_as_the_record_says",
    empty_the_record: "rows_are_as_the_record_says",
}


@pytest.mark.parametrize("meddle", WITHOUT_A_SEAL, ids=lambda meddle: meddle.__name__)
def test_meddling_is_found_even_before_anything_was_sealed(meddle: Callable[[Payment], None]) -> None:
    payment, _ = paid(), paid()
    assert found() == ""
    meddle(payment)
    assert f"{WITHOUT_A_SEAL[meddle]}: " in found()


@pytest.mark.parametrize("meddle", [*WITHOUT_A_SEAL][:5], ids=lambda meddle: meddle.__name__)
def test_whoever_puts_the_chain_and_the_row_right_again_is_found_by_the_seal(meddle: Callable[[Payment], None]) -> None:
    payment = paid()
    seal_changes()
    meddle(payment)
    far_hand.chain_again(TABLE, payment.pk)
    assert "the_seals_hold: The entries under seal 1 are not those it was put on" in found()


def test_an_entry_and_its_row_turned_back_together_are_found_by_the_seal() -> None:
    booking = make.booking()
    Booking.objects.filter(pk=booking.pk).update(title="Another")
    seal = seal_changes()
    assert seal is not None
    far_hand.rewrite("DELETE FROM customer_data_change WHERE row_id = %s AND number = 2", str(booking.pk))
    with far_hand.past_the_triggers("customer_data_booking"):
        far_hand.run("UPDATE customer_data_booking SET title = 'Victoria Falls, two days' WHERE id = %s", booking.pk)
    sentence = f"The entries under seal 1 are not those it was put on: there were {seal.entries}, there are {seal.entries - 1}."
    assert found() == f"the_seals_hold: {sentence}\n"


def test_triggers_that_are_switched_off_are_found() -> None:
    far_hand.run("ALTER TABLE customer_data_payment DISABLE TRIGGER paydesk_update")
    assert "Changes of customer_data_payment are not recorded" in found()
    far_hand.run("ALTER TABLE customer_data_payment ENABLE TRIGGER paydesk_update")
    assert found() == ""


MEDDLING_WITH_SEALS = {
    "a seal is missing": ("DELETE FROM customer_data_seal WHERE number = 2", "Seal 3 does not follow seal 1"),
    "the first seal is missing": ("DELETE FROM customer_data_seal WHERE number = 1", "Seal 2 does not follow seal 0"),
    "a seal says something else": ("UPDATE customer_data_seal SET entries = entries + 1 WHERE number = 2", "Seal 2 was altered"),
    "the last seal says something else": ("UPDATE customer_data_seal SET digest = '' WHERE number = 3", "Seal 3, the last,"),
    "the last seal has another key": ("UPDATE customer_data_seal SET key_name = 'x' WHERE number = 3", "Seal 3, the last,"),
    "the last seal is not signed": ("UPDATE customer_data_seal SET mac = '' WHERE number = 3", "Seal 3, the last,"),
}


@pytest.mark.parametrize("what", MEDDLING_WITH_SEALS)
def test_meddling_with_seals_is_found(what: str) -> None:
    statement, sentence = MEDDLING_WITH_SEALS[what]
    for _ in range(3):
        paid()
        seal_changes()
    far_hand.rewrite(statement)
    assert sentence in found()


def test_a_database_turned_back_is_found_by_a_seal_that_was_noted() -> None:
    paid()
    noted = str(seal_changes())
    said = StringIO()
    call_command("check_ledger", "--seal", noted, stdout=said)
    assert noted in said.getvalue()
    far_hand.run("TRUNCATE customer_data_change, customer_data_seal")
    with pytest.raises(SystemExit):
        call_command("check_ledger", "--seal", noted, stdout=said, stderr=StringIO())
    assert f"Seal {noted} is not there" in said.getvalue()


# --- Keys -----------------------------------------------------------------------------------------
def test_keys_may_be_changed_and_old_ones_taken_away(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["the first"]
    paid()
    seal_changes()
    settings.FIELD_ENCRYPTION_KEYS = ["the second", "the first"]
    paid()
    seal_changes()
    assert found() == ""
    settings.FIELD_ENCRYPTION_KEYS = ["the second"]
    assert found() == ""
    settings.FIELD_ENCRYPTION_KEYS = ["somebody else's"]
    assert "was not made with any of FIELD_ENCRYPTION_KEYS" in found()


def test_nothing_is_sealed_after_a_seal_that_is_not_ours_and_a_person_is_told() -> None:
    paid()
    seal_changes()
    paid()
    far_hand.rewrite("UPDATE customer_data_seal SET mac = repeat('0', 64)")
    with pytest.raises(CannotSeal):
        seal_changes()
    record.seal_or_tell()
    assert Seal.objects.count() == 1
    assert "Seal 1 was not made with any" in Concern.objects.get(kind="record_broken").sentence


# --- Several at once ------------------------------------------------------------------------------
@pytest.fixture
def other() -> Callable[[Callable[[], Any]], Any]:
    """Runs something in a thread with a connection of its own, to its end."""

    def run(action: Callable[[], Any]) -> Any:
        return at_once(action)[0]

    return run


def test_a_transaction_that_ends_after_the_seal_is_sealed_later_and_is_no_forgery(other: Callable[..., Any]) -> None:
    slow = make.booking()
    ended = Change.objects.count()
    with transaction.atomic():
        Booking.objects.filter(pk=slow.pk).update(title="Slow")
        other(make.booking)
        first = other(seal_changes)
        assert first.entries == ended, "what ended before the slow change began, and nothing after"
    second = seal_changes()
    assert second is not None
    assert (first.last_id, second.last_id > first.last_id) == (first.last_id, True)
    assert first.entries + second.entries == Change.objects.count()
    assert found() == ""


def test_an_entry_older_than_the_seal_that_was_not_committed_then_is_sealed_by_the_next(other: Callable[..., Any]) -> None:
    """As if seals went by the order of ids alone, the slow entry would be left out: it is the control that they do not."""
    booking, quick = make.booking(), make.booking()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    started, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(title="Slow")
            started.set()
            go_on.wait(30)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert started.wait(30)
    Booking.objects.filter(pk=quick.pk).update(title="Quick")
    first = seal_changes()
    go_on.set()
    thread.join()
    second = seal_changes()
    assert first is not None
    assert second is not None
    slow_entry = Change.objects.get(row_id=str(booking.pk), table_name="customer_data_booking", number=2)
    quick_entry = Change.objects.get(row_id=str(quick.pk), table_name="customer_data_booking", number=2)
    assert slow_entry.pk < quick_entry.pk
    assert first.entries + second.entries == Change.objects.count()
    assert found() == ""


def test_a_transaction_of_which_nothing_is_seen_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its number and its lock, or after its lock: it holds a seal up only if it stays so."""
    looks = [(5, 9, False), (5, 9, False), (9, 9, True), (0, 0, True)]
    monkeypatch.setattr(sealing, "_look_at_transactions", lambda: looks.pop(0))
    assert sealing._ended_before() == (9, 9)
    monkeypatch.setattr(sealing, "_look_at_transactions", lambda: (5, 9, False))
    assert sealing._ended_before() == (5, 9)


def test_what_runs_in_another_database_holds_no_seal_up_and_what_runs_here_does() -> None:
    for name, is_ours in (("postgres", False), (connection.settings_dict["NAME"], True)):
        other = connection.copy()
        other.settings_dict["NAME"] = name
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_current_xact_id()")
                (number,) = cursor.fetchone()
                make.booking()  # a later transaction has ended
                ended, following = sealing._ended_before()
        finally:
            other.close()
        assert (ended <= int(number)) == is_ours
        assert following > int(number)


def test_two_who_seal_at_once_make_one_seal() -> None:
    paid()
    made = at_once(seal_changes, seal_changes)
    assert [seal is None for seal in made].count(True) == 1
    assert found() == ""


def test_many_change_the_same_row_and_different_rows_at_once_and_no_chain_forks() -> None:
    booking = make.booking()
    rows = [make.booking() for _ in range(4)]

    def change(number: int) -> Callable[[], None]:
        def action() -> None:
            for turn in range(10):
                with acting(f"staff-{number}"):
                    Booking.objects.filter(pk=booking.pk).update(title=f"{number}-{turn}")
                    Booking.objects.filter(pk=rows[number].pk).update(title=f"{number}-{turn}")

        return action

    outcomes = at_once(*(change(number) for number in range(4)), *(seal_changes for _ in range(2)))
    assert [outcome for outcome in outcomes[:4] if outcome is not None] == []
    chain = Change.objects.filter(table_name="customer_data_booking", row_id=str(booking.pk)).order_by("number")
    assert [one.number for one in chain] == list(range(1, 42))
    assert all(one.who == f"staff-{(one.after or {})['title'][0]}" for one in chain[1:])
    seal_changes()
    assert found() == ""


def test_a_process_killed_in_the_middle_of_its_transaction_leaves_no_trace() -> None:
    booking = make.booking()
    script = f"""
import os, signal, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
django.setup()
from django.db import transaction
from customer_data.models import Booking
with transaction.atomic():
    Booking.objects.filter(pk={booking.pk}).update(title="Half done")
    print("here", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    settings_module = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | settings_module, check=False
    )
    assert (ended.stdout, ended.returncode) == ("here\n", -9)
    Booking.objects.filter(pk=booking.pk).update(title="Done")
    assert [one.after for one in Change.objects.filter(table_name="customer_data_booking", number=2)] == [{"title": "Done"}]
    seal_changes()
    assert found() == ""


# --- Restored elsewhere ---------------------------------------------------------------------------
def test_a_database_restored_where_transactions_count_from_the_beginning_is_sealed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    paid()
    seal_changes()
    paid()
    ahead = 1_000_000_000
    far_hand.rewrite("UPDATE customer_data_change SET transaction = transaction + %s", ahead)
    _hash_all_again()
    far_hand.rewrite("TRUNCATE customer_data_seal")
    original = sealing._ended_before
    monkeypatch.setattr(sealing, "_ended_before", lambda: tuple(number + ahead for number in original()))
    seal_changes()
    make.booking()  # not sealed before the database was moved
    monkeypatch.undo()
    make.booking()
    moved = seal_changes()
    assert moved is not None
    assert moved.begins_anew
    Booking.objects.update(title="Afterwards")
    again = seal_changes()
    assert again is not None
    assert not again.begins_anew
    assert sum(Seal.objects.values_list("entries", flat=True)) == Change.objects.count()
    assert found() == ""


def _hash_all_again() -> None:
    for table, row in set(Change.objects.values_list("table_name", "row_id")):
        far_hand.chain_again(table, row)


# --- The clock ------------------------------------------------------------------------------------
def test_the_clock_tells_a_person_of_what_it_finds_and_only_once() -> None:
    payment = paid()
    seal_changes()
    record.check_and_tell(within=timedelta(days=1))
    record.check_and_tell()
    assert not Concern.objects.filter(kind="record_broken").exists()
    alter_an_entry(payment)
    for _ in range(2):
        record.check_and_tell(within=timedelta(days=1))
    matter = Concern.objects.get(kind="record_broken")
    assert "was altered" in matter.sentence


def test_what_is_old_and_unsealed_is_told() -> None:
    paid()
    far_hand.rewrite("UPDATE customer_data_change SET at = at - interval '2 days'")
    _hash_all_again()
    assert "older than a day and under no seal" in found()


def test_a_check_of_what_is_new_does_not_read_what_is_old() -> None:
    payment = paid()
    seal_changes()
    far_hand.rewrite("UPDATE customer_data_seal SET sealed_at = sealed_at - interval '2 days'")
    paid()
    alter_an_entry(payment)
    told = [sentence for sentence in record.what_is_wrong(within=timedelta(days=1)) if "Entry" in sentence]
    assert told == []
    assert any("Entry" in sentence for sentence in record.what_is_wrong())


def test_the_books_and_the_record_are_one_check() -> None:
    payment = paid()
    change_the_row_past_the_record(payment)
    assert [violation.invariant for violation in ledger.violations()] == ["rows_are_as_the_record_says"]
