"""A pytest plugin: everything is loaded and collected once; then each mutant is tried in a forked copy of the process.

Also the plugin of the slow road, for a fault outside a function: a process of its own that loads the module with the fault.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import coverage
import pytest
from django.core.management import call_command
from django.db import connections

from mutation.covering import Covering
from mutation.mutants import Mutant
from mutation.swapping import CannotSwap, LoadMutated, swap, swap_constant
from mutation.targets import ROOT, TARGETS, dotted

CPU_SECONDS_AT_LEAST = 10
TIMES_AS_LONG = 15
STUCK_SECONDS = 300
"""Waiting for a lock or a thread costs no CPU; on a busy machine a sound test may wait long, too."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant, by which test, and after how many of them."""

    word: str  # killed, survived, timeout
    by: str = ""
    tests: int = 0
    seconds: float = 0.0


class Loop:
    """Registered with pytest. `work` is called once all tests are collected and the database stands."""

    def __init__(self, work: Callable[[Loop], None]) -> None:
        self._work = work
        self._failed = ""
        self.items: dict[str, pytest.Item] = {}
        self.session: pytest.Session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        wanted = [item for item in session.items if not item.get_closest_marker("browser") and not item.get_closest_marker("redis")]
        self.session, self.items = session, {item.nodeid: item for item in wanted}
        self._warm_up(wanted)
        self._work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def _warm_up(self, items: list[pytest.Item]) -> None:
        """The test database is made by the first test that needs it; every copy of this process then finds it."""
        first = next((item for item in items if "test_opening.py" in item.nodeid), None)
        if first is not None and not self.run(first, items[-1] if items[-1] is not first else items[0]):
            raise pytest.UsageError(f"The tests must pass before anything is broken: {self._failed}")
        self._clean()

    def run(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        """Whether the test passes."""
        self._failed = ""
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self._failed

    # --- Which test runs which line -----------------------------------------------------------------
    def cover(self) -> Covering:
        """Run every test once, in a copy of this process for each file of tests, and see which lines of the targets it runs."""
        covering = Covering()
        measured = coverage.Coverage(data_file=None, include=[str(ROOT / path) for path in TARGETS])
        measured.start()
        items = list(self.items.values())
        kept = Kept()
        for number, item in enumerate(items):
            kept.forget()
            measured.switch_context(item.nodeid)
            began = time.monotonic()
            following = items[number + 1] if number + 1 < len(items) else items[0]
            if self.run(item, following):
                covering.seconds[item.nodeid] = round(time.monotonic() - began, 4)
            else:
                print(f"  fails without a mutant, left out: {item.nodeid}", file=sys.stderr)
                del self.items[item.nodeid]
        measured.stop()
        data = measured.get_data()
        for path in TARGETS:
            by_line = data.contexts_by_lineno(str(ROOT / path))
            covering.lines[path] = {line: [test for test in tests if test in covering.seconds] for line, tests in by_line.items()}
        return covering

    # --- One mutant ---------------------------------------------------------------------------------
    def try_mutant(self, mutant: Mutant, tests: list[str], covering: Covering) -> Outcome:
        """Run `tests` with the fault in, until one fails."""
        known = [test for test in tests if test in self.items]
        began = time.monotonic()
        try:
            word, by, count = self._in_a_copy(mutant, known, covering)
        except CannotSwap:
            word, by, count = _in_a_process_of_its_own(mutant, known, covering)
        return Outcome(word, by, count, round(time.monotonic() - began, 1))

    def _in_a_copy(self, mutant: Mutant, tests: list[str], covering: Covering) -> tuple[str, str, int]:
        connections.close_all()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._be_the_copy(mutant, tests, covering, writing)
        os.close(writing)
        word, by, count = _listen(reading, tests)
        os.close(reading)
        if word == "timeout":
            os.kill(child, signal.SIGKILL)
        _, ending = os.waitpid(child, 0)
        if os.WIFSIGNALED(ending) and os.WTERMSIG(ending) == signal.SIGXCPU:
            word = "timeout"
        if by == "cannot swap":
            raise CannotSwap
        if word == "timeout":
            self._clean()
        return word, by, count

    def _be_the_copy(self, mutant: Mutant, tests: list[str], covering: Covering, writing: int) -> None:
        """Never returns. One byte is written after each test that passed, `F` after the one that failed."""
        _be_silent()
        os.setpgid(0, 0)
        try:
            _put_in(mutant)
        except CannotSwap:
            os.write(writing, b"C")
            os._exit(0)
        Kept().forget()
        items = [self.items[test] for test in tests]
        for number, item in enumerate(items):
            _allow_cpu(CPU_SECONDS_AT_LEAST + TIMES_AS_LONG * covering.seconds.get(item.nodeid, 1.0))
            try:
                has_passed = self.run(item, items[number + 1] if number + 1 < len(items) else item)
            except BaseException:  # whatever it is: the tests noticed
                has_passed = False
            os.write(writing, b"." if has_passed else b"F")
            if not has_passed:
                break
        connections.close_all()
        os._exit(0)

    def _clean(self) -> None:
        """A copy, or a whole run, that was killed in the middle of a test with real commits has left its rows."""
        child = os.fork()
        if child == 0:
            _be_silent()
            from pytest_django.plugin import blocking_manager_key  # noqa: PLC0415

            with self.session.config.stash[blocking_manager_key].unblock():
                call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)
                connections.close_all()
            os._exit(0)
        os.waitpid(child, 0)


def _put_in(mutant: Mutant) -> None:
    module = importlib.import_module(dotted(mutant.path))
    if mutant.is_inside:
        swap(module, mutant.source, mutant.where)
    elif not mutant.where:
        swap_constant(module, mutant.source, mutant.line)
    else:
        raise CannotSwap(mutant.where)


class Kept:
    """What a process composes once and keeps: with a fault in, or to see who runs a line, it must be composed anew."""

    def __init__(self) -> None:
        from customer_data.models.prepared import Prepared  # noqa: PLC0415  its models need Django's settings

        self._prepared = [each for each in gc.get_objects() if isinstance(each, Prepared)]

    def forget(self) -> None:
        for each in self._prepared:
            each._done = None


def _allow_cpu(seconds: float) -> None:
    """Of its own time, from now on; then the kernel ends the process. How busy the machine is does not matter."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _listen(reading: int, tests: list[str]) -> tuple[str, str, int]:
    for number, test in enumerate(tests):
        ready, _, _ = select.select([reading], [], [], STUCK_SECONDS)
        said = os.read(reading, 1) if ready else b"T"
        if said == b"C":
            return "", "cannot swap", 0
        if said == b"T":
            return "timeout", test, number + 1
        if said != b".":  # `F`, or the copy died
            return "killed", test, number + 1
    return "survived", "", len(tests)


# --- The slow road --------------------------------------------------------------------------------
MUTANT_MODULE, MUTANT_SOURCE = "MUTANT_MODULE", "MUTANT_SOURCE"


def _in_a_process_of_its_own(mutant: Mutant, tests: list[str], covering: Covering) -> tuple[str, str, int]:
    _expect_to_start(mutant.path, tests[:1])
    most = STUCK_SECONDS + TIMES_AS_LONG * sum(covering.seconds.get(test, 1.0) for test in tests)
    try:
        code, said = _alone(mutant.path, mutant.source, tests, most)
    except subprocess.TimeoutExpired:
        return "timeout", "", len(tests)
    failed = next((line.removeprefix("FAILED ") for line in said.splitlines() if line.startswith("FAILED ")), "")
    if code == 0:
        return "survived", "", len(tests)
    return "killed", failed or "it does not even start", 1


@cache
def _started_before() -> set[str]:
    return set()


def _expect_to_start(path: str, tests: list[str]) -> None:
    """The control: without a fault this road ends well, or nothing that it says of a mutant would count."""
    if path not in _started_before() and tests:
        code, said = _alone(path, (ROOT / path).read_text(encoding="utf-8"), tests, STUCK_SECONDS)
        if code:
            raise pytest.UsageError(f"{path} cannot be tried in a process of its own, even without a fault: {said[-1000:]}")
        _started_before().add(path)


def _alone(path: str, source: str, tests: list[str], most_seconds: float) -> tuple[int, str]:
    """How pytest ended, and what it said. Raises TimeoutExpired."""
    place, chosen = (ROOT / ".local" / "mutation" / name for name in ("mutant.py.txt", "tests.txt"))
    place.write_text(source, encoding="utf-8")
    chosen.write_text("\n".join(tests))
    environment = os.environ | {MUTANT_MODULE: dotted(path), MUTANT_SOURCE: str(place)}
    command = [sys.executable, "-m", "mutation.alone", f"@{chosen}"]
    with subprocess.Popen(  # noqa: S603  our own words
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=most_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, said


def install_from_environment() -> None:
    """Load the module that the environment names with its fault."""
    LoadMutated(os.environ[MUTANT_MODULE], Path(os.environ[MUTANT_SOURCE]).read_text(encoding="utf-8")).install()


def _be_silent() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
