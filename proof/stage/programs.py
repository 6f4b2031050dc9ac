"""The processes of a stage, kept by one thread: it starts them, starts the dead again as their units say, and ends them all.

One thread starts them all, because a process dies with the thread that started it (`leash.py`).
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Done = TypeVar("Done")
LOOK_SECONDS = 0.02
STOP_SECONDS = 5.0
ENDING_ORDER = (("site", "web", "worker", "clock"), ("paynow", "phone"), ("redis", "postgres"))
LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True)
class Program:
    """One process: its name and kind for people, what it runs, and after how many seconds it is started again (None: never)."""

    name: str
    kind: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    restart_seconds: float | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL  # when the driver of the run dies
    owner: str = ":"  # USER:GROUP in numbers, as whom root runs it; else as ourselves


@dataclass
class _Kept:
    program: Program
    process: subprocess.Popen[bytes]
    restarts: int = 0
    start_again_at: float | None = None  # monotonic; set while it is dead and shall live
    is_stopped: bool = False


class Programs:
    """Every method may be called from any thread; what starts and ends processes is done by one thread of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._orders: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="programs", daemon=True)
        self._thread.start()

    def start(self, program: Program) -> int:
        """Starts it and returns its process id."""
        return self._order(lambda: self._start(program))

    def stop(self, name: str, *, with_signal: signal.Signals | None = None) -> None:
        """Ends one and lets it rest; returns when it has ended."""
        kept = self._kept[name]
        self._order(lambda: self._rest(kept, with_signal or kept.program.stop_signal))
        self._wait_for([kept], STOP_SECONDS * 4)
        self._order(lambda: self._bury(kept))

    def kill(self, name: str) -> bool:
        """SIGKILL to it and whatever it started, as systemd does to a unit's whole group. False: it is dead already."""
        return self._order(lambda: self._kill(self._kept[name]))

    def end(self) -> None:
        """Ends all, our processes before what they need, and kills what does not end in time. Nothing can be started afterwards."""
        for kinds in ENDING_ORDER:
            several = [kept for kept in self._kept.values() if kept.program.kind in kinds]
            for kept in several:
                self._order(lambda kept=kept: self._rest(kept, kept.program.stop_signal))  # type: ignore[misc]
            self._wait_for(several, STOP_SECONDS)
            for kept in several:
                self._order(lambda kept=kept: self._bury(kept))  # type: ignore[misc]
        self._ended.set()
        self._thread.join()

    def names(self, kind: str | None = None) -> list[str]:
        return [name for name, kept in self._kept.items() if kind in (None, kept.program.kind)]

    def restarts(self) -> dict[str, int]:
        """How often each was started again."""
        return {name: kept.restarts for name, kept in self._kept.items()}

    def process_ids(self) -> dict[str, int]:
        """Of those that live now; the first process of each."""
        return {name: kept.process.pid for name, kept in self._kept.items() if kept.process.poll() is None}

    def memory(self) -> dict[str, float]:
        """MiB that each living one holds in memory, with what it has started."""
        groups: Counter[int] = Counter()
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                pages = int((entry / "statm").read_text().split()[1])
                groups[os.getpgid(int(entry.name))] += pages
        page = os.sysconf("SC_PAGE_SIZE")
        return {name: round(groups[pid] * page / 2**20, 1) for name, pid in self.process_ids().items()}

    # --- In the thread ----------------------------------------------------------------------------
    def _order(self, job: Callable[[], Done]) -> Done:
        answer: Future[Done] = Future()
        self._orders.put((job, answer))
        return answer.result()

    def _work(self) -> None:
        while not self._ended.is_set():
            with suppress(queue.Empty):
                job, answer = self._orders.get(timeout=LOOK_SECONDS)
                try:
                    answer.set_result(job())
                except Exception as error:
                    answer.set_exception(error)
            for kept in self._kept.values():
                self._look_after(kept)

    def _look_after(self, kept: _Kept) -> None:
        if kept.process.poll() is None or kept.is_stopped or kept.program.restart_seconds is None:
            return
        if kept.start_again_at is None:
            _kill_group(kept.process.pid)  # what it left behind would hold its port
            kept.start_again_at = time.monotonic() + kept.program.restart_seconds
        elif time.monotonic() >= kept.start_again_at:
            kept.process, kept.start_again_at, kept.restarts = _spawn(kept.program), None, kept.restarts + 1

    def _start(self, program: Program) -> int:
        before = self._kept.get(program.name)
        process = _spawn(program)
        self._kept[program.name] = _Kept(program, process, before.restarts if before else 0)
        return process.pid

    def _kill(self, kept: _Kept) -> bool:
        if kept.process.poll() is not None:
            return False
        _kill_group(kept.process.pid)
        kept.process.wait()
        return True

    def _rest(self, kept: _Kept, number: signal.Signals) -> None:
        kept.is_stopped = True
        if kept.process.poll() is None:
            kept.process.send_signal(number)

    def _bury(self, kept: _Kept) -> None:
        _kill_group(kept.process.pid)
        kept.process.wait()

    def _wait_for(self, several: list[_Kept], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(kept.process.poll() is None for kept in several):
            time.sleep(LOOK_SECONDS)


def _spawn(program: Program) -> "subprocess.Popen[bytes]":
    leash = [sys.executable, "-I", str(LEASH), str(os.getpid()), str(int(program.orphan_signal)), program.owner]
    with program.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [*leash, *program.command],
            cwd=program.folder,
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
