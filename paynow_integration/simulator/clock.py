"""Time in the simulator: the real one for people, and one that a test drives, so that no test waits."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

Job = Callable[[], None]

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Tells the time in seconds since 1970 and does jobs later."""

    def now(self) -> float: ...
    def call_later(self, seconds: float, job: Job) -> None: ...
    def do_due(self) -> None:
        """Do what is due now in this thread, where nobody else would."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class _Agenda:
    """Jobs by time, first in first out at the same time."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()

    def add(self, at: float, job: Job) -> None:
        heapq.heappush(self._entries, (at, next(self._numbers), job))

    def next_time(self) -> float | None:
        return self._entries[0][0] if self._entries else None

    def take(self, until: float) -> tuple[float, Job] | None:
        if not self._entries or self._entries[0][0] > until:
            return None
        at, _, job = heapq.heappop(self._entries)
        return at, job


class DrivenClock:
    """Stands still until `advance` moves it; then everything that falls due has been done when `advance` returns."""

    def __init__(self, now: float | None = None) -> None:
        self._now = time.time() if now is None else now
        self._agenda = _Agenda()
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._now

    def call_later(self, seconds: float, job: Job) -> None:
        with self._lock:
            self._agenda.add(self._now + seconds, job)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`, doing each job at its own time, in order, in this thread."""
        target = self._now + seconds
        while (due := self._take(target)) is not None:
            self._now = max(self._now, due[0])
            due[1]()
        self._now = max(self._now, target)

    def do_due(self) -> None:
        self.advance(0)

    def start(self) -> None:
        """Nothing: time stands still."""

    def stop(self) -> None:
        """Nothing."""

    def _take(self, until: float) -> tuple[float, Job] | None:
        with self._lock:
            return self._agenda.take(until)


class RealClock:
    """Time as it passes; jobs are done by a few threads of its own."""

    def __init__(self, workers: int = 16) -> None:
        self._agenda = _Agenda()
        self._changed = threading.Condition()
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None

    def now(self) -> float:
        return time.time()

    def call_later(self, seconds: float, job: Job) -> None:
        with self._changed:
            self._agenda.add(self.now() + seconds, job)
            self._changed.notify()

    def do_due(self) -> None:
        """Nothing: the clock's own threads do it."""

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="simulator-clock")
        self._thread = threading.Thread(target=self._run, args=(self._pool,), name="simulator-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        pool, thread = self._pool, self._thread
        if pool is None or thread is None:
            return
        with self._changed:
            self._pool = None
            self._changed.notify()
        thread.join()
        pool.shutdown(cancel_futures=True)

    def _run(self, pool: ThreadPoolExecutor) -> None:
        while (job := self._wait_for_job()) is not None:
            pool.submit(_do, job)

    def _wait_for_job(self) -> Job | None:
        with self._changed:
            while self._pool is not None:
                if (due := self._agenda.take(self.now())) is not None:
                    return due[1]
                next_time = self._agenda.next_time()
                self._changed.wait(None if next_time is None else max(next_time - self.now(), 0))
        return None


def _do(job: Job) -> None:
    try:
        job()
    except Exception:
        log.exception("A job of the simulator failed.")
