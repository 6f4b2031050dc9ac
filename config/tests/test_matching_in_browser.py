"""An accountant at a real browser: brings Paynow's export and the bank's statement, names the columns, confirms, closes the day."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Page, expect

from config.tests.test_admin_browser import browser_at
from desk.models import ClosedDay, LineStatus, StatementLine
from desk.tests.statements import BANK_HEADINGS, bank_row, csv_of, paid, paynow_row, today, xlsx_of

PASSWORD = "a-long-password-of-the-accountant"
PERMISSIONS = ["import_statement", "close_day", "view_statementline", "view_statementfile", "view_closedday", "view_payment"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_accountant_matches_a_day_and_closes_it(live_server: Any, tmp_path: Path) -> None:
    first, second = paid("100.00"), paid("50.00")
    rows = [paynow_row(first, fee="3.00"), paynow_row(amount=second.amount, their_reference="900", fee="1.50"), BAD_ROW]
    export, statement = tmp_path / "paynow.xlsx", tmp_path / "bank.csv"
    export.write_bytes(xlsx_of(rows))
    statement.write_bytes(csv_of([bank_row("145.50", "PAYNOW SETTLEMENT")], headings=BANK_HEADINGS, mark=";", encoding="utf-16"))
    accountant = get_user_model().objects.create_user("accountant", password=PASSWORD, is_staff=True)
    accountant.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS))
    with browser_at(live_server.url) as page:
        sign_in(page)
        bring(page, export, name="Paynow, US dollars", kind="Paynow's transaction export")
        expect(
            page.get_by_text("2 new lines, 0 known already. 1 matched by themselves, 1 proposed for you to confirm.")
        ).to_be_visible()
        expect(page.get_by_text("is not a day of the calendar")).to_be_visible()
        bring(page, statement, name="Steward Bank, US dollars", kind="Bank statement")
        confirm_both(page)
        close(page, today().isoformat())
    assert set(StatementLine.objects.values_list("status", "decided_by__username")) == {
        (LineStatus.MATCHED, None),
        (LineStatus.MATCHED, "accountant"),
    }
    closed = ClosedDay.objects.get()
    assert (closed.figures["taken"], closed.figures["at_paynow"], closed.figures["money_in"]) == ("150.00", "150.00", "145.50")


BAD_ROW = ("31/02/2026", "901", "R", "5.00", "", "Paid")


def sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("accountant")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Money matching").first).to_be_visible()


def bring(page: Page, file: Path, *, name: str, kind: str) -> None:
    """A new account: its columns are proposed, looked at, and remembered."""
    page.goto("/admin/desk/statementline/matching/")
    page.get_by_role("link", name="Import a statement").click()
    page.get_by_label("Whose statement is it?").select_option("")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("What it is").select_option(label=kind)
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_label("How dates are written")).to_have_value("day_first")
    page.get_by_role("button", name="Remember and import").click()


def confirm_both(page: Page) -> None:
    """The proposed payment in the list, by one press; the pay-out by its tick."""
    page.goto("/admin/desk/statementline/matching/")
    expect(page.get_by_role("link", name="To look at (2)")).to_be_visible()
    payout = page.get_by_role("article").filter(has_text="less fees of US$ 4.50")
    payout.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirm what is ticked").click()
    expect(page.get_by_text("1 proposal confirmed.")).to_be_visible()
    page.get_by_role("article").filter(has_text="Same amount, same day").get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Nothing to look at")).to_be_visible()


def close(page: Page, day: str) -> None:
    page.goto(f"/admin/desk/statementline/matching/day/USD/{day}/")
    page.get_by_label("Why is it closed all the same?").fill("We close at six")
    page.get_by_role("button", name="Close this day").click()
    expect(page.get_by_text("The figures below are those of that moment.")).to_be_visible()
