"""What will happen in one run, drawn from a seed before anything is started: the same seed, the same run. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from proof.planned_troubles import POINTS_OF_A_SHORT_RUN, Trouble, planned_troubles

Kind = TypeVar("Kind")


class Way(StrEnum):
    """How a customer pays, as the form calls it."""

    ECOCASH = "ecocash"
    ONEMONEY = "onemoney"
    INNBUCKS = "innbucks"
    OMARI = "omari"
    CARD = "card"


class End(StrEnum):
    """What the customer does with the prompt, the code or the page."""

    APPROVED = "approved"
    SLOWLY = "approved slowly"
    DECLINED = "declined"
    IGNORED = "ignored"
    INSUFFICIENT = "insufficient"
    LATE = "approved after it expired"
    CHANGED = "changed the method"
    CHANGED_AND_PAID = "changed the method, and paid the first one too"
    DISPUTED = "disputed at the gateway afterwards"
    GIVEN_BACK = "given back by the gateway afterwards"


class Forgery(StrEnum):
    """A status update that somebody makes up."""

    WRONG_KEY = "signed with another key"
    UNSIGNED = "without a signature"
    REPLAYED = "a genuine one, sent again"
    OF_ANOTHER = "a genuine one with another payment's reference"
    SHIFTED = "a genuine one with its fields shifted under the same signature"


class Press(StrEnum):
    """A button that two members of staff press at the same moment."""

    ASK_GATEWAY = "ask the gateway"
    STOP_WAITING = "stop waiting"
    STOP_AS_PAID = "stop waiting, as the customer pays"
    REFUND = "give the money back"


@dataclass(frozen=True)
class GatewayFault:
    """A fault of Paynow's simulator that strikes this payment: its name, the call, its value."""

    name: str
    on: str
    value: str = ""


@dataclass(frozen=True)
class Journey:
    """One customer pays one booking. `wallet` is a number that no other journey uses, and `second_wallet` another."""

    number: int
    customer: int
    currency: str
    amount: Decimal
    way: Way
    end: End
    wallet: str
    after_seconds: float
    second_way: Way = Way.ECOCASH
    second_wallet: str = ""
    by_chat: bool = False
    double_tap: bool = False
    wrong_code_first: bool = False
    checks: int = 0
    ends_form: bool = False
    faults: tuple[GatewayFault, ...] = ()
    forgery: Forgery | None = None
    press: Press | None = None


@dataclass(frozen=True)
class Plan:
    seed: int
    customers: int
    journeys: tuple[Journey, ...]
    troubles: tuple[Trouble, ...] = ()
    doubled: frozenset[int] = frozenset()
    """Customers to and from whom Meta delivers everything twice."""
    reordered: frozenset[int] = frozenset()
    """Customers whose messages overtake each other."""
    last_seconds: float = 150.0
    """For the schedule to run out, at a speed of 1; an ignored payment expires after 70 of them."""

    @property
    def payments_expected(self) -> int:
        return sum(1 + (each.end in (End.CHANGED, End.CHANGED_AND_PAID)) for each in self.journeys)


_WAYS = {Way.ECOCASH: 45, Way.ONEMONEY: 17, Way.INNBUCKS: 10, Way.OMARI: 14, Way.CARD: 14}
_PREFIX = {Way.ECOCASH: "078", Way.ONEMONEY: "071", Way.INNBUCKS: "073", Way.OMARI: "073", Way.CARD: "073"}
_ENDS = {
    End.APPROVED: 55,
    End.SLOWLY: 12,
    End.DECLINED: 11,
    End.IGNORED: 6,
    End.INSUFFICIENT: 4,
    End.LATE: 4,
    End.CHANGED: 6,
    End.CHANGED_AND_PAID: 2,
    End.DISPUTED: 2,
    End.GIVEN_BACK: 2,
}
LOST_REPLIES = 0.10
"""Of the charges that the gateway accepts, so many are never answered."""

# Of the other charges, in the reply to the request that begins them. "down" and "error" do nothing; the others do the work.
_CHARGE_FAULTS = {"": 860, "http_error": 20, "html": 20, "half_reply": 20, "down": 15, "empty": 9}
_CHARGE_FAULTS |= {"drip": 5, "hang": 6, "error": 5}
_POLL_FAULTS = {"": 910, "http_error": 20, "html": 20, "half_reply": 15, "reset": 15, "wrong_amount": 10, "unknown_status": 10}
_UPDATE_FAULTS = {
    "": 590,
    "duplicate_update": 100,
    "delay_update": 80,
    "hold_update": 60,
    "drop_update": 80,
    "wrong_amount": 30,
    "wrong_reference": 10,
    "forged_hash": 20,
    "no_hash": 10,
    "unknown_status": 10,
    "extra_field": 10,
}
_VALUES = {"delay_update": "4", "drip": "0.002", "wrong_amount": "0.01"}
_FORGED = 0.12
_BY_CHAT = 0.12
_PRESSED, _PRESSED_WHILE_IGNORED = 0.03, 0.15


def make_plan(seed: int, *, payments: int, customers: int, points: Sequence[str] = (), troubles: bool = True) -> Plan:
    """`points` are the named points at which a process kills itself; `troubles` off: only customers and the gateway misbehave."""
    dice = random.Random(seed)  # noqa: S311  it must be repeatable
    journeys = tuple(_journey(dice, number, customers) for number in range(payments))
    several = sorted(dice.sample(range(customers), max(2, customers // 8)))
    return Plan(
        seed=seed,
        customers=customers,
        journeys=journeys,
        troubles=tuple(planned_troubles(dice, payments, points)) if troubles else (),
        doubled=frozenset(several[::2]),
        reordered=frozenset(several[1::2]),
    )


def one_of_each(seed: int, *, points: Sequence[str] = ()) -> Plan:
    """A small plan in which every way, end, fault, forgery and press comes up at least once.

    Each way is tried once before anything is broken: all points are passed then, whatever becomes of the few payments after it.
    """
    dice = random.Random(seed)  # noqa: S311  as above
    calm = len(Way)
    needed = max(len(_CHARGE_FAULTS) + 1, len(_UPDATE_FAULTS), len(End) * 2)
    some = dice.sample(list(points), min(len(points), POINTS_OF_A_SHORT_RUN))
    plan = make_plan(seed, payments=calm + needed * 2, customers=12, points=some)
    return replace(
        plan,
        journeys=(*_each_way_calmly(plan.journeys[:calm]), *_each_once(dice, plan.journeys[calm:])),
        troubles=tuple(replace(trouble, after=max(trouble.after, plan.customers)) for trouble in plan.troubles),
    )


# --- Journeys -------------------------------------------------------------------------------------
def _journey(dice: random.Random, number: int, customers: int) -> Journey:
    way, end = _drawn(dice, _WAYS), _drawn(dice, _ENDS)
    if way == Way.CARD and end == End.INSUFFICIENT:
        end = End.DECLINED  # a card page knows no such word
    currency = "USD" if way == Way.INNBUCKS or dice.random() < 0.7 else "ZWG"
    second_way = dice.choice([Way.ECOCASH, Way.ONEMONEY])
    return Journey(
        number=number,
        customer=number % customers,
        currency=currency,
        amount=Decimal(dice.randrange(500, 99_999)) / 100,
        way=way,
        end=end,
        wallet=_wallet(way, number),
        after_seconds=round(dice.uniform(3, 9) if end == End.SLOWLY else dice.uniform(0.05, 0.8), 2),
        second_way=second_way,
        second_wallet=f"{_PREFIX[second_way]}{6_000_000 + number:07d}",
        by_chat=number < customers or dice.random() < _BY_CHAT,
        double_tap=dice.random() < 0.12,
        wrong_code_first=way == Way.OMARI and dice.random() < 0.3,
        checks=dice.choice([0, 1, 1, 2]),
        ends_form=dice.random() < 0.4,
        faults=tuple(_faults(dice, way)),
        forgery=dice.choice(list(Forgery)) if dice.random() < _FORGED else None,
        press=_press(end, number) if dice.random() < (_PRESSED_WHILE_IGNORED if end == End.IGNORED else _PRESSED) else None,
    )


def _faults(dice: random.Random, way: Way) -> Iterator[GatewayFault]:
    """At most one for each kind of call. A card's page is asked for by `initiate`, everything else by `express`."""
    call = "initiate" if way == Way.CARD else "express"
    charge = "reset" if dice.random() < LOST_REPLIES else _drawn(dice, _CHARGE_FAULTS)
    for name, on in ((charge, call), (_drawn(dice, _POLL_FAULTS), "poll"), (_drawn(dice, _UPDATE_FAULTS), "update")):
        if name == "hold_update":
            yield GatewayFault("sent_update", call)
        if name:
            yield GatewayFault(name, on, _VALUES.get(name, ""))


def _press(end: End, number: int) -> Press:
    if end in (End.APPROVED, End.SLOWLY):
        return Press.REFUND
    stops = Press.STOP_WAITING if number // len(End) % 2 else Press.STOP_AS_PAID
    return stops if end in (End.IGNORED, End.LATE) else Press.ASK_GATEWAY


def _each_way_calmly(journeys: Iterable[Journey]) -> Iterator[Journey]:
    """Asked for, approved, and given back by staff."""
    for way, journey in zip(Way, journeys, strict=True):
        yield replace(
            _by(way, journey),
            end=End.APPROVED,
            after_seconds=0.3,
            double_tap=False,
            wrong_code_first=False,
            faults=(),
            forgery=None,
            press=Press.REFUND,
        )


def _each_once(dice: random.Random, journeys: Iterable[Journey]) -> Iterator[Journey]:
    """The same journeys with their choices dealt round instead of drawn."""
    for number, journey in enumerate(journeys):
        end = list(End)[number % len(End)]
        way = list(Way)[(number + number // len(End)) % len(Way)]
        dealt = _dealt_faults(number, "initiate" if way == Way.CARD else "express")
        changed = replace(_by(way, journey), end=end)
        if way == Way.CARD and end == End.INSUFFICIENT:
            changed = replace(changed, end=End.DECLINED)
        yield replace(
            changed,
            after_seconds=round(dice.uniform(0.1, 1), 2),
            faults=tuple(dealt),
            double_tap=number % 3 == 0,
            forgery=list(Forgery)[number % len(Forgery)] if number % 2 else None,
            press=_press(changed.end, number) if number < 14 else None,
            wrong_code_first=way == Way.OMARI and number % 2 == 0,
        )


def _by(way: Way, journey: Journey) -> Journey:
    """The same, paid in another way."""
    currency = "USD" if way == Way.INNBUCKS else journey.currency
    return replace(journey, way=way, wallet=_wallet(way, journey.number), currency=currency)


def _wallet(way: Way, number: int) -> str:
    return f"{_PREFIX[way]}{2_000_000 + number:07d}"


def _dealt_faults(number: int, call: str) -> Iterator[GatewayFault]:
    charges = ["reset", *filter(None, _CHARGE_FAULTS)]
    updates = list(filter(None, _UPDATE_FAULTS))
    if number % 2 == 0:
        yield GatewayFault(name := charges[number // 2 % len(charges)], call, _VALUES.get(name, ""))
    elif number % 4 == 1:
        name = updates[number // 4 % len(updates)]
        if name == "hold_update":
            yield GatewayFault("sent_update", call)
        yield GatewayFault(name, "update", _VALUES.get(name, ""))


def _drawn(dice: random.Random, weights: dict[Kind, int]) -> Kind:
    return dice.choices(list(weights), weights=list(weights.values()))[0]
