"""Receipt numbers under threads and under SIGKILL: none twice, none left out."""

import os
import subprocess
import sys

import pytest
from django.db import IntegrityError, connection

from customer_data import ledger, services
from customer_data.models import Payment, Receipt, ReceiptSeries
from customer_data.services import receipts
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.races import at_once, widen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer", "nobody_hears")]

WORKERS = 4


@pytest.fixture
def nobody_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """The money comes and its receipt does not, as when a worker dies between the two."""
    monkeypatch.setattr("customer_data.signals.payment_moved.send_robust", lambda *_, **__: [])


def paid() -> Payment:
    return make.payment(Status.SUCCESSFUL)


def numbers() -> list[int]:
    return list(Receipt.objects.order_by("number").values_list("number", flat=True))


# --- Threads --------------------------------------------------------------------------------------
def issue_at_once(monkeypatch: pytest.MonkeyPatch, payments: list[Payment]) -> list[object]:
    ReceiptSeries.objects.create(name="R")
    widen(monkeypatch, receipts, "facts_of", threads=len(payments))
    return at_once(*[lambda payment=payment: services.issue_receipt(payment) for payment in payments])


def test_receipts_issued_at_once_are_numbered_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    issue_at_once(monkeypatch, [paid() for _ in range(WORKERS)])
    assert numbers() == [1, 2, 3, 4]


def test_one_payment_at_once_has_one_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = issue_at_once(monkeypatch, [paid()] * WORKERS)
    assert (len(set(issued)), numbers()) == (1, [1])


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_they_take_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = issue_at_once(monkeypatch, [paid() for _ in range(WORKERS)])
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) > 0
    assert numbers() == list(range(1, len(numbers()) + 1))  # the database keeps what the code did not


def test_the_first_receipt_of_a_series_is_a_race_too() -> None:
    payments = [paid() for _ in range(WORKERS)]
    at_once(*[lambda payment=payment: services.issue_receipt(payment) for payment in payments])
    assert numbers() == [1, 2, 3, 4]


# --- SIGKILL --------------------------------------------------------------------------------------
@pytest.mark.parametrize("point", ["locked", "written"])
def test_a_worker_that_is_killed_takes_no_number_with_it(point: str) -> None:
    services.issue_receipt(paid())
    payment = paid()
    command = [sys.executable, "-m", "customer_data.tests.dying_receipts", point, str(payment.pk)]
    command.append(str(connection.settings_dict["NAME"]))
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.tests.settings"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()
    assert numbers() == [1]
    later = paid()
    assert services.issue_missed_receipts() == 2
    assert [Receipt.objects.get(payment=one).number for one in (payment, later)] == [2, 3]
    assert list(ledger.violations()) == []
