"""Builders for tests of money matching: sources, files as a bank or Paynow would make them, and lines brought in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from customer_data.models import Payment
from customer_data.tests import make
from desk import importing
from desk.models import SourceKind, StatementFile, StatementLine, StatementSource

PAYNOW_COLUMNS = {
    "day": "Date",
    "amount": "Amount",
    "reference": "Reference",
    "their_reference": "Paynow Ref",
    "status": "Status",
    "fee": "Fee",
}
BANK_COLUMNS = {"day": "Date", "words": "Details", "money_out": "Debit", "money_in": "Credit", "reference": "Ref"}
PAYNOW_HEADINGS = ("Date", "Paynow Ref", "Reference", "Amount", "Fee", "Status")
BANK_HEADINGS = ("Date", "Details", "Ref", "Debit", "Credit", "Balance")


def today() -> date:
    return timezone.localdate()


def paid(amount: str = "231.00", **fields: Any) -> Payment:
    """A payment through Paynow whose money came in now."""
    return make.payment(
        "successful", amount=amount, **({"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"} | fields)
    )


def transferred(amount: str = "231.00", **fields: Any) -> Payment:
    """A transfer to our bank account that was approved now."""
    return make.payment(
        "successful", amount=amount, **({"gateway": "offline", "payment_method": "bank_transfer", "account": "bank"} | fields)
    )


def source(kind: str = SourceKind.PAYNOW, *, currency: str = "USD", **fields: Any) -> StatementSource:
    """A source whose columns are mapped."""
    columns = PAYNOW_COLUMNS if kind == SourceKind.PAYNOW else BANK_COLUMNS
    defaults = {"kind": kind, "currency": currency, "columns": columns, "date_format": "day_first"}
    return StatementSource.objects.get_or_create(name=fields.pop("name", f"{kind} {currency}"), defaults=defaults | fields)[0]


def csv_of(
    rows: Sequence[Sequence[object]], *, headings: Sequence[str] = PAYNOW_HEADINGS, mark: str = ",", encoding: str = "utf-8"
) -> bytes:
    return "\r\n".join(mark.join(str(cell) for cell in row) for row in (headings, *rows)).encode(encoding)


def xlsx_of(rows: Sequence[Sequence[object]], *, headings: Sequence[str] = PAYNOW_HEADINGS) -> bytes:
    book = Workbook()
    for row in (headings, *rows):
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def upload(content: bytes, name: str = "statement.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def brought(content: bytes, of: StatementSource | None = None) -> StatementFile:
    """A file that was uploaded and imported, not yet matched."""
    file, _ = importing.keep_file(of or source(), upload(content), staff())
    return importing.import_file(file)


def staff() -> Any:
    """The accountant who brings files in."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    user = get_user_model().objects.filter(username="accountant").first()
    return user or make.staff("accountant")


def paynow_row(payment: Payment | None = None, **fields: Any) -> tuple[object, ...]:
    """What Paynow's export says of a payment."""
    said = {
        "day": today(),
        "their_reference": "",
        "reference": payment.reference if payment else "",
        "amount": payment.amount if payment else "231.00",
        "fee": "",
        "status": "Paid",
    } | fields
    return (f"{said['day']:%d/%m/%Y}", said["their_reference"], said["reference"], said["amount"], said["fee"], said["status"])


def bank_row(amount: str, words: str = "Transfer", *, day: date | None = None, reference: str = "") -> tuple[object, ...]:
    """A line of the bank's: money in, or out with a minus."""
    debit, credit = (amount.removeprefix("-"), "") if amount.startswith("-") else ("", amount)
    return (f"{day or today():%d/%m/%Y}", words, reference, debit, credit, "")


def paynow_lines(*rows: tuple[object, ...]) -> list[StatementLine]:
    return list(brought(csv_of(rows)).lines.order_by("line_number"))


def bank_lines(*rows: tuple[object, ...]) -> list[StatementLine]:
    file = brought(csv_of(rows, headings=BANK_HEADINGS), source(SourceKind.BANK))
    return list(file.lines.order_by("line_number"))


def days_ago(days: int) -> date:
    return today() - timedelta(days=days)
