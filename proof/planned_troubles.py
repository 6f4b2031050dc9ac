"""What is broken in a run, and when: by how many journeys have ended. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """Something is broken when so many journeys have ended. `kind` is a method of `proof.trouble.Troubles`."""

    after: int
    kind: str
    what: str = ""
    times: int = 1


_KILLS_IN_A_HUNDRED = {"worker": 0.7, "web": 0.35, "clock": 0.06}
_EACH_POINT = 2
POINTS_OF_A_SHORT_RUN = 6
"""Each costs a restart; the seed says which, and the long run has them all."""
_OUTAGES = (
    ("stop_redis", "", 1),
    ("restart_postgres", "", 1),
    ("gateway_refuses", "", 3),
    ("gateway_answers", "down", 12),
    ("gateway_answers", "html", 8),
    ("gateway_answers", "half_reply", 8),
    ("meta_answers", "break", 6),
    ("meta_answers", "lose_reply", 6),
    ("meta_answers", "cut", 4),
    ("meta_answers", "hang", 2),
)


def planned_troubles(dice: random.Random, payments: int, points: Sequence[str]) -> Iterator[Trouble]:
    """In the order in which they come. None at the very start, so that the house is seen to work first."""
    return iter(sorted(_unsorted(dice, payments, points), key=lambda trouble: trouble.after))


def _unsorted(dice: random.Random, payments: int, points: Sequence[str]) -> Iterator[Trouble]:
    first, last = max(1, payments // 50), max(2, payments * 19 // 20)
    for kind, share in _KILLS_IN_A_HUNDRED.items():
        for _ in range(max(1, round(payments * share / 100))):
            yield Trouble(dice.randrange(first, last), "kill", kind)
    for point in points:
        for _ in range(_EACH_POINT if payments >= 500 else 1):
            yield Trouble(dice.randrange(first, last), "arm", point)
    for kind, what, times in _OUTAGES:
        for _ in range(2 if payments >= 500 else 1):
            yield Trouble(dice.randrange(first, last), kind, what, times)
