"""Lines of statements against our books: what is certain is matched, what is likely is proposed, what differs is told."""

from typing import Any

import pytest

from customer_data.tests import make
from desk.matching import match_days
from desk.models import LineStatus, StatementLine
from desk.tests.statements import bank_lines, bank_row, days_ago, paid, paynow_lines, paynow_row, today, transferred

pytestmark = pytest.mark.django_db


def matched(*, currency: str = "USD") -> None:
    match_days(days_ago(15), today(), currency)


def stands(line: StatementLine) -> tuple[str, Any, str]:
    line.refresh_from_db()
    return line.status, line.payment, line.why


def test_a_line_with_our_reference_is_matched() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment))
    matched()
    assert stands(line) == (LineStatus.MATCHED, payment, "By our reference.")


def test_a_line_with_paynows_reference_is_matched() -> None:
    payment = paid(gateway_reference="1234567")
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1234567"))
    matched()
    assert stands(line) == (LineStatus.MATCHED, payment, "By Paynow's reference.")
