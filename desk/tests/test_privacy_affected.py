"""For a notice within 24 hours: who was touched between two moments, by whom, and which lists left the house."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from customer_data.models import Customer
from customer_data.tests import make
from customer_data.tests.conftest import drawer
from customer_data.who import acting
from desk.models import Export
from desk.privacy.affected import affected, lists_taken_away
from flows.models import IncomingMessage

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def ways(begins: datetime, *, by: str = "") -> dict[int, tuple[str, ...]]:
    return {found.customer.pk: found.ways for found in affected(begins, timezone.now() + timedelta(minutes=1), by=by)}


def test_who_was_changed_who_wrote_and_who_pays_is_named_and_nobody_of_before() -> None:
    before = make.payment("successful").booking.customer
    begins = timezone.now()
    payer, wrote = make.customer(), make.customer()
    paid = make.payment("successful", payer=payer)
    IncomingMessage.objects.create(customer=wrote, wamid="w", kind="text", sent_at=timezone.now())
    found = ways(begins)
    assert before.pk not in found
    assert found[paid.booking.customer_id] == found[payer.pk] == ("changed",)
    assert found[wrote.pk] == ("changed", "wrote")


def test_what_one_member_of_staff_did_is_told_apart() -> None:
    theirs, others = make.customer(), make.customer()
    begins = timezone.now()
    with acting("mallory"):
        Customer.objects.filter(pk=theirs.pk).update(email="m@example.org")
    with acting("tendai"):
        Customer.objects.filter(pk=others.pk).update(email="t@example.org")
    assert ways(begins, by="mallory") == {theirs.pk: ("changed",)}


def test_files_that_left_the_house_are_named() -> None:
    begins, mallory, customer = timezone.now(), make.staff("mallory"), make.customer()
    Export.objects.create(what="payments", format="csv", requested_by=mallory, rows_done=40)  # type: ignore[misc]
    Export.objects.create(what="customer", format="zip", filters={"customer": [str(customer.pk)]}, requested_by=mallory)  # type: ignore[misc]
    assert [export.rows_done for export in lists_taken_away(begins, timezone.now(), by="mallory")] == [40]
    assert "taken away" in ways(begins, by="mallory")[customer.pk]


def test_the_command_prints_whom_to_tell_and_no_live_formula(capsys: pytest.CaptureFixture[str]) -> None:
    customer = make.customer(name="=1+1")
    now = timezone.localtime()
    out = io.StringIO()
    call_command(
        "list_affected",
        "--from",
        f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "--to",
        f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        stdout=out,
    )
    (row,) = [row for row in csv.DictReader(io.StringIO(out.getvalue())) if row["Customer"] == str(customer.pk)]
    assert row["Name"] == "'=1+1"
    assert "everybody in it is affected" in capsys.readouterr().err


@pytest.mark.parametrize("begins", ["yesterday", "2026-13-01T00:00"])
def test_a_moment_that_is_none_is_said(begins: str) -> None:
    with pytest.raises(CommandError, match="is not a moment"):
        call_command("list_affected", "--from", begins, "--to", "2026-05-03")
