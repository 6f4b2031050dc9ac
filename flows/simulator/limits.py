"""Whom our app may write to, and how often: the 24-hour window of each recipient and the pair rate."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.simulator.graph_messages import Refused

WINDOW_SECONDS = 24 * 3600
PAIR_SECONDS, PAIR_BURST = 6.0, 45
"""One message in six seconds to the same customer, with bursts that borrow from the future."""


@dataclass
class Limits:
    """By default only the window of those whose phone is here is kept, as it is not known when others last wrote.

    `strict_windows`: who never wrote has none. `keep_pair_rate`: as Meta does. `now` in seconds, for tests.
    """

    strict_windows: bool = False
    keep_pair_rate: bool = False
    now: Callable[[], float] = time.time
    closed_windows: set[str] = field(default_factory=set)
    _wrote_at: dict[str, float] = field(default_factory=dict)
    _next_free: dict[str, float] = field(default_factory=dict)

    def customer_wrote(self, names: set[str]) -> None:
        """By the number and the business-scoped id of who wrote."""
        self.closed_windows -= names
        self._wrote_at |= dict.fromkeys(names, self.now())

    def check(self, to: str, names: set[str], *, is_template: bool) -> None:
        """Whether `to`, also known by `names`, may be written to now. Raises Refused."""
        if not is_template and self._is_closed(names):
            raise Refused(131047, "More than 24 hours have passed since the recipient last replied.")
        if self.keep_pair_rate:
            self._count(to)

    def _is_closed(self, names: set[str]) -> bool:
        if names & self.closed_windows:
            return True
        wrote_at = max((self._wrote_at[name] for name in names if name in self._wrote_at), default=None)
        return self.strict_windows if wrote_at is None else self.now() - wrote_at > WINDOW_SECONDS

    def _count(self, to: str) -> None:
        """Each message books six seconds; more than a burst of them ahead of the clock is refused."""
        now = self.now()
        free = max(self._next_free.get(to, now), now)
        if free - now > PAIR_SECONDS * (PAIR_BURST - 1):
            raise Refused(131056, "Too many messages sent from this phone number to the same recipient in a short period.")
        self._next_free[to] = free + PAIR_SECONDS
