"""The core against a model of ten lines, over every sequence of what can happen to payments; see model.py for the lines.

`MODEL_TIMES=50 pytest customer_data/tests/test_model.py offline_payments/tests/test_model.py` looks fifty times as long.
Controls: with a guard taken out, the machine must find a sequence that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import Phase, settings
from hypothesis.stateful import initialize

from customer_data import schedule, services
from customer_data.models import Booking, Payment, payment
from customer_data.services import checking, reporting, sending
from customer_data.services import refund_sending as refunding
from customer_data.services.refund_steps import fail, locked
from customer_data.tests.machine import Shop
from customer_data.tests.model_settings import bounded, try_sequences

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def test_no_sequence_breaks_the_books() -> None:
    try_sequences(Shop, bounded(examples=30))


# --- Controls -------------------------------------------------------------------------------------
Guard = Callable[[pytest.MonkeyPatch], None]


def a_lost_answer_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    def send_again(payment: Payment, error: Exception, *, source: str) -> None:
        Payment.objects.filter(pk=payment.pk).update(unsent=True)

    patch.setattr(sending, "_ask_soon", send_again)


def any_amount_and_account_is_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reporting, "_difference", lambda payment, report: "")


def bad_news_overwrites_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reporting, "may_move", lambda start, end: True)
    patch.setattr(payment, "may_move", lambda start, end: True)
    with connection.cursor() as cursor:  # the database repeats the table; the test's rollback puts it back
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_legal_moves_only%%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE customer_data_payment DISABLE TRIGGER {name}")


def the_booking_is_not_counted_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Booking, "recount", lambda booking: None)


def what_has_no_answer_is_never_asked_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "ask_again_after", lambda *anything, **more: None)


def a_refund_without_an_answer_counts_as_failed(patch: pytest.MonkeyPatch) -> None:
    def give_up(refund: Any, error: Exception, *, was_sent: bool, source: str) -> None:
        with locked(refund) as current:
            fail(current, str(error), source=source)

    patch.setattr(refunding, "_note_no_answer", give_up)


def a_bell_is_not_followed_by_a_question(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(checking, "_ask", lambda payment, *, source: None)


class ShopWithARefund(Shop):
    """A refund waits to be sent from the beginning: by chance few sequences come so far."""

    @initialize(target=Shop.refunds)
    def a_refund_was_approved(self) -> str:
        paid = self.begin_paid()
        refund = services.request_refund(paid, amount=paid.amount, reason="It rained.", user=self.people[0])
        return services.approve_refund(refund, user=self.people[1]).reference


GUARDS: list[tuple[Guard, str]] = [
    (a_lost_answer_is_sent_again, "A payment is charged at most once|Every payment stands as its gateway says"),
    (any_amount_and_account_is_believed, "Money is in only where the gateway took it."),
    (bad_news_overwrites_good, "Good never becomes bad"),
    (the_booking_is_not_counted_again, "Paid on a booking is what came in less what went back."),
    (what_has_no_answer_is_never_asked_again, "What is open is due."),
    (a_refund_without_an_answer_counts_as_failed, "A refund that failed gave nothing back."),
    (a_bell_is_not_followed_by_a_question, "Every payment stands as its gateway says."),
]


@pytest.mark.parametrize(("guard", "line"), GUARDS, ids=lambda value: getattr(value, "__name__", ""))
def test_control_without_its_guard_a_line_is_broken(guard: Guard, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guard(monkeypatch)
    shop = ShopWithARefund if guard is a_refund_without_an_answer_counts_as_failed else Shop
    quick = settings(bounded(examples=1000), phases=[Phase.generate], derandomize=True, database=None)
    with pytest.raises(AssertionError) as found:
        try_sequences(shop, quick)
    assert re.search(line, str(found.value))
