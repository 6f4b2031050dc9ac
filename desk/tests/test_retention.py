"""The timetable of what goes when: each rule takes what is old and nothing else, reads little, and never touches money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_data.models import Change, ProofFile, UsedForm
from customer_data.services import proofs
from customer_data.tests import make
from customer_data.tests.conftest import drawer
from customer_data.tests.files import slip
from desk import retention
from desk.retention import AT_ONCE, TIMETABLE, Rule, keep_to_the_timetable, what_would_go
from desk.tests.lives import the_books, what_is_wrong, whole_life
from flows.models import Conversation, Message, Update

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

MONEY = {
    f"customer_data.{name}"
    for name in [
        "Booking",
        "Change",
        "Customer",
        "Departure",
        "Dispute",
        "Erasure",
        "ErasedEntry",
        "NonReceiptLetter",
        "Payment",
        "PaymentEvent",
        "Proof",
        "Receipt",
        "ReceiptSeries",
        "Refund",
        "Seal",
        "Tour",
        "Transfer",
    ]
} | {"desk.StatementLine", "desk.StatementFile", "desk.ClosedDay", "desk.DayFigures", "desk.DayForms"}


def in_years(years: float) -> datetime:
    return timezone.now() + timedelta(days=365 * years)


def rule_of(model: type[models.Model]) -> Rule:
    (rule,) = [rule for rule in TIMETABLE if rule.would(timezone.now()).model is model]
    return rule


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


# --- What goes --------------------------------------------------------------------------------------
def test_after_years_everything_of_the_timetable_is_gone_and_the_books_are_as_they_were() -> None:
    whole_life()
    books, before = the_books(), counts()
    keep_to_the_timetable(in_years(10))
    after = counts()
    assert the_books() == books
    assert what_is_wrong() == []
    for label in ("flows.Update", "flows.IncomingMessage", "flows.Message", "flows.FlowSession", "customer_data.ProofFile"):
        assert before[label] > 0
        assert after[label] == 0, label
    assert {label for label in MONEY if before[label] > after[label]} == set()


def test_no_rule_names_a_table_of_money() -> None:
    assert {rule.would(timezone.now()).model._meta.label for rule in TIMETABLE} & MONEY == set()


def test_a_young_row_stays_and_one_past_its_day_goes() -> None:
    young, old = UsedForm.objects.create(key=uuid4()), UsedForm.objects.create(key=uuid4())
    UsedForm.objects.filter(pk=old.pk).update(used_at=timezone.now() - timedelta(days=2, minutes=1))
    keep_to_the_timetable()
    assert list(UsedForm.objects.all()) == [young]


def test_a_rule_of_no_days_keeps_for_good(settings: Any) -> None:
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, "USED_FORMS": 0}
    UsedForm.objects.create(key=uuid4())
    keep_to_the_timetable(in_years(10))
    assert UsedForm.objects.exists()


def test_a_slip_that_waits_for_review_keeps_its_picture() -> None:
    waiting, decided = (proofs.hand_in(booking=make.booking(), customer=None, content=slip(amount)) for amount in ("1", "2"))
    proofs.reject(decided, reason="Not ours", user=_person())
    keep_to_the_timetable(in_years(10))
    assert [file.proof_id for file in ProofFile.objects.all()] == [waiting.pk]
    assert what_is_wrong() == []


def test_a_message_that_is_still_due_stays() -> None:
    Message.objects.create(customer=make.customer(), key="due", next_try_at=timezone.now())
    keep_to_the_timetable(in_years(10))
    assert Message.objects.filter(key="due").exists()


def test_a_talk_that_fell_silent_forgets_what_was_typed_and_keeps_that_stop_was_said() -> None:
    talk = Conversation.objects.create(
        customer=make.customer(), answers={"name": "Rudo"}, step="name", muted_at=timezone.now(), last_heard_at=timezone.now()
    )
    keep_to_the_timetable(timezone.now() + timedelta(days=89))
    talk.refresh_from_db()
    assert talk.answers == {"name": "Rudo"}
    keep_to_the_timetable(timezone.now() + timedelta(days=91))
    talk.refresh_from_db()
    assert (talk.answers, talk.step) == ({}, "")
    assert talk.muted_at is not None


def test_an_ended_session_goes_and_a_running_one_stays() -> None:
    for key, ends in (("a", timezone.now() - timedelta(days=2)), ("b", timezone.now() + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    keep_to_the_timetable()
    assert [session.session_key for session in Session.objects.all()] == ["b"]


# --- How much it reads ------------------------------------------------------------------------------
@pytest.fixture
def many_young_rows() -> None:
    """Twenty thousand of each kind, all of today."""
    UsedForm.objects.bulk_create((UsedForm(key=uuid4()) for _ in range(20_000)), batch_size=5_000)
    updates = (Update(kind="message", key=f"message:{n}", body="") for n in range(20_000))
    Update.objects.bulk_create(updates, batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customer_data_customer (name, phone, email, created_at)
               SELECT 'C', '', '', now() FROM generate_series(1, 20000)"""
        )
        cursor.execute(
            """INSERT INTO flows_conversation (customer_id, step, answers, trail, language, last_heard_at, created_at, updated_at)
               SELECT id, '', '{"name": "x"}', '[]', 'en', now(), now(), now() FROM customer_data_customer"""
        )
        cursor.execute("ANALYZE")


@pytest.mark.usefixtures("many_young_rows")
@pytest.mark.parametrize("model", [UsedForm, Update, Conversation])
def test_a_day_on_which_nothing_is_old_reads_few_rows_of_a_large_table(model: type[models.Model]) -> None:
    assert rows_read_by(rule_of(model), timezone.now() - timedelta(days=1)) <= 2 * AT_ONCE


@pytest.mark.usefixtures("many_young_rows")
@pytest.mark.parametrize("model", [UsedForm, Update, Conversation])
def test_a_step_over_a_large_old_table_reads_few_rows_too(model: type[models.Model]) -> None:
    assert rows_read_by(rule_of(model), timezone.now() + timedelta(minutes=1)) <= 4 * AT_ONCE


@pytest.mark.usefixtures("many_young_rows")
def test_a_search_of_the_whole_table_would_be_noticed() -> None:
    """Control: the same question without the table's order or an index."""
    scan = Rule("USED_FORMS", "", "", lambda _: UsedForm.objects.none(), lambda _: Update.objects.filter(body="x").count())
    assert rows_read_by(scan, timezone.now()) > 4 * AT_ONCE


def test_a_day_takes_no_more_than_a_day_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    monkeypatch.setattr(retention, "MOST_A_DAY", 20)
    UsedForm.objects.bulk_create(UsedForm(key=uuid4()) for _ in range(45))
    keep_to_the_timetable(in_years(1))
    assert UsedForm.objects.count() == 25
    keep_to_the_timetable(in_years(1))
    keep_to_the_timetable(in_years(1))
    assert not UsedForm.objects.exists()


def test_nothing_of_it_but_slips_is_in_the_record_of_changes() -> None:
    """What went by the timetable must not stand in the record for ever: only a slip's digest does."""
    whole_life()
    seen = Change.objects.latest("pk").pk
    keep_to_the_timetable(in_years(10))
    assert set(Change.objects.filter(pk__gt=seen).values_list("table_name", flat=True)) == {"customer_data_prooffile"}


def test_who_only_looks_sees_what_would_go_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    UsedForm.objects.create(key=uuid4())
    UsedForm.objects.update(used_at=timezone.now() - timedelta(days=3))
    assert {rule.setting: count for rule, count in what_would_go() if count} == {"USED_FORMS": 1}
    call_command("forget_old", "--look")
    assert "1  That a form of the staff's pages was sent: deleted after 2 days (KEEP_USED_FORMS_DAYS)" in capsys.readouterr().out
    assert UsedForm.objects.exists()


def test_every_setting_of_the_timetable_is_in_use(settings: Any) -> None:
    assert {rule.setting for rule in TIMETABLE} == set(settings.KEEP_DAYS)


def _person() -> Any:
    return make.staff("checker")


def rows_read_by(rule: Rule, cutoff: datetime) -> int:
    """How many rows its questions read, as PostgreSQL counts them when each is asked once more."""
    with CaptureQueriesContext(connection) as captured:
        rule.step(cutoff)
    return sum(_rows_read(query["sql"]) for query in captured if query["sql"].lstrip().upper().startswith("SELECT"))


def _rows_read(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (told,) = cursor.fetchone()
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return max(int(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) for node in _nodes(plan))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
