"""Statements brought in: every line once, bad rows by line, nothing lost, safe to kill and to repeat."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from desk import importing
from desk.importing import storing
from desk.models import LineStatus, SourceKind, StatementFile, StatementLine
from desk.tests.statements import (
    BANK_HEADINGS,
    PAYNOW_HEADINGS,
    bank_lines,
    bank_row,
    brought,
    csv_of,
    paid,
    paynow_lines,
    paynow_row,
    source,
    staff,
    today,
    upload,
    xlsx_of,
)

pytestmark = pytest.mark.django_db

A = ("20/11/2026", "111", "REF1", "10.00", "0.30", "Paid")
B = ("20/11/2026", "222", "REF2", "20.00", "", "Paid")
BAD = ("31/02/2026", "333", "REF3", "30.00", "", "Paid")


def test_a_line_says_what_the_row_said() -> None:
    [line] = brought(csv_of([A])).lines.all()
    said = (
        line.day,
        line.amount,
        line.fee,
        line.currency,
        line.reference,
        line.their_reference,
        line.their_status,
        line.line_number,
    )
    assert said == (date(2026, 11, 20), Decimal("10.00"), Decimal("0.30"), "USD", "REF1", "111", "Paid", 2)


@pytest.mark.parametrize("content", [csv_of([A, B]), csv_of([A, B], mark=";", encoding="utf-16"), xlsx_of([A, B])])
def test_the_kind_of_file_makes_no_difference(content: bytes) -> None:
    assert sorted(brought(content).lines.values_list("amount", flat=True)) == [Decimal("10.00"), Decimal("20.00")]


def test_the_same_file_twice_imports_nothing_twice() -> None:
    first, second = brought(csv_of([A, B])), brought(csv_of([A, B]))
    assert first == second
    assert StatementLine.objects.count() == 2


def test_an_overlapping_statement_imports_only_what_is_new() -> None:
    brought(csv_of([A]))
    later = brought(csv_of([A, B]))
    assert (later.lines_new, later.lines_known) == (1, 1)
    assert StatementLine.objects.count() == 2


def test_two_equal_lines_of_one_statement_are_two_lines() -> None:
    brought(csv_of([A, A]))
    again = brought(csv_of([A, A, B]))
    assert (again.lines_new, again.lines_known, StatementLine.objects.count()) == (1, 2, 3)


def test_a_bad_row_is_named_by_line_and_loses_nothing() -> None:
    file = brought(csv_of([A, BAD, B]))
    assert file.lines_new == 2
    [bad] = file.bad_rows
    assert bad["line_number"] == 3
    assert "not a day of the calendar" in bad["problem"]
    assert bad["words"] == "31/02/2026 | 333 | REF3 | 30.00 | Paid"


def test_a_mended_file_brings_only_what_was_bad() -> None:
    brought(csv_of([A, BAD, B]))
    mended = brought(csv_of([A, ("28/02/2026", *BAD[1:]), B]))
    assert (mended.lines_new, mended.lines_known, mended.bad_rows) == (1, 2, [])
    assert StatementLine.objects.count() == 3


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("20/11/2026", "1", "R", "", "", "Paid"), "There is no amount."),
        (("20/11/2026", "1", "R", "0.00", "", "Paid"), "The amount is zero"),
        (("20/11/2026", "1", "R", "ten", "", "Paid"), "'ten' is not an amount"),
        (("", "1", "R", "1.00", "", "Paid"), "There is no date."),
        (("20/11/2026", "1", "=A1", "1.00", "", "Paid"), "formula"),
        (("20/11/2026", "1", "R" * 200, "1.00", "", "Paid"), "longer than 128"),
        (("20/11/2026", "1", "R", "1.00", "x", "Paid"), "'x' is not an amount"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(row: tuple[str, ...], said: str) -> None:
    [bad] = brought(csv_of([A, row])).bad_rows
    assert said in bad["problem"]


def test_a_live_formula_of_a_workbook_is_named_by_its_line() -> None:
    [bad] = brought(xlsx_of([A, ("20/11/2026", "9", "R", "=10+10", "", "Paid")])).bad_rows
    assert (bad["line_number"], "(=10+10)" in bad["problem"]) == (3, True)


def test_debit_and_credit_columns_give_signs() -> None:
    lines = bank_lines(bank_row("500.00"), bank_row("-4.50", "Fee"))
    assert [line.amount for line in lines] == [Decimal("500.00"), Decimal("-4.50")]


def test_a_column_of_credit_or_debit_gives_signs() -> None:
    columns = {"day": "Date", "amount": "Amount", "direction": "Dr/Cr"}
    bank = source(SourceKind.BANK, name="Other bank", columns=columns)
    file = brought(csv_of([("20/11/2026", "5.00", "DR"), ("20/11/2026", "7.00", "CR")], headings=("Date", "Amount", "Dr/Cr")), bank)
    assert sorted(file.lines.values_list("amount", flat=True)) == [Decimal("-5.00"), Decimal("7.00")]


def test_a_row_in_another_currency_is_not_taken_for_ours() -> None:
    columns = {"day": "Date", "amount": "Amount", "reference": "Ref", "currency": "Ccy"}
    mixed = source(name="Mixed", columns=columns)
    rows = [("20/11/2026", "5.00", "A", "USD"), ("20/11/2026", "900.00", "B", "ZiG"), ("20/11/2026", "9.00", "C", "ZAR")]
    file = brought(csv_of(rows, headings=("Date", "Amount", "Ref", "Ccy")), mixed)
    assert [bad["problem"] for bad in file.bad_rows] == [
        "The row is in ZiG, and this source is in US$.",
        "'ZAR' is a currency we do not take.",
    ]


def test_headings_below_an_address_are_found() -> None:
    above = b"Example Bank,,,,,\r\nStatement of account 123,,,,,\r\n\r\n"
    assert brought(above + csv_of([A])).lines.get().line_number == 5


def test_a_file_with_other_headings_asks_for_its_columns() -> None:
    file, _ = importing.keep_file(source(), upload(csv_of([A], headings=("When", *PAYNOW_HEADINGS[1:]))), staff())
    assert not importing.is_mapped(file)
    with pytest.raises(importing.CannotImport, match="columns of this file are not known"):
        importing.import_file(file)


def test_columns_dates_and_marks_are_proposed_from_the_file() -> None:
    rows = [("13.04.2026", "Moyo", "R1", "", "1.234,56", ""), ("03.04.2026", "Fee", "R2", "4,50", "", "")]
    look = importing.look_at(csv_of(rows, headings=BANK_HEADINGS, mark=";"), SourceKind.BANK, {})
    assert look.columns == {"day": "Date", "words": "Details", "money_out": "Debit", "money_in": "Credit", "reference": "Ref"}
    assert (look.date_format, look.decimal_mark, look.dates_are_open) == ("day_first", ",", "")


def test_dates_that_nothing_settles_are_named() -> None:
    look = importing.look_at(csv_of([("03/04/2026", *A[1:]), ("05/06/2026", *A[1:])]), SourceKind.PAYNOW, {})
    assert look.dates_are_open == "03/04/2026"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"amount": "Amount"}, "Choose the column for: Date, Our reference."),
        ({"day": "Date", "amount": "Amount", "reference": "Amount"}, "'Amount' is chosen twice"),
    ],
)
def test_columns_that_cannot_be_read_with_are_refused(columns: dict[str, str], said: str) -> None:
    with pytest.raises(importing.CannotMap, match=said):
        importing.map_columns(source(), columns, date_format="day_first", decimal_mark=".")


def test_a_file_of_which_no_row_can_be_read_imports_nothing() -> None:
    file, _ = importing.keep_file(source(), upload(csv_of([BAD])), staff())
    with pytest.raises(importing.CannotImport, match=r"Not one row could be read\. Line 2"):
        importing.import_file(file)
    assert not StatementLine.objects.exists()


class Counted:
    """A file that tells whether it was read."""

    name, size, was_read = "huge.csv", 200 * 1024 * 1024, False

    def read(self) -> bytes:
        self.was_read = True
        return b""


def test_two_hundred_megabytes_are_refused_unread() -> None:
    huge = Counted()
    with pytest.raises(importing.CannotImport, match="20 MB at most"):
        importing.keep_file(source(), huge, staff())
    assert not huge.was_read
    assert not StatementFile.objects.exists()


def test_an_import_that_was_killed_goes_on_without_doubling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "BATCH", 2)
    rows = [("20/11/2026", str(number), f"R{number}", "10.00", "", "Paid") for number in range(5)]
    file, _ = importing.keep_file(source(), upload(csv_of(rows)), staff())
    whole = storing._store
    done: list[Any] = []

    def die_in_the_second_batch(*given: Any) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(whole(*given))

    monkeypatch.setattr(storing, "_store", die_in_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        importing.import_file(file)
    assert StatementLine.objects.count() == 2
    monkeypatch.setattr(storing, "_store", whole)
    file = importing.import_file(file)
    assert (StatementLine.objects.count(), file.lines_new, file.lines_known) == (5, 5, 0)


def test_a_later_export_that_calls_a_line_refunded_opens_it_again() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, their_reference="77"))
    StatementLine.objects.filter(pk=line.pk).update(status=LineStatus.MATCHED, payment=payment)
    brought(csv_of([paynow_row(payment, their_reference="77", status="Refunded"), paynow_row(day=today(), their_reference="78")]))
    line.refresh_from_db()
    assert (line.their_status, line.is_money, line.status) == ("Refunded", False, LineStatus.OPEN)
