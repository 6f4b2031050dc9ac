"""The pages of money matching: a file comes in, proposals are decided, a day is closed; bad input ends in a sentence."""

import re
import uuid
from typing import Any

import pytest
from django.urls import reverse

from customer_data.tests.desk import Desk, desk, page_of, readable
from desk.matching import match_days
from desk.models import ClosedDay, LineStatus, StatementFile, StatementLine
from desk.tests.statements import (
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
    upload,
)

pytestmark = pytest.mark.django_db

MATCHER = (
    "import_statement",
    "close_day",
    "view_statementline",
    "view_statementfile",
    "view_payment",
    "view_closedday",
    "ask_gateway",
)
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
    mapping: Any = staff.web.post(reverse(IMPORT), sent)
    assert mapping.url == reverse("admin:desk_matching_columns", args=(StatementFile.objects.get().pk,))
    assert "Amount paid by the customer" in readable(staff.get(mapping.url))
    chosen = {
        "column_day": "Date",
        "column_amount": "Amount",
        "column_reference": "Reference",
        "date_format": "day_first",
        "decimal_mark": ".",
    }
    done = staff.web.post(mapping.url, chosen)
    assert staff.told(done) == ["1 new lines, 0 known already. 1 matched by themselves, 0 proposed for you to confirm."]


def test_a_day_is_closed_on_its_page() -> None:
    staff = accountant()
    address = reverse("admin:desk_matching_day", args=("USD", days_ago(1).isoformat()))
    assert "Everything is in order." in readable(staff.get(address))
    staff.web.post(address)
    assert ClosedDay.objects.get().day == days_ago(1)
    assert "The figures below are those of that moment." in readable(staff.get(address))


# --- Lines ----------------------------------------------------------------------------------------
def a_proposal() -> StatementLine:
    paid()
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    match_days(today(), today(), "USD")
    line.refresh_from_db()
    return line


def test_a_proposal_is_confirmed_in_the_list_and_leads_back_to_it() -> None:
    line, staff = a_proposal(), accountant()
    back = f"{reverse(PAGE)}?state=open"
    answer = staff.press(line, "confirm", back=back)
    line.refresh_from_db()
    assert (answer.url, line.status, line.decided_by) == (back, LineStatus.MATCHED, staff.user)


def test_a_form_of_the_list_is_pressed_as_it_stands() -> None:
    line, staff = a_proposal(), accountant()
    shown = staff.get(reverse(PAGE)).content.decode()
    [once, *_] = re.findall(r'name="once" value="([^"]+)"', shown)
    staff.press(line, "confirm", once=once)
    line.refresh_from_db()
    assert line.status == LineStatus.MATCHED


def test_a_way_back_to_another_site_is_not_followed() -> None:
    line = a_proposal()
    assert accountant().press(line, "confirm", back="https://evil.example/").url == page_of(line)


def test_ticked_proposals_are_confirmed_and_differences_left() -> None:
    good, payment, staff = a_proposal(), paid("55.00"), accountant()
    [differs] = paynow_lines(paynow_row(payment, amount="50.00", their_reference="2"))
    match_days(today(), today(), "USD")
    done = staff.web.post(reverse("admin:desk_matching_confirm"), {"line": [good.pk, differs.pk, "x", "9" * 30]})
    assert staff.told(done) == [
        "1 proposal confirmed.",
        "1 left as they are: decided already, or with a difference that needs a reason.",
    ]


@pytest.mark.parametrize("reason", ["", " ", "x", "\x00\x00\x00"])
def test_setting_aside_needs_words(reason: str) -> None:
    [line] = bank_lines(bank_row("-4.50", "FEE"))
    staff = accountant()
    assert staff.told(staff.press(line, "set-aside", reason=reason))[0].startswith("Nothing was done")
    line.refresh_from_db()
    assert line.status == LineStatus.OPEN


def test_a_second_click_decides_nothing() -> None:
    line, staff = a_proposal(), accountant()
    key = str(uuid.uuid4())
    staff.press(line, "turn-down", once=key)
    assert "This was sent already".lower() in staff.told(staff.press(line, "turn-down", once=key))[-1].lower()


# --- Who may do what, and bad input ---------------------------------------------------------------
ADDRESSES = [
    ("admin:desk_matching", ()),
    ("admin:desk_matching_again", ()),
    ("admin:desk_matching_confirm", ()),
    ("admin:desk_matching_import", ()),
    ("admin:desk_matching_columns", (1,)),
    ("admin:desk_matching_day", ("USD", "2026-11-20")),
]


@pytest.mark.parametrize(("name", "facts"), ADDRESSES)
def test_nobody_without_the_permission_sees_or_does_anything(name: str, facts: tuple[object, ...]) -> None:
    cashier = desk("view_payment")
    address = reverse(name, args=facts)
    assert (cashier.get(address).status_code, cashier.web.post(address).status_code) == (403, 403)


def test_who_may_only_look_changes_nothing() -> None:
    line, looker = a_proposal(), desk("view_statementline")
    assert "Confirm" not in readable(looker.get(reverse(PAGE)))
    assert looker.press(line, "confirm").status_code == 403
    assert looker.web.post(reverse("admin:desk_matching_again")).status_code == 403
    assert looker.web.post(reverse("admin:desk_matching_day", args=("USD", days_ago(1).isoformat()))).status_code == 403
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("name", ["admin:desk_matching_again", "admin:desk_matching_confirm"])
def test_a_get_after_an_expired_session_does_nothing(name: str) -> None:
    line, staff = a_proposal(), accountant()
    assert "Nothing was done" in staff.told(staff.get(reverse(name)))[0]
    line.refresh_from_db()
    assert line.status == LineStatus.PROPOSED


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x", "to": "2026-99-99"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"currency": "GBP", "state": "'"},
        {"before": "2026-11-20_x"},
        {"before": "2026-11-20_99999999999999999999"},
        {"from": "2026-11-20", "to": "2026-01-01"},
        {"to": "0001-01-01"},
        {"from": "\x00"},
    ],
)
def test_a_strange_address_shows_the_page(query: dict[str, str]) -> None:
    assert accountant().get(reverse(PAGE), **query).status_code == 200


@pytest.mark.parametrize("facts", [("GBP", "2026-11-20"), ("USD", "x"), ("USD", "0001-01-01"), ("USD", "9999-12-31")])
def test_a_day_that_is_none_is_not_found(facts: tuple[str, str]) -> None:
    assert accountant().get(reverse("admin:desk_matching_day", args=facts)).status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.4", "This is a PDF"), (b"\x89PNG", "picture"), (b" ", "not one row"), (b"\xd0\xcf\x11\xe0", "old Excel")],
)
def test_a_wrong_file_ends_in_a_sentence(content: bytes, said: str) -> None:
    staff = accountant()
    page = readable(staff.web.post(reverse(IMPORT), {"source": source().pk, "file": upload(content)}))
    assert "Nothing was imported." in page
    assert said in page
    assert not StatementFile.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"source": "99"}, {"source": "x"}, {"name": "A", "kind": "x"}, {"name": "\x00", "kind": "bank"}]
)
def test_an_unfinished_form_ends_in_a_sentence(sent: dict[str, str]) -> None:
    page = readable(accountant().web.post(reverse(IMPORT), {**sent, "file": upload(csv_of([]))}))
    assert "Nothing was imported. Choose" in page


def test_the_same_file_again_says_when_it_came() -> None:
    file, staff = brought(csv_of([paynow_row(amount="1.00", their_reference="1")])), accountant()
    content = csv_of([paynow_row(amount="1.00", their_reference="1")])
    answer = staff.web.post(reverse(IMPORT), {"source": file.source.pk, "file": upload(content)})
    assert staff.told(answer)[0].startswith("This very file was imported on")
    assert StatementLine.objects.count() == 1


def test_bad_rows_are_listed_with_the_file() -> None:
    file = brought(csv_of([paynow_row(amount="1.00", their_reference="1"), ("31/02/2026", "2", "R", "3.00", "", "Paid")]))
    page = accountant().page(file)
    assert "1 new lines, 0 that an earlier file had brought, 1 that could not be read." in page
    assert "3 '31/02/2026' is not a day of the calendar" in page


def test_words_of_a_statement_are_never_html() -> None:
    bank_lines(bank_row("5.00", "<script>alert(1)</script>"))
    staff = accountant()
    for address in (reverse(PAGE), page_of(StatementLine.objects.get())):
        assert "<script>alert(1)" not in staff.get(address).content.decode()


def test_a_day_with_exceptions_keeps_what_was_typed() -> None:
    paynow_lines(paynow_row(amount="231.00", day=days_ago(1), their_reference="1"))
    staff, address = accountant(), reverse("admin:desk_matching_day", args=("USD", days_ago(1).isoformat()))
    assert "Not closed: 1 line of a statement is not matched." in readable(staff.web.post(address))
    assert 'value="ab"' in staff.web.post(address, {"reason": "ab"}).content.decode()
    staff.web.post(address, {"reason": "Paynow was asked"})
    assert ClosedDay.objects.get().note == "Paynow was asked"


def test_the_pages_ask_the_database_no_more_often_for_more_lines(django_assert_max_num_queries: Any) -> None:
    staff = accountant()
    for count in (3, 40):
        paynow_lines(*(paynow_row(paid(), their_reference=f"{count}-{number}") for number in range(count)))
        match_days(today(), today(), "USD")
        for query in ({"state": "all"}, {"state": "matched"}, {"state": "missing"}):
            with django_assert_max_num_queries(30):
                staff.get(reverse(PAGE), **query)
        with django_assert_max_num_queries(30):
            staff.get(reverse("admin:desk_matching_day", args=("USD", today().isoformat())))


def test_a_payment_on_no_statement_is_listed() -> None:
    known, unknown = paid(), paid("99.00")
    paynow_lines(paynow_row(known))
    match_days(today(), today(), "USD")
    page = readable(accountant().get(reverse(PAGE), state="missing"))
    assert (known.reference in page, unknown.reference in page) == (False, True)
    assert "On no statement (1)" in page
