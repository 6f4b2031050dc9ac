"""Two people at once about the same money, and a worker killed while it hands a refund over. Each race has a control."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from customer_data import ledger, services
from customer_data.models import Payment, Refund
from customer_data.services import CannotRefund, refunds
from customer_data.tests import money_back, till
from customer_data.tests.drawer import Drawer
from customer_data.tests.races import at_once, widen

pytestmark = pytest.mark.django_db(transaction=True)


# --- Two requests that together exceed ------------------------------------------------------------
def ask_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[Payment, list[Any]]:
    payment = money_back.paid()
    people = [money_back.person() for _ in range(2)]
    widen(monkeypatch, refunds, "_new_refund", threads=2)
    ask = [lambda user=user: money_back.request(payment, amount="150.00", user=user) for user in people]
    return payment, at_once(*ask)


def test_two_requests_that_together_exceed_are_one_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    payment, outcomes = ask_twice(monkeypatch)
    refused = [str(outcome) for outcome in outcomes if isinstance(outcome, CannotRefund)]
    assert refused == ["At most US$ 81.00 of this payment can still go back."]
    assert payment.refunds.count() == 1


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_both_pass_the_check_and_the_database_refuses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    payment, outcomes = ask_twice(monkeypatch)
    refused = [str(outcome) for outcome in outcomes if isinstance(outcome, CannotRefund)]
    assert len(refused) == 1
    assert "may never exceed" in refused[0]
    assert payment.refunds.count() == 1


# --- Two approvals --------------------------------------------------------------------------------
def approve_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[Refund, list[Any]]:
    refund = money_back.request()
    people = [money_back.person() for _ in range(2)]
    widen(monkeypatch, refunds, "_road_back", threads=2)
    return refund, at_once(*[lambda user=user: services.approve_refund(refund, user=user) for user in people])


def approvals(refund: Refund) -> int:
    return refund.payment.events.filter(details__refund_status="approved").count()


def test_two_approvals_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    refund, outcomes = approve_twice(monkeypatch)
    assert sum(isinstance(outcome, CannotRefund) for outcome in outcomes) == 1
    assert approvals(refund) == 1
    assert list(ledger.violations()) == []


@pytest.mark.usefixtures("without_locks")
def test_without_the_lock_the_guarded_move_still_keeps_two_approvals_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    refund, outcomes = approve_twice(monkeypatch)
    assert ["somebody else was faster" in str(outcome) for outcome in outcomes].count(True) == 1
    assert approvals(refund) == 1


@pytest.mark.usefixtures("without_locks")
def test_control_without_lock_and_guard_both_believe_that_they_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    def move(refund: Refund, status: str, **facts: Any) -> bool:
        refund.status = status
        return Refund.objects.filter(pk=refund.pk).update(status=status, **facts) == 1

    monkeypatch.setattr(Refund, "move_to", move)
    refund, outcomes = approve_twice(monkeypatch)
    assert not any(isinstance(outcome, CannotRefund) for outcome in outcomes)
    assert approvals(refund) == 2


# --- Killed ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("point", "arrived"), [("claimed", 0), ("arrived", 1)])
def test_a_worker_killed_while_handing_over_costs_nothing_twice(drawer: Drawer, point: str, arrived: int) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    refund = money_back.approve(money_back.request(payment))
    _kill(point, refund, drawer)
    refund.refresh_from_db()
    assert (refund.status, drawer.arrivals(refund.reference)) == ("sent", arrived)
    assert refund.next_check_at is not None
    assert services.due_refunds(now=refund.next_check_at) == [refund.reference]
    Refund.objects.filter(pk=refund.pk).update(next_check_at=timezone.now())
    services.send_refund(refund.reference)
    refund.refresh_from_db()
    assert (refund.status, drawer.arrivals(refund.reference), refund.amount) == ("done", 1, Decimal("231.00"))
    assert list(ledger.violations()) == []


def _kill(point: str, refund: Refund, drawer: Drawer) -> None:
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "customer_data.tests.dying_refund", point, refund.reference, str(drawer.folder), database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
