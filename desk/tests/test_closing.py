"""Closing a day: figures are written down once, by name, and stay; what comes later is shown as later."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from customer_data.tests import make
from customer_data.tests.races import at_once
from desk import matching
from desk.closing import NotClosed, close_day, exceptions_of, later_than_closed
from desk.matching import days_of, match_days
from desk.models import ClosedDay
from desk.tests.statements import (
    bank_lines,
    bank_row,
    brought,
    csv_of,
    days_ago,
    paid,
    paynow_lines,
    paynow_row,
    staff,
    today,
    transferred,
)

pytestmark = pytest.mark.django_db


def exceptions() -> list[str]:
    return exceptions_of(days_of(today(), today(), "USD")[today()], "USD")


def test_a_quiet_day_is_closed_without_a_word() -> None:
    closed = close_day(days_ago(1), "USD", note="", by=staff())
    assert (closed.figures["taken"], closed.figures["exceptions"], closed.note) == ("0.00", 0, "")


def test_the_figures_are_those_of_three_books() -> None:
    first, second = paid("100.00"), paid("50.00", payment_method="paynow_card")
    transferred("77.00")
    make.payment("successful", amount="9.00", gateway="offline", payment_method="cash")
    paid("1000.00", is_test=True)
    paynow_lines(
        paynow_row(first, fee="3.00"), paynow_row(second, fee="2.50"), paynow_row(first, status="Cancelled", their_reference="c")
    )
    bank_lines(bank_row("144.50", "PAYNOW"), bank_row("-4.50", "FEE"))
    match_days(today(), today(), "USD")
    figures = close_day(today(), "USD", note="Closed early", by=staff()).figures
    names = ("taken", "transfers", "elsewhere", "at_paynow", "fees", "money_in", "money_out", "matched")
    expected = ("150.00", "77.00", "9.00", "150.00", "5.50", "144.50", "-4.50", "150.00")
    assert tuple(figures[name] for name in names) == expected
    assert figures["by_method"] == {
        "bank_transfer": [1, "77.00"],
        "cash": [1, "9.00"],
        "paynow_card": [1, "50.00"],
        "paynow_ecocash": [1, "100.00"],
    }


def test_a_day_with_exceptions_is_closed_only_with_a_reason() -> None:
    payment, _ = paid(), paid("99.00")
    paynow_lines(paynow_row(payment, amount="200.00"))
    match_days(today(), today(), "USD")
    assert exceptions() == [
        "The day is not over: money may still come.",
        "1 line of a statement is not matched.",
        "1 payment (US$ 99.00) on no line of: Paynow's transaction export.",
    ]
    with pytest.raises(NotClosed, match="1 line of a statement is not matched"):
        close_day(today(), "USD", note="", by=staff())
    assert not ClosedDay.objects.exists()
    closed = close_day(today(), "USD", note="Paynow was asked", by=staff())
    assert closed.figures["open"] == exceptions()


def test_a_missing_statement_is_told_once_and_not_for_each_payment() -> None:
    paid(), paid("99.00"), transferred()
    assert exceptions()[1:] == [
        "Paynow's transaction export does not reach this day: import it.",
        "Bank statement does not reach this day: import it.",
    ]


def test_a_closed_day_cannot_be_closed_again_and_keeps_its_figures() -> None:
    close_day(days_ago(1), "USD", note="", by=staff())
    with pytest.raises(NotClosed, match="accountant has closed this day already"):
        close_day(days_ago(1), "USD", note="once more", by=make.staff("rudo"))
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        ClosedDay.objects.update(figures={})


def test_a_day_to_come_is_not_closed() -> None:
    with pytest.raises(NotClosed, match="has not begun"):
        close_day(days_ago(-1), "USD", note="why not", by=staff())


def test_days_of_another_currency_are_closed_by_themselves() -> None:
    close_day(days_ago(1), "USD", note="", by=staff())
    assert close_day(days_ago(1), "ZWG", note="", by=staff()).currency == "ZWG"


def test_money_that_comes_after_closing_is_shown_and_changes_nothing() -> None:
    paid("100.00")
    closed = close_day(today(), "USD", note="Early", by=staff())
    assert later_than_closed(today(), "USD") == []
    late = paid("31.00")
    paynow_lines(paynow_row(late))
    [later] = later_than_closed(today(), "USD")
    assert (later.day, later.changes) == (today(), ("taken through Paynow: US$ 31.00 more", "Paynow's lines: US$ 31.00 more"))
    closed.refresh_from_db()
    assert closed.figures["taken"] == "100.00"


def test_matching_goes_on_after_closing() -> None:
    payment = paid()
    close_day(today(), "USD", note="Early", by=staff())
    [line] = paynow_lines(paynow_row(payment))
    match_days(today(), today(), "USD")
    line.refresh_from_db()
    assert line.status == "matched"


@pytest.mark.django_db(transaction=True)
def test_two_accountants_close_a_day_once() -> None:
    tendai, rudo = make.staff("tendai"), make.staff("rudo")
    outcomes = at_once(*(lambda user=user: close_day(days_ago(1), "USD", note="", by=user) for user in (tendai, rudo)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ClosedDay", "NotClosed"]
    assert ClosedDay.objects.count() == 1


def test_three_columns_agree_when_everything_is_matched() -> None:
    payment = paid("100.00")
    brought(csv_of([paynow_row(payment)]))
    match_days(today(), today(), "USD")
    day = matching.days_of(today(), today(), "USD")[today()]
    assert (day.difference, day.exceptions, day.matched.amount) == (Decimal("0.00"), 0, Decimal("100.00"))
