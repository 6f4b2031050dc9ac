"""`python -m benchmarks.one_payment`: what one EcoCash payment costs us, stage by stage; with --queries, each and who asks it.

Queries are counted as Django counts them, BEGIN, COMMIT and savepoints too. CPU is this thread's: the simulators' own and the
database's are not in it. BENCH_DATABASE_URL names a database that is emptied first; without one it is the benchmarks' own.
"""

import os
import sys

from benchmarks import place

if __name__ == "__main__":
    os.environ.update(place.environment() | {"DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", "")})
    place.LOCAL.mkdir(parents=True, exist_ok=True)
    import django

    django.setup()

import logging
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from django.core.signals import request_started
from django.db import connection, reset_queries

from benchmarks.paying import STAGES, TO_PAID, open_doors, pay, prepare

PAYMENTS = 40


@dataclass(frozen=True)
class Asked:
    """One query, and the lines of ours that caused it."""

    sql: str
    line: str


@dataclass
class Cost:
    """Of one payment, by stage: queries in their order; medians of our CPU and of the time of statements, in milliseconds."""

    queries: dict[str, list[Asked]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    database: dict[str, float] = field(default_factory=dict)

    def queries_in(self, stages: tuple[str, ...]) -> int:
        return sum(len(self.queries[stage]) for stage in stages)

    def cpu_in(self, stages: tuple[str, ...]) -> float:
        return sum(self.cpu[stage] for stage in stages)

    def database_in(self, stages: tuple[str, ...]) -> float:
        """Triggers and our own part of each call included; BEGIN and COMMIT not."""
        return sum(self.database[stage] for stage in stages)


def measure_one_payment(payments: int = PAYMENTS) -> Cost:
    """Three payments to warm up, one for its queries, a quarter of `payments` for the database's time, `payments` for CPU."""
    cost, times = Cost(), defaultdict(list)
    waits: list[tuple[str, list[float]]] = []

    @contextmanager
    def count(stage: str) -> Iterator[None]:
        before = len(connection.queries_log)
        yield
        noted: Any = connection.queries_log  # `_Noted` keeps more than Django's own
        cost.queries[stage] = list(noted)[before:]

    def wait(execute: Any, *asked: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*asked)
        finally:
            waits[-1][1].append((time.perf_counter() - began) * 1000)

    @contextmanager
    def watch(stage: str) -> Iterator[None]:
        waits.append((stage, []))
        with connection.execute_wrapper(wait):
            yield

    @contextmanager
    def clock(stage: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        times[stage].append((time.thread_time() - began) * 1000)

    with open_doors() as doors:
        counted, *others = prepare(doors, 1 + 3 + payments // 4 + payments)
        for each in others[:3]:
            pay(doors, each, clock)
        times.clear()
        with _every_query_kept():
            pay(doors, counted, count)
        for each in others[3:-payments]:
            pay(doors, each, watch)
        for each in others[-payments:]:
            pay(doors, each, clock)
    for stage in STAGES:
        cost.database[stage] = median(sum(each) for told, each in waits if told == stage)
    cost.cpu = {stage: median(times[stage]) for stage in STAGES}
    return cost


class _Noted(deque):  # type: ignore[type-arg]
    """Django's log of queries, each with the line that caused it."""

    def append(self, query: Any) -> None:
        super().append(Asked(query["sql"], _line_of_ours()))


@contextmanager
def _every_query_kept() -> Iterator[None]:
    """As CaptureQueriesContext: what a request begins with must not empty the log."""
    kept = connection.queries_log
    connection.queries_log, connection.force_debug_cursor = _Noted(), True
    request_started.disconnect(reset_queries)
    try:
        yield
    finally:
        request_started.connect(reset_queries)
        connection.queries_log, connection.force_debug_cursor = kept, False


def _line_of_ours() -> str:
    ours = [frame for frame in traceback.extract_stack() if _is_ours(frame.filename)]
    return " < ".join(f"{frame.filename.removeprefix(f'{place.ROOT}/')}:{frame.lineno} {frame.name}" for frame in ours[:-4:-1])


def _is_ours(filename: str) -> bool:
    is_here = filename.startswith(str(place.ROOT)) and "/.venv/" not in filename
    return is_here and "/benchmarks/" not in filename and not filename.endswith("customer_data/who.py")


def show(cost: Cost, *, with_queries: bool) -> None:
    for stage in STAGES:
        ours, waited = cost.cpu[stage], cost.database_in((stage,))
        print(f"{stage}: {len(cost.queries[stage])} queries, {ours:.1f} ms CPU, {waited:.1f} ms of statements")
        for number, asked in enumerate(cost.queries[stage] if with_queries else (), start=1):
            print(f"  {number:3} {asked.sql[:150]}\n      {asked.line}")
    for name, stages in (("To paid", TO_PAID), ("Altogether", STAGES)):
        queries, ours, waited = cost.queries_in(stages), cost.cpu_in(stages), cost.database_in(stages)
        print(f"{name}: {queries} queries, {ours:.1f} ms CPU, {waited:.1f} ms of statements")


if __name__ == "__main__":
    from django.core.management import call_command

    for handler in logging.root.handlers:  # the log is written as ever, but not between the figures
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(Path(os.devnull).open("w"))  # noqa: SIM115  for as long as this runs
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    show(measure_one_payment(), with_queries="--queries" in sys.argv)
    connection.close()
