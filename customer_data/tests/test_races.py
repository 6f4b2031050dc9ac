"""Two at once, with real threads and real transactions. Each race has a control: with the guard taken away, it appears."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from customer_data import ledger, sealed, services, sweep
from customer_data.models import Booking, Payment
from customer_data.schedule import TASK_LOST_AFTER
from customer_data.services import opening, sending
from customer_data.status import Status
from customer_data.tests import make, till
from customer_data.tests.drawer import OTP, Drawer
from customer_data.tests.races import at_once, widen, write_blindly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]


@pytest.fixture
def without_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is written whatever it is by now."""

    monkeypatch.setattr(Payment, "_write", write_blindly)


# --- Opening --------------------------------------------------------------------------------------
def open_eight_times(monkeypatch: pytest.MonkeyPatch) -> tuple[Booking, list[Any]]:
    booking = make.booking()
    widen(monkeypatch, opening, "_new_payment", threads=8)
    return booking, at_once(*[lambda: till.ask_for(booking)] * 8)


def test_eight_taps_at_once_are_one_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    booking, opened = open_eight_times(monkeypatch)
    assert {payment.pk for payment in opened} == {booking.payments.get().pk}


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_eight_taps_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    booking, opened = open_eight_times(monkeypatch)
    assert sum(isinstance(outcome, IntegrityError) for outcome in opened) == 7
    assert booking.payments.count() == 1  # the database keeps what the code did not


# --- Totals ---------------------------------------------------------------------------------------
def two_successes(monkeypatch: pytest.MonkeyPatch) -> Booking:
    booking = make.booking("100.00")
    late = make.payment(Status.EXPIRED, amount="50.00", booking=booking)
    current = make.payment(Status.PENDING, amount="50.00", booking=booking)
    widen(monkeypatch, Booking, "save", threads=2)  # the sum is computed, not yet written
    at_once(lambda: make.step(late, Status.SUCCESSFUL), lambda: make.step(current, Status.SUCCESSFUL))
    booking.refresh_from_db()
    return booking


def test_two_successes_on_one_booking_at_once_both_count(monkeypatch: pytest.MonkeyPatch) -> None:
    booking = two_successes(monkeypatch)
    assert (str(booking.amount_paid), booking.payment_status) == ("100.00", "paid")
    assert list(ledger.violations()) == []


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_one_success_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    booking = two_successes(monkeypatch)
    assert str(booking.amount_paid) == "50.00"
    assert "paid_amount_is_the_sum_of_the_payments" in {violation.invariant for violation in ledger.violations()}


# --- One move -------------------------------------------------------------------------------------
def record_twice(drawer: Drawer) -> Payment:
    payment = till.charge()
    twins = [Payment.objects.get(pk=payment.pk) for _ in range(2)]
    at_once(*[lambda twin=twin: make.step(twin, Status.SUCCESSFUL) for twin in twins])
    return payment


def test_one_success_recorded_twice_at_once_is_one_move(drawer: Drawer) -> None:
    assert till.trail(record_twice(drawer)).count("successful") == 1


@pytest.mark.usefixtures("without_the_guard")
def test_control_without_the_guard_it_is_two(drawer: Drawer) -> None:
    assert till.trail(record_twice(drawer)).count("successful") == 2


# --- Sending --------------------------------------------------------------------------------------
def send_twice(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> int:
    payment = till.ask_for()
    widen(monkeypatch, sending, "_claim", threads=2)
    widen(monkeypatch, sending, "record_prompt", threads=2)  # neither goes on before both have sent what they will
    at_once(*[lambda: services.send_payment(payment.reference)] * 2)
    return drawer.arrivals(payment.reference)


def test_two_workers_send_one_charge(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert send_twice(monkeypatch, drawer) == 1


@pytest.mark.usefixtures("without_the_guard")
def test_control_without_the_guard_the_customer_is_charged_twice(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert send_twice(monkeypatch, drawer) == 2


def hand_over_twice(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> list[str]:
    payment = till.charge(method="otp")
    services.keep_otp(payment, OTP)
    widen(monkeypatch, sealed, "unseal", threads=2)
    at_once(*[lambda: services.submit_otp(payment.reference)] * 2)
    return drawer.otps


def test_two_workers_hand_over_one_code(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert hand_over_twice(monkeypatch, drawer) == [OTP]


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_a_code_is_used_up_twice(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert hand_over_twice(monkeypatch, drawer) == [OTP, OTP]


# --- Claims ---------------------------------------------------------------------------------------
def claim_while_another_claims() -> list[str]:
    """What two sweeps claimed, the second while the first has not committed."""
    for _ in range(5):
        till.ask_for()
    now = timezone.now() + TASK_LOST_AFTER
    second_done = threading.Event()
    first_claimed = threading.Event()

    def claim() -> list[str]:
        return [claim.reference for claim in sweep._claim("drawer", to_send=True, most=100, now=now)]

    def first() -> list[str]:
        with transaction.atomic():
            claimed = claim()
            first_claimed.set()
            while not second_done.is_set() and not _somebody_waits_for_us():
                pass
        return claimed

    def second() -> list[str]:
        first_claimed.wait()
        claimed = claim()
        second_done.set()
        return claimed

    return [reference for claimed in at_once(first, second) for reference in claimed]


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid)")
        waits: bool = cursor.fetchone()[0]
    return waits


def test_two_sweeps_at_once_share_nothing() -> None:
    claimed = claim_while_another_claims()
    assert len(claimed) == len(set(claimed)) == 5


def test_control_without_skip_locked_both_claim_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CLAIM_TO_SEND", "_CLAIM_TO_CHECK"):
        monkeypatch.setattr(sweep, name, getattr(sweep, name).replace("FOR UPDATE SKIP LOCKED", ""))
    assert len(claim_while_another_claims()) == 10


# --- The network ----------------------------------------------------------------------------------
@pytest.fixture
def others_can_work(drawer: Drawer) -> list[bool]:
    """Whether, at each call of the gateway, our transaction was over and somebody else could lock our rows."""
    seen: list[bool] = []

    def lock_everything() -> bool:
        with transaction.atomic():
            for model in (Booking, Payment):
                list(model.objects.select_for_update(nowait=True))
        return True

    def look(subject: object) -> None:
        seen.append(not connection.in_atomic_block and at_once(lock_everything) == [True])

    drawer.before_arrival = look
    drawer.on_question = look
    return seen


def test_nothing_is_held_open_while_the_gateway_takes_its_time(others_can_work: list[bool]) -> None:
    payment = till.charge()
    till.check(payment)
    till.make_due(payment)
    till.clock_beats()
    assert others_can_work == [True, True, True]


def test_a_gateway_in_trouble_is_asked_once_per_time_and_not_twice_as_often(drawer: Drawer) -> None:
    payment = till.charge()
    for beat in range(1, 9):
        till.make_due(payment)
        drawer.next_trouble = ["lose"]
        till.clock_beats()
        assert len(drawer.questions) == beat
