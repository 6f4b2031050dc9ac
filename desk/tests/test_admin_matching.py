"""The pages of money matching: a file comes in, proposals are decided, a day is closed; bad input ends in a sentence."""

from typing import Any

import pytest
from django.urls import reverse

from customer_data.tests.desk import Desk, desk, page_of, readable
from desk.matching import match_days
from desk.models import ClosedDay, LineStatus, SourceKind, StatementFile, StatementLine, StatementSource
from desk.tests.statements import (
    BANK_HEADINGS,
    bank_lines,
    bank_row,
    brought,
    csv_of,
    days_ago,
    paid,
    paynow_lines,
    paynow_row,
    source,
    today,
    transferred,
    upload,
)

pytestmark = pytest.mark.django_db

MATCHER = ("import_statement", "close_day", "view_statementline", "view_statementfile", "view_payment", "view_closedday", "ask_gateway")
PAGE, IMPORT = "admin:desk_matching", "admin:desk_matching_import"


def accountant() -> Desk:
    return desk(*MATCHER)


def test_the_page_shows_three_columns() -> None:
    payment = paid()
    paynow_lines(paynow_row(payment))
    match_days(today(), today(), "USD")
    page = readable(accountant().get(reverse(PAGE), state="matched"))
    assert payment.reference in page
    assert "By our reference." in page


def test_a_new_account_is_mapped_once_and_imported() -> None:
    payment, staff = paid(), accountant()
    sent = {"source": "", "name": "Paynow USD", "kind": "paynow", "currency": "USD", "file": upload(csv_of([paynow_row(payment)]))}
    mapping = staff.web.post(reverse(IMPORT), sent)
    assert mapping.url == reverse("admin:desk_matching_columns", args=(StatementFile.objects.get().pk,))
    assert "Amount paid by the customer" in readable(staff.get(mapping.url))
    chosen = {"column_day": "Date", "column_amount": "Amount", "column_reference": "Reference", "date_format": "day_first", "decimal_mark": "."}
    done = staff.web.post(mapping.url, chosen)
    assert staff.told(done) == ["1 new lines, 0 known already. 1 matched by themselves, 0 proposed for you to confirm."]


def test_a_day_is_closed_on_its_page() -> None:
    staff = accountant()
    address = reverse("admin:desk_matching_day", args=("USD", days_ago(1).isoformat()))
    assert "Everything is in order." in readable(staff.get(address))
    staff.web.post(address)
    assert ClosedDay.objects.get().day == days_ago(1)
    assert "The figures below are those of that moment." in readable(staff.get(address))
