"""Brings what Meta tells to our app: signed, in a thread of its own, again with growing gaps until our app takes it."""

import heapq
import itertools
import json
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.simulator.business import WEBHOOK_PATH, Business
from flows.simulator.envelope import sign
from flows.simulator.graph_messages import Json
from flows.simulator.network import Network

RETRY_GAPS_SECONDS = (0.0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
"""At once, then with growing gaps. Meta goes on for seven days."""
REORDER_SECONDS = 1.5
MOST_ATTEMPTS = 200
_KEPT = 100_000

log = logging.getLogger(__name__)


def gaps_up_to(longest: float) -> tuple[float, ...]:
    """The same gaps, none longer than `longest` seconds, and then as many of those as Meta has patience."""
    if longest >= RETRY_GAPS_SECONDS[-1]:
        return RETRY_GAPS_SECONDS
    first = [gap for gap in RETRY_GAPS_SECONDS if gap < longest]
    return (*first, *[longest] * (MOST_ATTEMPTS - len(first)))


@dataclass(order=True)
class _Letter:
    due: float
    number: int
    body: bytes = field(compare=False, repr=False)
    network: Callable[[], Network] = field(compare=False, repr=False)
    on_taken: Callable[[], None] | None = field(compare=False, default=None, repr=False)
    attempts: int = field(compare=False, default=0)


class Postman:
    """With `business.deliver` nothing is brought before `settle`, which then works in the thread of its caller."""

    def __init__(self, business: Business, *, retry_gaps: tuple[float, ...] = RETRY_GAPS_SECONDS, hands: int = 1) -> None:
        """`hands`: how many letters are brought at the same time; with more than one they may arrive in another order."""
        self.given_up: list[bytes] = []
        """What our app never took."""
        self.taken: deque[bytes] = deque(maxlen=_KEPT)
        """What our app took, each time it did."""
        self.answers: Counter[int] = Counter()
        """How often our app answered with each HTTP status; 0: there was no answer."""
        self.refusals: deque[tuple[float, int]] = deque(maxlen=_KEPT)
        """When (seconds since 1970) it answered with another status than 200."""
        self._business = business
        self._gaps = retry_gaps
        self._waiting: list[_Letter] = []
        self._again: list[_Letter] = []
        self._on_the_way = 0
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._is_stopped = False
        self._hands = hands
        self._threads: list[threading.Thread] = []

    # --- Its life ---------------------------------------------------------------------------------
    def start(self) -> None:
        if not self._threads and self._business.url and self._business.deliver is None:
            self._is_stopped = False
            self._threads = [threading.Thread(target=self._work, name="webhooks", daemon=True) for _ in range(self._hands)]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """What waits is lost. A delivery on its way ends within its time limit."""
        with self._changed:
            self._is_stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join(timeout=1)

    # --- What is sent -----------------------------------------------------------------------------
    def post(self, update: Json, *, network: Callable[[], Network] = Network, on_taken: Callable[[], None] | None = None) -> None:
        """Returns at once. `network` is asked when it is brought; `on_taken` is called when our app has answered 200."""
        if not self._business.listens:
            return
        body, now = json.dumps(update, separators=(",", ":")).encode(), network()
        with self._changed:
            for _ in range(2 if now.duplicate else 1):
                number = next(self._numbers)
                held = REORDER_SECONDS if now.reorder and number % 2 == 0 else 0
                due = time.monotonic() + now.delay_seconds + held
                heapq.heappush(self._waiting, _Letter(due, number, body, network, on_taken))
            self._changed.notify_all()

    def settle(self, timeout_seconds: float = 10) -> None:
        """Wait until everything was taken or given up. Raises TimeoutError.

        With `business.deliver` each letter is brought once, by the caller; what was not taken stays for the next time.
        """
        if self._business.deliver is not None:
            self._bring_each_once()
            return
        with self._changed:
            if not self._changed.wait_for(lambda: not self._waiting and not self._on_the_way, timeout_seconds):
                raise TimeoutError(f"{len(self._waiting)} webhooks were not taken within {timeout_seconds} seconds.")

    @property
    def waiting(self) -> int:
        """How many are not taken yet."""
        with self._changed:
            return len(self._waiting) + self._on_the_way

    # --- Bringing ---------------------------------------------------------------------------------
    def _bring_each_once(self) -> None:
        while (letter := self._next(wait=False)) is not None:
            self._bring(letter)
        with self._changed:
            self._waiting, self._again = self._again, []
            heapq.heapify(self._waiting)

    def _work(self) -> None:
        while (letter := self._next(wait=True)) is not None:
            self._bring(letter)

    def _next(self, *, wait: bool) -> _Letter | None:
        """The next letter: when it is due, or at once; None when there is none or everything stops."""
        with self._changed:
            while wait and not self._is_stopped:
                seconds = self._waiting[0].due - time.monotonic() if self._waiting else None
                if seconds is not None and seconds <= 0:
                    break
                self._changed.wait(seconds)
            if self._is_stopped or not self._waiting:
                return None
            self._on_the_way += 1
            return heapq.heappop(self._waiting)

    def _bring(self, letter: _Letter) -> None:
        is_taken = False
        try:
            is_taken = self._deliver(letter)
            if is_taken and letter.on_taken is not None:
                letter.on_taken()
        finally:
            with self._changed:
                if not is_taken and not self._is_stopped:
                    self._keep(letter)
                self._on_the_way -= 1
                self._changed.notify_all()

    def _deliver(self, letter: _Letter) -> bool:
        if letter.network().drop == "webhooks":
            return False
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(letter.body, self._business.app_secret)}
        try:
            status, _ = self._business.post(WEBHOOK_PATH, letter.body, headers)
        except OSError as failure:  # a timeout is one, too
            log.info("A webhook was not taken: %s", type(failure).__name__)
            status = 0
        self._note(letter, status)
        return status == 200

    def _note(self, letter: _Letter, status: int) -> None:
        with self._changed:
            self.answers[status] += 1
            if status == 200:
                self.taken.append(letter.body)
            else:
                self.refusals.append((time.time(), status))

    def _keep(self, letter: _Letter) -> None:
        """For another attempt, or among those given up. The lock is held."""
        if letter.attempts >= len(self._gaps):
            self.given_up.append(letter.body)
            return
        letter.due, letter.attempts = time.monotonic() + self._gaps[letter.attempts], letter.attempts + 1
        if self._business.deliver is not None:
            self._again.append(letter)
        else:
            heapq.heappush(self._waiting, letter)
