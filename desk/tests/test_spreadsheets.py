"""Tables that strangers made: every dialect reads the same, nothing is worked out, what is no table is named."""

import io
import zipfile
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.spreadsheets import (
    Cell,
    Formula,
    NotATable,
    NotReadable,
    guess_date_format,
    guess_decimal_mark,
    is_ambiguous_day,
    read_amount,
    read_day,
    read_rows,
)
from desk.spreadsheets.cells import MOST_BYTES, MOST_ROWS, check_size
from desk.tests.statements import xlsx_of

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
ROWS = st.lists(st.lists(WORDS, min_size=2, max_size=2), min_size=2, max_size=8)


def cells(content: bytes) -> list[list[Cell]]:
    return [list(row.cells) for row in read_rows(content)]


# --- Files ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_dialect_of_csv_reads_the_same(mark: str, encoding: str, end: str) -> None:
    rows = [["Date", "D\u00e9tails", "Amount"], ["20/11/2026", f'"Moyo{mark} Rudo"', "231.00"], ["21/11/2026", "Ncube", "12.50"]]
    content = end.join(mark.join(row) for row in rows).encode(encoding)
    assert cells(content) == [rows[0], ["20/11/2026", f"Moyo{mark} Rudo", "231.00"], rows[2]]


@given(ROWS)
def test_what_was_written_quoted_is_read_back(rows: list[list[str]]) -> None:
    quoted = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in ["x", *row]) for row in rows)
    read = [[str(cell) for cell in row[1:]] for row in cells(quoted.encode())]
    assert read == [[cell.strip() for cell in row] for row in rows]


def test_a_row_keeps_its_line_number_after_empty_lines_and_quoted_breaks() -> None:
    content = b'Bank of Examples\r\n\r\nDate,Words\r\n1/1/2026,"two\r\nlines"\r\n2/1/2026,one\r\n'
    assert [row.number for row in read_rows(content)] == [1, 3, 4, 6]


def test_an_excel_file_reads_numbers_days_and_text() -> None:
    content = xlsx_of([[date(2026, 11, 20), 231.1, 12345, "0012"]], headings=["Date", "Amount", "Number", "Ref"])
    assert cells(content)[1] == [date(2026, 11, 20), Decimal("231.1"), Decimal("12345"), "0012"]


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://evil.example","x")', "=cmd|' /C calc'!A0"])
def test_a_formula_is_seen_and_never_worked_out(formula: str) -> None:
    for content in (xlsx_of([["x", formula]]), f"a\tb\nx\t{formula}\n".encode()):
        cell = cells(content)[1][1]
        assert isinstance(cell, Formula)
        with pytest.raises(NotReadable, match="never worked out"):
            read_amount(cell)


def test_a_number_kept_as_text_by_a_formula_of_one_constant_is_text() -> None:
    assert cells(b'a,b\n="00123",2\n')[1][0] == "00123"


OTHER_FILES = [
    (b"", "empty"),
    (b"\n\n , ,\n", "not one row"),
    (b"%PDF-1.7 ...", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff\xe0", "picture"),
    (b"\x00\x00\x00\x18ftypheic", "picture"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
    (b"<html><table>", "web page"),
    (b"PK\x03\x04 not really", "damaged"),
    (b"a,b\n1,\x00\x01\x02\n", "not a table"),
    (b'a,b\n"never closed,2\n' * 2 + b"x" * 2_000_000, "quotation mark"),
]


@pytest.mark.parametrize(("content", "said"), OTHER_FILES)
def test_what_is_no_table_is_named(content: bytes, said: str) -> None:
    with pytest.raises(NotATable, match=said):
        list(read_rows(content))


def test_two_hundred_megabytes_are_refused_by_their_size() -> None:
    with pytest.raises(NotATable, match=r"200 MB\. A statement may be 20 MB at most"):
        check_size(200 * 1024 * 1024)
    check_size(MOST_BYTES)


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in parts.items():
            opened.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def test_a_zip_that_is_no_workbook_is_named() -> None:
    with pytest.raises(NotATable, match="zip file"):
        list(read_rows(zipped(readme=b"hello")))


def test_a_zip_bomb_is_not_opened() -> None:
    bomb = zipped(**{"xl__workbook.xml": b"<workbook/>", "xl__sheet.xml": b"0" * (151 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024
    with pytest.raises(NotATable, match="unpacks to far more"):
        list(read_rows(bomb))


def test_a_workbook_with_entities_is_not_opened() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    with pytest.raises(NotATable, match="holds instructions"):
        list(read_rows(zipped(**{"xl__workbook.xml": laughs})))


def test_a_sheet_that_claims_to_be_endless_is_read_to_its_rows() -> None:
    honest = xlsx_of([["20/11/2026", "1.00"]], headings=["Date", "Amount"])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(honest)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert file.getvalue() != honest
    assert cells(file.getvalue()) == [["Date", "Amount"], ["20/11/2026", "1.00"]]


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(NotATable, match="more than 200,000"):
        list(read_rows(b"a,b\n" * (MOST_ROWS + 1)))


# --- Amounts --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("231", "231.00"),
        ("1,234.56", "1234.56"),
        ("12 345 678.90", "12345678.90"),
        ("1\u00a0234.5", "1234.50"),
        ("1'234.50", "1234.50"),
        ("(5.00)", "-5.00"),
        ("5.00-", "-5.00"),
        ("\u22125.00", "-5.00"),
        ("5.00 DR", "-5.00"),
        ("5.00CR", "5.00"),
        ("US$ 5.00", "5.00"),
        ("-US$ 5.00", "-5.00"),
        ("ZiG 3,080.00", "3080.00"),
        ("5.0000", "5.00"),
        ("+5", "5.00"),
    ],
)
def test_amounts_as_banks_write_them(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["1,23", "12,34.00", "1.234", "1.2.3", "five", "1e5", "NaN", "--5", "1,234,5", "\u0663.\u0660\u0660", "5.001", "0x10"]
)
def test_what_is_not_clearly_an_amount_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        read_amount(text)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from([".", ","]))
def test_an_amount_survives_being_written_in_any_habit(amount: Decimal, mark: str) -> None:
    shown = f"{abs(amount):,.2f}"
    if mark == ",":
        shown = shown.translate({ord(","): ".", ord("."): ","})
    for written in (f"-{shown}", f"({shown})", f"{shown} DR", f"{shown}-") if amount < 0 else (shown, f"+{shown}", f"{shown} CR"):
        assert read_amount(written, decimal_mark=mark) == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_sentence(text: str) -> None:
    with suppress(NotReadable):
        amount = read_amount(text)
        assert amount is None or amount == amount.quantize(Decimal("0.01"))


def test_a_binary_fraction_of_a_spreadsheet_is_the_cent_it_means() -> None:
    assert read_amount(Decimal(repr(0.1 + 0.2))) == Decimal("0.30")


def test_the_mark_before_the_cents_is_guessed_from_the_column() -> None:
    assert guess_decimal_mark(["1.234,56", "12,50", "3"]) == ","
    assert guess_decimal_mark(["1,234.56", "12.50"]) == "."


# --- Days -----------------------------------------------------------------------------------------
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_survives_being_written_in_any_habit(day: date) -> None:
    for form, date_format in (
        ("%d/%m/%Y", "day_first"),
        ("%m-%d-%Y", "month_first"),
        ("%Y.%m.%d", "year_first"),
        ("%Y%m%d", "day_first"),
    ):
        assert read_day(day.strftime(form), date_format) == day
    for form in ("%d %b %Y", "%d-%B-%Y 14:05:33", "%b %d, %Y", "%A %d %B %Y", "%Y-%m-%dT10:00:00+02:00"):
        assert read_day(day.strftime(form), "month_first") == day


@pytest.mark.parametrize("text", ["", "31/02/2026", "13/13/2026", "1/1/1899", "tomorrow", "45000", "20/11/20266", "2026-13-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        read_day(text, "day_first")


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_a_sentence(text: str) -> None:
    with suppress(NotReadable):
        assert isinstance(read_day(text, "day_first"), date)


def test_how_days_are_written_is_guessed_where_a_row_settles_it() -> None:
    assert guess_date_format(["03/04/2026", "13/04/2026"]) == "day_first"
    assert guess_date_format(["03/04/2026", "04/13/2026"]) == "month_first"
    assert guess_date_format(["2026-04-03"]) == "year_first"
    assert [is_ambiguous_day(text) for text in ("03/04/2026", "13/04/2026", "03/03/2026", "3 Apr 2026")] == [
        True,
        False,
        False,
        False,
    ]
