"""The receipt as a PDF: one page, small, and every fact on it, whatever somebody is called."""

import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from customer_data import services
from customer_data.models import Receipt
from customer_data.receipt_page import file_name, receipt_pdf
from customer_data.receipts import NOT_FISCAL
from customer_data.status import Status
from customer_data.tests import make, trips

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

LARGEST = 50_000

needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) reads the page")


def receipt(**fields: Any) -> Receipt:
    return services.issue_receipt(make.payment(Status.SUCCESSFUL, **fields))


def words_on(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return " ".join(subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode().split())  # noqa: S603


def pages_of(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n")


@needs_reader
def test_every_fact_stands_on_the_page() -> None:
    issued = receipt(booking=trips.booking(travellers=3), amount="173.25", gateway_reference="34512345")
    words = words_on(receipt_pdf(issued))
    assert [text for _, text in issued.facts if text not in words] == []
    assert NOT_FISCAL in words


@needs_reader
def test_a_test_receipt_says_so() -> None:
    assert "Test only: no money was paid." in words_on(receipt_pdf(receipt(is_test=True)))


@needs_reader
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Żółć Dvořák-Nguyễn", "Żółć Dvořák-Nguyễn"),
        ("Юлия Σωκράτης", "Юлия Σωκράτης"),
        ("Rudo 🦁 Moyo", "Rudo Moyo"),
        ("王小明", "???"),
        ("\u202eRudo\u0000\u0007\ud83e", "Rudo"),
        ("<b>Tom & Jerry</b> **x**", "<b>Tom & Jerry</b> **x**"),
    ],
)
def test_any_name_can_be_written(name: str, shown: str) -> None:
    issued = receipt()
    issued.facts = [[label, name if label == "Received from" else text] for label, text in issued.facts]
    pdf = receipt_pdf(issued)
    assert f"Received from {shown}" in words_on(pdf)
    assert len(pdf) < LARGEST


def test_the_longest_facts_stay_on_one_small_page() -> None:
    issued = receipt()
    letters = "".join(chr(number) for number in range(0x41, 0x52F))
    issued.facts = [[label, f"{'W' * 200} {letters[position * 60 :]}"] for position, (label, _) in enumerate(issued.facts)]
    pdf = receipt_pdf(issued)
    assert (pages_of(pdf), len(pdf) < LARGEST) == (1, True)


def test_an_ordinary_receipt_is_a_fraction_of_that() -> None:
    pdf = receipt_pdf(receipt())
    assert (pdf[:5], pages_of(pdf), len(pdf) < 20_000) == (b"%PDF-", 1, True)


def test_the_same_receipt_is_the_same_file() -> None:
    issued = receipt()
    first = receipt_pdf(issued)
    assert receipt_pdf(Receipt.objects.get(pk=issued.pk)) == first
    assert file_name(issued) == "receipt-R-000001.pdf"


def test_the_file_is_dated_when_the_receipt_was_issued() -> None:
    issued = receipt()
    issued.issued_at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert b"/CreationDate (D:20260301123000" in receipt_pdf(issued)
