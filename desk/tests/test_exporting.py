"""Lists as files: what the list shows, never a live formula, made again after a worker died, for their maker only."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from customer_data.models import Booking, Payment
from customer_data.tests import make
from customer_data.tests.desk import Desk, desk, list_of, page_of
from desk import exporting, tasks
from desk.exporting import making, writers
from desk.exporting.cells import safe_text
from desk.models import Export, ExportPart

pytestmark = pytest.mark.django_db

ACCOUNTANT = ("view_payment", "view_booking", "view_receipt", "view_refund", "view_customer", "add_export", "view_export")


def accountant() -> Desk:
    return desk(*ACCOUNTANT)


def ordered(who: Desk, what: str = "payments", kind: str = "csv", query: str = "") -> Export:
    who.web.post(reverse("admin:desk_export_new"), {"what": what, "format": kind, "filters": query})
    export = Export.objects.filter(requested_by=who.user).latest("pk")
    exporting.make(export.pk)
    export.refresh_from_db()
    return export


def file_of(who: Desk, export: Export) -> bytes:
    response: Any = who.get(reverse("admin:desk_export_file", args=(export.pk,)))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def rows_of(who: Desk, export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of(who, export).decode("utf-8-sig"), newline="")))


# --- What is in it --------------------------------------------------------------------------------
def test_a_file_holds_exactly_what_the_list_shows() -> None:
    paid = [make.payment("successful") for _ in range(2)]
    make.payment("failed")
    who = accountant()
    export = ordered(who, query="status=successful&p=1")
    assert [row["Reference"] for row in rows_of(who, export)] == [payment.reference for payment in paid]
    assert (export.status, export.rows_done, export.rows_expected) == ("ready", 2, 2)
    assert "successful" in who.page(export)


def test_a_search_is_applied_too() -> None:
    wanted, _ = make.payment("failed"), make.payment("failed")
    who = accountant()
    assert [row["Reference"] for row in rows_of(who, ordered(who, query=f"q={wanted.reference}"))] == [wanted.reference]


def test_amounts_days_and_words_are_as_an_accountant_expects() -> None:
    payment = make.payment("successful", amount="1231.50", booking=make.booking("1231.50"))
    who = accountant()
    row = rows_of(who, ordered(who))[0]
    assert row["Amount"] == "1231.50"
    assert row["Currency"] == "USD"
    assert row["Status"] == "Successful"
    assert row["Asked for"] == f"{timezone.localtime(payment.created_at):%Y-%m-%d %H:%M:%S}"
    assert row["Booking"] == payment.booking.booking_reference
    assert Decimal(row["Given back"]) == 0


@pytest.mark.parametrize("what", sorted(exporting.TABLES))
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_can_be_taken_away_in_both_forms(what: str, kind: str) -> None:
    make.payment("successful")
    who = accountant()
    export = ordered(who, what, kind)
    assert export.status == "ready", export.problem
    content = file_of(who, export)
    assert len(content) == export.size
    if kind == "xlsx":
        sheet = load_workbook(io.BytesIO(content)).active
        assert [cell.value for cell in sheet[1]] == exporting.TABLES[what].titles


# --- Formulas -------------------------------------------------------------------------------------
LIVE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\uff1d1+1"]


@pytest.mark.parametrize("name", LIVE)
def test_no_cell_is_a_live_formula(name: str) -> None:
    Booking.objects.filter(pk=make.booking().pk).update(title=name)
    who = accountant()
    assert rows_of(who, ordered(who, "bookings"))[0]["Booked"].startswith("'")
    workbook = load_workbook(io.BytesIO(file_of(who, ordered(who, "bookings", "xlsx"))))
    assert all(cell.data_type != "f" for row in workbook.active.rows for cell in row)
    assert any(str(cell.value).endswith(name.strip()) for cell in workbook.active[2])


@given(st.text())
def test_whatever_a_customer_is_called_is_no_formula(text: str) -> None:
    assert safe_text(text).lstrip()[:1] not in ("=", "+", "-", "@")


# --- Many rows ------------------------------------------------------------------------------------
def test_many_rows_come_in_pieces_and_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "AT_ONCE", 3)
    monkeypatch.setattr(writers, "PIECE", 400)
    monkeypatch.setattr(writers, "MOST_ROWS_OF_A_SHEET", 4)
    references = [make.payment("failed").reference for _ in range(10)]
    who = accountant()
    export = ordered(who)
    assert ExportPart.objects.filter(export=export).count() > 3
    assert [row["Reference"] for row in rows_of(who, export)] == references
    workbook = load_workbook(io.BytesIO(file_of(who, ordered(who, "payments", "xlsx"))))
    assert workbook.sheetnames == ["Payments", "Payments 2", "Payments 3"]
    assert [sheet.max_row for sheet in workbook] == [5, 5, 3]


def test_the_page_of_an_export_costs_the_same_however_many_rows_it_has() -> None:
    who = accountant()
    small, costs = ordered(who), []
    for _ in range(5):
        make.payment("failed")
    for export in (small, ordered(who)):
        with CaptureQueriesContext(connection) as queries:
            who.page(export)
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- Workers that die -----------------------------------------------------------------------------
def test_what_a_dead_worker_left_is_begun_again_and_what_is_made_is_left() -> None:
    payment = make.payment("failed")
    who = accountant()
    export = ordered(who)
    half = Export.objects.filter(pk=export.pk)
    half.update(status="running", claimed_until=timezone.now() + timedelta(minutes=1), rows_done=0)
    exporting.make(export.pk)
    assert half.get().status == "running"  # its worker may still live
    half.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert list(exporting.under_way()) == [export]
    tasks.make_export(export.pk)
    assert [row["Reference"] for row in rows_of(who, half.get())] == [payment.reference]


def test_a_worker_that_lost_its_claim_stops() -> None:
    who = accountant()
    export = ordered(who)
    Export.objects.filter(pk=export.pk).update(status="running", claimed_until=timezone.now())
    export.refresh_from_db()
    Export.objects.filter(pk=export.pk).update(claimed_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(making.ExportLost):
        making.make_claimed(export)


def test_files_are_kept_for_a_week() -> None:
    who = accountant()
    export = ordered(who)
    assert exporting.forget_old(timezone.now() + timedelta(days=6)) == 0
    assert exporting.forget_old(timezone.now() + timedelta(days=8)) == 1
    response = who.get(reverse("admin:desk_export_file", args=(export.pk,)))
    assert "Make the export again" in who.told(response)[0]


# --- Whose it is ----------------------------------------------------------------------------------
def test_nobody_takes_away_what_another_asked_for() -> None:
    export = ordered(accountant())
    other = accountant()
    for name in ("desk_export_file", "desk_export_progress"):
        assert other.get(reverse(f"admin:{name}", args=(export.pk,))).status_code == 404
    assert other.get(page_of(export)).status_code in (302, 404)


def test_who_may_not_see_a_list_cannot_export_it() -> None:
    who = desk("add_export", "view_export", "view_booking")
    response = who.web.post(reverse("admin:desk_export_new"), {"what": "payments", "format": "csv"})
    assert response.status_code == 403
    looker = desk("view_payment")
    assert looker.web.post(reverse("admin:desk_export_new"), {"what": "payments", "format": "csv"}).status_code == 403
    assert "All of this list as" not in looker.listed(Payment)


def test_who_lost_the_right_meanwhile_gets_nothing() -> None:
    make.payment("failed")
    who = accountant()
    who.web.post(reverse("admin:desk_export_new"), {"what": "payments", "format": "csv"})
    who.user.user_permissions.remove(Permission.objects.get(codename="view_payment"))
    export = Export.objects.get()
    exporting.make(export.pk)
    export.refresh_from_db()
    assert (export.status, "may not see" in export.problem) == ("failed", True)
    assert not ExportPart.objects.exists()


@pytest.mark.parametrize(
    "form", [{"what": "secrets", "format": "csv"}, {"what": "payments", "format": "exe"}, {"format": "csv"}, {"what": "payments"}]
)
def test_a_strange_order_is_not_found(form: dict[str, str]) -> None:
    assert accountant().web.post(reverse("admin:desk_export_new"), form).status_code == 404


def test_the_same_person_waits_for_some_before_asking_for_more() -> None:
    who = accountant()
    for _ in range(7):
        response = who.web.post(reverse("admin:desk_export_new"), {"what": "payments", "format": "csv"})
    assert Export.objects.count() == 5
    assert "Wait for one of them" in who.told(response)[0]


def test_the_list_offers_it_with_the_filters_that_are_on() -> None:
    page = accountant().get(list_of(Payment), status="failed").content.decode()
    assert 'name="filters" value="status=failed"' in page
