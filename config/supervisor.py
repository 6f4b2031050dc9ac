"""Runs several programs as one: starts them, passes on what they say, and stops them all together.

A program that ends takes the others with it. Where the system can (Linux), programs also end when the supervisor is killed.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 8.0  # to end in good order; then they are killed
LOOK_SECONDS = 0.1
LAST_LINES = 15
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


@dataclass(frozen=True)
class Program:
    """One program to run: its name for people, its command, and what its environment has beyond ours."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    unfinished: bytes = b""


class ProgramEnded(Exception):
    """A program that should run on has ended; the sentence names it and repeats its last lines."""


class Supervisor:
    """The programs of one `make run`. Use from the main thread only, and always `stop`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[_Running] = []
        self._selector = selectors.DefaultSelector()
        self._prctl = _prctl()
        self._prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a dying program leaves behind comes to us, and we can bury it

    def start(self, program: Program) -> None:
        """Starts a program in a process group of its own, so that Ctrl-C in the terminal reaches only us."""
        process = subprocess.Popen(  # noqa: S603
            program.command,
            cwd=self._folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | program.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=self._end_with_parent,  # noqa: PLW1509 - there is only one thread
        )
        running = _Running(program, process)
        self._running.append(running)
        assert process.stdout is not None  # noqa: S101 - asked for above
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, running)

    def run_until(self, done: Callable[[], bool], *, timeout_seconds: float, pause_seconds: float) -> bool:
        """Passes on output until `done()`, asked after each pause; False when that takes too long. Raises ProgramEnded."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            if time.monotonic() > deadline:
                return False
            next_question = time.monotonic() + pause_seconds
            while time.monotonic() < next_question:
                self._look()
        return True

    def run(self) -> None:
        """Passes on output until a program ends. Raises ProgramEnded."""
        while True:
            self._look()

    def finish(self, program: Program) -> int:
        """Runs a program to its end and returns its exit code."""
        self.start(program)
        running = self._running[-1]
        while running.process.poll() is None:
            self._listen()
        self._listen()
        self._forget(running)
        return running.process.returncode

    def stop(self) -> None:
        """Ends every program; kills what does not end in time, and everything it started."""
        for running in self._running:
            if running.process.poll() is None:
                running.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(running.process.poll() is None for running in self._running):
            self._listen()
        groups = [running.process.pid for running in self._running]
        for running in list(self._running):
            _kill_group(running.process.pid)
            running.process.wait()
            self._listen()
            self._forget(running)
        while time.monotonic() < deadline + STOP_SECONDS and any(map(_group_lives, groups)):
            bury_orphans()
            time.sleep(0.01)

    def _look(self) -> None:
        self._listen()
        for running in self._running:
            if running.process.poll() is not None:
                self._listen()
                raise ProgramEnded(_obituary(running))

    def _listen(self) -> None:
        for key, _ in self._selector.select(LOOK_SECONDS):
            running: _Running = key.data
            said = os.read(key.fd, 65536)
            if not said:
                self._selector.unregister(key.fileobj)
            *lines, running.unfinished = (running.unfinished + said).split(b"\n")
            for line in lines:
                self._pass_on(running, line.decode(errors="replace"))

    def _pass_on(self, running: _Running, line: str) -> None:
        running.last_lines.append(line)
        print(f"{running.program.name:>9} | {line}", flush=True)

    def _forget(self, running: _Running) -> None:
        self._running.remove(running)
        if running.process.stdout in {key.fileobj for key in self._selector.get_map().values()}:
            self._selector.unregister(running.process.stdout)
        if running.process.stdout:
            running.process.stdout.close()

    def _end_with_parent(self) -> None:
        self._prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def bury_orphans() -> None:
    """Collects what ended after its own parent, so that nothing is left behind in the process table."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _prctl() -> Callable[[int, int], object]:
    if sys.platform != "linux":
        return lambda _option, _value: None
    library = ctypes.CDLL(None)
    return lambda option, value: library.prctl(option, value, 0, 0, 0)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # all gone; macOS says the latter of a group of zombies
        os.killpg(group, signal.SIGKILL)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _obituary(running: _Running) -> str:
    code = running.process.returncode
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    said = "".join(f"\n    {line}" for line in running.last_lines)
    return f"The {running.program.name} {how}, so everything stops.{' Its last lines:' if said else ''}{said}"
