"""A statement of a whole year is imported by a worker, while nobody waits for a page; a dead worker's file is taken up again."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from customer_data.tests.desk import Desk, desk
from customer_data.tests.races import at_once
from desk import long_files, tasks
from desk.models import StatementFile, StatementLine, StatementSource
from desk.tests.statements import csv_of, paid, paynow_row, source, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_files, "LONG", 10)


def accountant() -> Desk:
    return desk("import_statement", "view_statementline", "view_statementfile", "view_payment")


def brought(who: Desk, content: bytes) -> StatementFile:
    from_where = source()
    who.web.post(reverse("admin:desk_matching_import"), {"source": from_where.pk, "file": upload(content)})
    return StatementFile.objects.get()


def test_a_long_file_is_handed_to_a_worker_and_its_page_says_how_far_it_is() -> None:
    payment, who = paid(), accountant()
    file = brought(who, csv_of([paynow_row(payment)]))
    assert (file.imported_at, file.handed_over_at is not None) == (None, True)
    assert "Being imported" in who.page(file)
    tasks.import_statement(file.pk)
    assert "1 new lines" in who.page(file)
    assert StatementLine.objects.get().payment == payment


def test_what_a_dead_worker_left_is_found_and_brings_nothing_twice() -> None:
    file = brought(accountant(), csv_of([paynow_row(paid())]))
    assert list(long_files.left()) == []
    later = timezone.now() + timedelta(minutes=6)
    assert list(long_files.left(later)) == [file]
    for _ in range(2):
        tasks.import_statement(file.pk)
    assert StatementLine.objects.count() == 1
    assert list(long_files.left(later)) == []


def test_a_file_that_cannot_be_imported_says_why() -> None:
    who = accountant()
    file = brought(who, csv_of([paynow_row(paid())]))
    StatementSource.objects.update(columns={"day": "Called otherwise since"})
    tasks.import_statement(file.pk)
    assert "columns of this file are not known" in who.page(file)
    assert list(long_files.left(timezone.now() + timedelta(hours=1))) == []


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_imports_it_another_leaves_it() -> None:
    file = brought(accountant(), csv_of([paynow_row(paid())]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [long_files._LOCK, file.pk])
    at_once(lambda: tasks.import_statement(file.pk))
    assert not StatementLine.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [long_files._LOCK, file.pk])
    tasks.import_statement(file.pk)
    assert StatementLine.objects.count() == 1
    connections.close_all()
