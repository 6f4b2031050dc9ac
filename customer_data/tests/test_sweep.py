"""The bell, the claims, the budget: who asks the gateway, when, and how often."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from customer_data import services
from customer_data.models import Payment, PollBudget
from customer_data.schedule import CHECK_LEASE, LEAST_GAP
from customer_data.status import Status
from customer_data.sweep import Claim, claim_checks, sweep
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def claims() -> list[Claim]:
    return claim_checks("drawer", per_minute=100_000, now=timezone.now())


# --- The bell -------------------------------------------------------------------------------------
def test_a_bell_makes_the_payment_due_and_moves_nothing(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    rung = services.ring(payment.reference, account="till-usd")
    assert rung is not None
    assert till.stands(payment) == ("pending", "unpaid")
    assert Payment.objects.get(pk=payment.pk).ipn_received_at is not None
    till.clock_beats()
    assert till.stands(payment) == ("successful", "paid")


@pytest.mark.parametrize(("reference", "account"), [("B7K2M9QXA4T", "till-usd"), ("", "till-usd"), (None, "till-zwg")])
def test_a_bell_for_a_payment_that_account_does_not_have_rings_nothing(reference: str | None, account: str) -> None:
    payment = till.charge()
    before = till.due(payment)
    assert before is not None
    assert services.ring(payment.reference if reference is None else reference, account=account) is None
    after = till.due(payment)
    assert after is not None
    assert before - after < timedelta(seconds=1)


def test_a_bell_during_a_check_is_not_lost(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.on_question = lambda reference: _ring_once(drawer, reference)
    till.check(payment)
    drawer.pay(payment.reference)
    assert till.due(payment) is not None
    till.clock_beats(later=LEAST_GAP)
    assert till.stands(payment) == ("successful", "paid")


def test_a_bell_during_a_check_that_somebody_else_overtook_is_not_lost(drawer: Drawer) -> None:
    """The checker finds the payment moved, reads it again, and must not take the bell's date for its own."""
    booking = make.booking()
    payment = till.charge(booking)

    def close_and_pay(reference: str) -> None:
        drawer.on_question = lambda reference: None
        till.ask_for(booking, "purse")
        drawer.pay(reference)

    drawer.on_question = close_and_pay
    till.check(payment)
    assert till.stands(payment)[0] == "expired"
    till.clock_beats()
    assert till.stands(payment) == ("successful", "paid")


def test_many_bells_are_one_question_per_gap(drawer: Drawer) -> None:
    payment = till.charge()
    till.check(payment)
    for _ in range(5):
        services.ring(payment.reference, account="till-usd")
        services.check_payment(payment.reference)
        till.clock_beats()
    assert drawer.questions == [payment.reference]
    till.clock_beats(later=LEAST_GAP)
    assert drawer.questions == [payment.reference] * 2


# --- Claims ---------------------------------------------------------------------------------------
def test_two_workers_claim_a_payment_once() -> None:
    payment = till.charge()
    till.make_due(payment)
    assert [claim.reference for claim in claims()] == [payment.reference]
    assert claims() == []


def test_a_claim_runs_out_when_its_worker_is_gone(drawer: Drawer) -> None:
    payment = till.charge()
    till.make_due(payment)
    assert len(claims()) == 1
    drawer.pay(payment.reference)
    assert till.clock_beats() == 0
    assert till.clock_beats(later=CHECK_LEASE) == 1
    assert till.stands(payment) == ("successful", "paid")


def test_a_check_delivered_twice_asks_once(drawer: Drawer) -> None:
    payment = till.charge()
    till.make_due(payment)
    [claim] = claims()
    for _ in range(2):
        services.check_payment(claim.reference, claimed_until=claim.until)
    assert drawer.questions == [payment.reference]


def test_a_check_that_comes_after_its_claim_ran_out_asks_nothing(drawer: Drawer) -> None:
    payment = till.charge()
    till.make_due(payment)
    [late] = claims()
    till.make_due(payment)
    [current] = claims()
    services.check_payment(late.reference, claimed_until=late.until)
    assert drawer.questions == []
    services.check_payment(current.reference, claimed_until=current.until)
    assert drawer.questions == [payment.reference]


def test_a_payment_that_is_not_due_is_not_asked_about(drawer: Drawer) -> None:
    payment = till.charge()
    services.check_payment(payment.reference)
    assert drawer.questions == []


@pytest.mark.parametrize("status", [Status.CREATED, Status.SENDING])
def test_what_never_left_us_is_sent_and_not_asked_about(drawer: Drawer, status: Status) -> None:
    payment = make.payment(status)
    Payment.objects.filter(pk=payment.pk).update(unsent=status == Status.SENDING)
    till.make_due(payment)
    services.check_payment(payment.reference)
    assert drawer.questions == []
    till.clock_beats()
    assert drawer.arrivals(payment.reference) == 1


def test_the_longest_waiting_is_asked_first() -> None:
    young, old = till.charge(), till.charge()
    till.make_due(young)
    Payment.objects.filter(pk=old.pk).update(next_check_at=timezone.now() - timedelta(hours=1))
    [first] = claim_checks("drawer", per_minute=2, now=timezone.now())
    assert first.reference == old.reference


# --- The budget -----------------------------------------------------------------------------------
def test_a_gateway_is_asked_no_more_than_its_budget_allows(drawer: Drawer) -> None:
    drawer.polls_per_minute = 6
    for payment in [till.charge() for _ in range(10)]:
        till.make_due(payment)
    till.clock_beats()
    till.clock_beats()
    assert len(drawer.questions) == 3  # half a minute's worth at once
    till.clock_beats(later=timedelta(seconds=10))
    assert len(drawer.questions) == 4
    till.clock_beats(later=timedelta(seconds=40))
    assert len(drawer.questions) == 7


@pytest.mark.parametrize(
    "off", [(), ("hashjoin", "mergejoin"), ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")]
)
def test_whichever_way_the_database_finds_them_no_more_are_claimed_than_allowed(off: tuple[str, ...]) -> None:
    for payment in [till.charge() for _ in range(10)]:
        till.make_due(payment)
    with connection.cursor() as cursor:
        for plan in off:
            cursor.execute(f"SET LOCAL enable_{plan} = off")
    assert len(claim_checks("drawer", per_minute=6, now=timezone.now())) == 3


def test_the_bell_and_the_sweep_share_one_budget(drawer: Drawer) -> None:
    drawer.polls_per_minute = 2
    first, second = till.charge(), till.charge()
    till.check(first)
    till.check(second)
    assert drawer.questions == [first.reference]
    due = till.due(second)
    assert due is not None
    assert due > timedelta(0)
    assert PollBudget.objects.count() == 1


def test_sending_waits_for_no_budget(drawer: Drawer) -> None:
    drawer.polls_per_minute = 2
    payments = [till.ask_for() for _ in range(5)]
    assert till.clock_beats(later=timedelta(seconds=10)) >= 5
    assert {till.stands(payment)[0] for payment in payments} == {"pending"}


def test_the_sweep_hands_out_and_does_not_ask(drawer: Drawer) -> None:
    payment, fresh = till.charge(), till.ask_for()
    till.make_due(payment)
    till.make_due(fresh)
    sent: list[str] = []
    checked: list[str] = []
    assert sweep(send=sent.append, check=lambda reference, until: checked.append(reference)) == 2
    assert (sent, checked, drawer.questions) == ([fresh.reference], [payment.reference], [])


def _ring_once(drawer: Drawer, reference: str) -> None:
    drawer.on_question = lambda reference: None
    services.ring(reference, account="till-usd")
