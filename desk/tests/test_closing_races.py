"""Money that comes while a day is being closed, and two who close it; with real connections, and controls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from customer_data.models import Payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.races import in_the_middle
from desk import closing, matching
from desk.closing import NotClosed, close_day, later_than_closed
from desk.models import ClosedDay
from desk.tests.statements import staff, today

pytestmark = pytest.mark.django_db(transaction=True)


def money_comes_while_the_day_is_closed(monkeypatch: pytest.MonkeyPatch) -> ClosedDay:
    payment = make.payment(Status.PENDING, gateway="paynow", payment_method="paynow_ecocash", account="1201")
    other = in_the_middle(
        monkeypatch, closing, "figures_of", lambda: make.step(Payment.objects.get(pk=payment.pk), Status.SUCCESSFUL)
    )
    closed = close_day(today(), "USD", note="Closed early.", by=staff())
    assert other.finished() is None
    return closed


def test_money_that_comes_while_a_day_is_closed_is_shown_as_later_and_the_day_keeps_its_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = money_comes_while_the_day_is_closed(monkeypatch)
    assert closed.figures["taken"] == "0.00"
    assert [later.changes for later in later_than_closed(today(), "USD")] == [("taken through Paynow: US$ 231.00 more",)]


def test_control_with_figures_read_again_the_later_money_would_be_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = money_comes_while_the_day_is_closed(monkeypatch)
    now = closing.figures_of(matching.days_of(today(), today(), "USD")[today()])
    monkeypatch.setattr(closing, "amount_of", lambda closed, name: Decimal(str(now[name])))
    assert closed.figures["taken"] == "0.00"
    assert later_than_closed(today(), "USD") == []


def close_twice(monkeypatch: pytest.MonkeyPatch) -> Any:
    one, two = staff(), make.staff("two")
    other = in_the_middle(monkeypatch, closing, "exceptions_of", lambda: close_day(today(), "USD", note="Mine.", by=two))
    close_day(today(), "USD", note="Closed early.", by=one)
    return other.finished()


def test_a_day_is_closed_by_one_and_the_other_hears_by_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = close_twice(monkeypatch)
    assert isinstance(refused, NotClosed)
    assert "has closed this day already" in str(refused)
    assert ClosedDay.objects.count() == 1


def test_control_without_the_lock_the_second_is_first_and_the_one_who_began_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "lock_matching", lambda: None)
    with pytest.raises(NotClosed):
        close_twice(monkeypatch)
