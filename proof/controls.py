"""The controls: the same seed's customers with what matters for one guard, which is taken away; then the verdict must find it.

Pure. With every guard in its place each of these plans must be green, or its failing would show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from proof.plan import End, Forgery, GatewayFault, Journey, Plan, Press, Way, make_plan
from proof.planned_troubles import Trouble

PAYMENTS, CUSTOMERS = 60, 20
Shape = Callable[[Journey], Journey]


@dataclass(frozen=True)
class Control:
    """`finds`: the promises of which at least one must be found broken. `troubles` are added to a calm plan."""

    guard: str
    finds: frozenset[str]
    shape: Shape
    troubles: tuple[Trouble, ...] = ()
    doubles_everybody: bool = False
    last_seconds: float = 150.0
    """As the plan's; less where the schedule never runs out."""

    def plan(self, seed: int) -> Plan:
        calm = make_plan(seed, payments=PAYMENTS, customers=CUSTOMERS, troubles=False)
        plan = replace(calm, journeys=tuple(self.shape(_plain(journey)) for journey in calm.journeys), troubles=self.troubles)
        everybody = frozenset(range(CUSTOMERS)) if self.doubles_everybody else frozenset()
        return replace(plan, doubled=everybody, reordered=frozenset(), last_seconds=self.last_seconds)


def shared_plan(seed: int) -> Plan:
    """What every control brings about, in one run with all guards in their places."""
    controls = list(CONTROLS.values())
    calm = make_plan(seed, payments=PAYMENTS, customers=CUSTOMERS, troubles=False)
    journeys = [_in_turn(controls, journey) for journey in calm.journeys]
    troubles = sorted({trouble for control in controls for trouble in control.troubles}, key=lambda trouble: trouble.after)
    doubled = frozenset(range(0, CUSTOMERS, 2))
    return replace(calm, journeys=tuple(journeys), troubles=tuple(troubles), doubled=doubled, reordered=frozenset())


def _in_turn(controls: Sequence[Control], journey: Journey) -> Journey:
    """Shaped by one control after the other, each as if it saw only its own."""
    control = controls[journey.number % len(controls)]
    shaped = control.shape(replace(_plain(journey), number=journey.number // len(controls)))
    return replace(shaped, number=journey.number)


def _plain(journey: Journey) -> Journey:
    """EcoCash, paid at once, without anything odd: each control adds what it needs."""
    return replace(
        journey,
        way=Way.ECOCASH,
        wallet=f"078{journey.wallet[3:]}",
        end=End.APPROVED,
        after_seconds=min(journey.after_seconds, 0.8),
        by_chat=False,
        double_tap=False,
        wrong_code_first=False,
        checks=min(journey.checks, 1),
        ends_form=False,
        faults=(),
        forgery=None,
        press=None,
    )


# --- What each needs ------------------------------------------------------------------------------
def _struck(*faults: GatewayFault, every: int = 3) -> Shape:
    return lambda journey: replace(journey, faults=faults) if journey.number % every == 0 else journey


def _double_taps(journey: Journey) -> Journey:
    return replace(journey, double_tap=journey.number % 2 == 0)


def _told_to_send_twice(journey: Journey) -> Journey:
    """Both taps hand the payment to a worker, and the customer takes a while to approve."""
    return replace(journey, double_tap=True, after_seconds=4.0)


def _stopped_while_paid(journey: Journey) -> Journey:
    """Two people stop waiting at the moment at which the customer pays."""
    is_pressed = journey.number % 2 == 0
    return replace(journey, end=End.IGNORED, press=Press.STOP_AS_PAID, checks=0) if is_pressed else journey


def _forged(journey: Journey) -> Journey:
    kinds = (Forgery.WRONG_KEY, Forgery.UNSIGNED, Forgery.OF_ANOTHER)
    end = End.DECLINED if journey.number % 2 else journey.end
    return replace(journey, forgery=kinds[journey.number % 3], end=end)


def _disputed(journey: Journey) -> Journey:
    """The update that says *Paid* comes after the one that says *Disputed*."""
    return replace(journey, end=End.DISPUTED, faults=(GatewayFault("delay_update", "update", "6"),))


def _late(journey: Journey) -> Journey:
    return replace(journey, end=End.LATE if journey.number % 3 == 0 else End.APPROVED)


def _by_chat(journey: Journey) -> Journey:
    return replace(journey, by_chat=True)


def _as_it_is(journey: Journey) -> Journey:
    return journey


def _kills(*points: str, times: int = 2) -> tuple[Trouble, ...]:
    return tuple(Trouble(4 + 5 * number, "arm", point, times) for number, point in enumerate(points))


def _all(*promises: str) -> frozenset[str]:
    return frozenset(promises)


_CONTROLS: Iterable[Control] = (
    Control("lost-answer", _all("one_charge_for_each_payment"), _struck(GatewayFault("reset", "express"))),
    Control("send-claim", _all("one_charge_for_each_payment"), _told_to_send_twice),
    Control(
        "guarded-move",
        _all("money_is_the_same_on_both_sides", "the_ledger_is_clean", "both_sides_say_the_same", "everyone_is_told_once"),
        _stopped_while_paid,
    ),
    Control("one-open-payment", _all("one_payment_for_each_tap"), _double_taps),
    Control("doorbell", _all("both_sides_say_the_same"), _disputed),
    Control("signature", _all("forgeries_change_nothing"), _forged),
    Control("amount", _all("people_hear_of_odd_answers"), _struck(GatewayFault("wrong_amount", "poll", "0.01"))),
    Control("told-once", _all("everyone_is_told_once"), _as_it_is),
    Control(
        "lost-message",
        _all("everyone_is_told_once"),
        _as_it_is,
        tuple(Trouble(6 * n, "meta_answers", "lose_reply", 3) for n in range(1, 6)),
    ),
    Control("heard-once", _all("one_answer_for_each_message"), _by_chat, doubles_everybody=True),
    Control(
        "sweep",
        _all("every_payment_has_an_end"),
        _struck(GatewayFault("drop_update", "update"), every=2),
        (Trouble(10, "stop_redis"), *_kills("claimed-to-ask", "opened", "claimed-to-send")),
        last_seconds=60.0,
    ),
    Control("late-money", _all("money_is_the_same_on_both_sides"), _late),
)
CONTROLS: Mapping[str, Control] = {control.guard: control for control in _CONTROLS}
