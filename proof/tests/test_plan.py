"""What will happen in a run, before anything is started."""

from collections import Counter

import pytest

from proof.controls import CONTROLS, CUSTOMERS, PAYMENTS, shared_plan
from proof.inside.guards import GUARDS
from proof.inside.points import POINTS
from proof.plan import End, Forgery, Plan, Press, Way, make_plan, one_of_each
from proof.promises import PROMISED
from proof.trouble import Troubles

NAMES = [point.name for point in POINTS]


def a_plan(seed: int = 1) -> Plan:
    return make_plan(seed, payments=2000, customers=200, points=NAMES)


def test_the_same_seed_is_the_same_run() -> None:
    assert a_plan(7) == a_plan(7)
    assert a_plan(7) != a_plan(8)


@pytest.mark.parametrize("plan", [a_plan(), one_of_each(1, points=NAMES)], ids=["the main run", "the short run"])
def test_every_way_end_forgery_and_press_comes_up(plan: Plan) -> None:
    assert {journey.way for journey in plan.journeys} == set(Way)
    assert {journey.end for journey in plan.journeys} == set(End)
    assert {journey.forgery for journey in plan.journeys} == {*Forgery, None}
    assert {journey.press for journey in plan.journeys} == {*Press, None}


def test_the_short_run_tries_each_way_before_anything_is_broken() -> None:
    plan = one_of_each(1, points=NAMES)
    calm = [journey for journey in plan.journeys[: len(Way)] if not journey.faults and journey.press == Press.REFUND]
    assert {journey.way for journey in calm} == set(Way)
    assert min(trouble.after for trouble in plan.troubles) > len(Way)
    assert max(Counter(journey.wallet for journey in plan.journeys).values()) == 1


def test_the_gateway_loses_one_reply_in_ten_after_it_took_the_charge() -> None:
    journeys = a_plan().journeys
    lost = sum(any(fault.name == "reset" and fault.on != "poll" for fault in journey.faults) for journey in journeys)
    assert 0.08 < lost / len(journeys) < 0.12


def test_each_wallet_is_used_by_one_journey_only() -> None:
    wallets = Counter(wallet for journey in a_plan().journeys for wallet in (journey.wallet, journey.second_wallet))
    assert max(wallets.values()) == 1


def test_processes_are_killed_at_every_named_point_more_than_once_and_engines_are_stopped() -> None:
    counted = Counter((trouble.kind, trouble.what) for trouble in a_plan().troubles)
    assert all(counted["arm", name] >= 2 for name in NAMES)
    others = [("stop_redis", ""), ("restart_postgres", ""), ("kill", "worker"), ("kill", "web"), ("kill", "clock")]
    assert all(counted[each] for each in others)


def test_troubles_come_in_their_order_and_somebody_can_make_each_of_them() -> None:
    troubles = a_plan().troubles
    assert list(troubles) == sorted(troubles, key=lambda trouble: trouble.after)
    assert all(hasattr(Troubles, f"_{trouble.kind}") for trouble in troubles)


def test_every_guard_has_a_control_and_every_control_looks_for_a_promise() -> None:
    assert set(CONTROLS) == set(GUARDS)
    assert all(control.finds and control.finds <= set(PROMISED) for control in CONTROLS.values())


def test_the_controls_control_has_something_of_each_control() -> None:
    plan = shared_plan(1)
    assert [journey.number for journey in plan.journeys] == list(range(PAYMENTS))
    assert {journey.end for journey in plan.journeys} >= {End.APPROVED, End.LATE, End.DISPUTED, End.DECLINED}
    assert max(plan.doubled) < CUSTOMERS
