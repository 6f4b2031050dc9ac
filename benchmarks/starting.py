"""Start-up: from the command to the first answer of a web process, and to the first task that a worker has done."""

import os
import time
from statistics import median
from urllib.request import urlopen

from benchmarks.figures import Figure, Report
from benchmarks.place import HOST, free_port, web, worker
from config.models import Heartbeat
from config.tasks import heartbeat

STARTS = 5
MOST_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 30.0


def until_it_works(report: Report) -> None:
    """Starts of one web process and of one worker, in turns; the first of each is warm-up and not counted."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a server keeps compiled modules
    seconds: dict[str, list[float]] = {"Start-up, web": [], "Start-up, worker": []}
    for _ in range(STARTS + 1):
        seconds["Start-up, web"].append(_web_start())
        seconds["Start-up, worker"].append(_worker_start())
    for what, times in seconds.items():
        middle, slowest = median(times[1:]), max(times[1:])
        shown = f"median {middle:.2f} s, slowest {slowest:.2f} s"
        ratio = middle / MOST_SECONDS
        report.add(Figure(what, shown, f"{MOST_SECONDS:.0f} s at most", f"{ratio:.2f}", "≤ 1", ratio <= 1))


def _web_start() -> float:
    port = free_port()
    began = time.perf_counter()
    with web(port):
        urlopen(f"http://{HOST}:{port}/healthz", timeout=10).close()
        return time.perf_counter() - began


def _worker_start() -> float:
    """A heartbeat waits in the queue; the worker's sign of life is in the database once it was done."""
    Heartbeat.objects.all().delete()
    heartbeat.delay()
    began = time.perf_counter()
    with worker():
        while not Heartbeat.objects.filter(name="worker").exists():
            if time.perf_counter() - began > LONGEST_WAIT_SECONDS:
                raise SystemExit("make bench: the worker did not do its first task.")
            time.sleep(0.01)
        return time.perf_counter() - began
