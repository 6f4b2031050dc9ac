"""Does the old code go on taking payments while, and after, the new code's migrations run?

    python -m deploy.drills.old_code_new_schema OLD [NEW] [--payments 50000] [--server postgresql://…]

OLD and NEW are git revisions; without NEW, the files as they are. A database is migrated and filled by OLD, whose web process,
worker and clock then take payments through the API, with Paynow's simulator behind them. NEW migrates meanwhile. Afterwards OLD
serves on the new schema for a while, then NEW takes over, and every payment that was asked for must be paid, once, and the books
right. The packages are this checkout's for both.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config.tests.processes import ROOT, wait_until
from deploy.drills.house import House, new_house
from deploy.drills.servers import database_server
from deploy.drills.shop import Sale, Till

PER_SECOND = 4
SECONDS_BEFORE, SECONDS_AFTER = 10, 30
SETTLED_SECONDS = 180
SALES = 2000
ACCEPTED = 202
MOST_SHOWN = 10
LOOK_SECONDS = 0.02

_WAITING = """
select coalesce(max(extract(epoch from clock_timestamp() - coalesce(query_start, xact_start))), 0)
from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name <> 'migrating'
"""


@dataclass
class Seen:
    """What a drill saw. Times in seconds."""

    answers: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    longest_wait: float = 0.0
    migrating: float = 0.0
    applied: int = 0

    def lines(self) -> list[str]:
        ordered = sorted(self.answers) or [0.0]
        return [
            f"migrations applied: {self.applied}, in {self.migrating:.1f} s while payments came in",
            f"payments asked for: {len(self.answers)}, errors: {len(self.errors)}",
            f"answer to a payment request: median {ordered[len(ordered) // 2] * 1000:.0f} ms, slowest {ordered[-1] * 1000:.0f} ms",
            f"longest wait of the old code for a lock: {self.longest_wait * 1000:.0f} ms",
        ]


def main() -> int:
    """0 when nothing went wrong."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        old, new = _checked_out(options.old, folder / "old"), _checked_out(options.new, folder / "new")
        with database_server(options.server, folder) as server, new_house(folder, server) as house:
            seen, wrong = play(house.with_code(old), house.with_code(new), payments=options.payments)
    print("\n".join([*seen.lines(), *seen.errors[:MOST_SHOWN], *wrong]))
    print("It must not be rolled out like this." if seen.errors or wrong else "The old code does not notice.")
    return 1 if seen.errors or wrong else 0


def play(old: House, new: House, *, payments: int) -> tuple[Seen, list[str]]:
    """What was seen, and a sentence for each thing that is wrong at the end."""
    seen = Seen()
    old.manage("migrate", "--no-input", "--verbosity", "0")
    if payments:
        _say(f"the old code fills a database with {payments:,} payments")
        old.manage("make_large_data", "--payments", str(payments), DEBUG="1")
    with old.paynow():
        till = Till.of(old)
        sales = till.new_sales(SALES, approves_after_seconds=1)
        with old.everyone("-old"):
            _say("the old code takes payments")
            _serve_while_migrating(till, sales, new, seen)
            wrong = _unpaid(new, seen) + _errors_said(old.folder, "-old")
        with new.everyone("-new"):
            _say("the new code has taken over")
            _ask_for(till, sales, seen)
            wrong += _unpaid(new, seen) + _errors_said(new.folder, "-new")
    _say(new.manage("check_ledger").splitlines()[0])
    return seen, wrong


def _serve_while_migrating(till: Till, sales: Iterator[Sale], new: House, seen: Seen) -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=_keep_asking, args=(till, sales, seen, stop)),
        threading.Thread(target=_watch_locks, args=(till.house.database_url, seen, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        stop.wait(SECONDS_BEFORE)
        _migrate(new, seen)
        _say(f"migrated in {seen.migrating:.1f} s; the old code goes on for {SECONDS_AFTER} s")
        stop.wait(SECONDS_AFTER)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _keep_asking(till: Till, sales: Iterator[Sale], seen: Seen, stop: threading.Event) -> None:
    while not stop.wait(1 / PER_SECOND):
        _ask_for(till, sales, seen)


def _ask_for(till: Till, sales: Iterator[Sale], seen: Seen) -> None:
    """One more payment."""
    started = time.monotonic()
    try:
        status, answer = till.start_payment(next(sales))
    except OSError as error:
        seen.errors.append(f"nobody answered: {error}")
        return
    seen.answers.append(time.monotonic() - started)
    if status == ACCEPTED:
        seen.references.append(answer["reference"])
    else:
        seen.errors.append(f"answered with {status}: {answer}")


def _watch_locks(database_url: str, seen: Seen, stop: threading.Event) -> None:
    with psycopg.connect(database_url, autocommit=True, application_name="watching") as connection:
        while not stop.wait(LOOK_SECONDS):
            row = connection.execute(_WAITING).fetchone()
            seen.longest_wait = max(seen.longest_wait, float(row[0]) if row else 0.0)


def _migrate(new: House, seen: Seen) -> None:
    before = _applied(new.database_url)
    started = time.monotonic()
    new.manage("migrate", "--no-input", PGAPPNAME="migrating", PGOPTIONS="-c lock_timeout=5s")
    seen.migrating = time.monotonic() - started
    seen.applied = _applied(new.database_url) - before


def _applied(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select count(*) from django_migrations").fetchone()
    return int(row[0]) if row else 0


def _unpaid(house: House, seen: Seen) -> list[str]:
    """What is not paid, once, at the end."""
    question = "select count(*) from customer_data_payment where reference = any(%s) and status = 'successful'"
    with psycopg.connect(house.database_url, autocommit=True) as connection:

        def paid() -> int:
            row = connection.execute(question, [seen.references]).fetchone()
            return int(row[0]) if row else 0

        with suppress(AssertionError):
            wait_until(lambda: paid() == len(seen.references), seconds=SETTLED_SECONDS)
        missing = len(seen.references) - paid()
    return [f"{missing} of {len(seen.references)} payments are not paid"] if missing else []


def _errors_said(folder: Path, whose: str) -> list[str]:
    """Lines of the processes' logs that speak of an error; that Meta has approved no template is none of the schema's."""
    lines = (line for name in ("web", "worker", "clock") for line in (folder / f"{name}{whose}.log").read_text().splitlines())
    return [line[:300] for line in lines if (" ERROR " in line and "flows.outcomes" not in line) or "Traceback" in line][
        :MOST_SHOWN
    ]


def _checked_out(revision: str, folder: Path) -> Path:
    """The files of a revision; this checkout itself when none is named."""
    if not revision:
        return ROOT
    folder.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S603, S607
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)  # noqa: S603, S607
    return folder


def _say(words: str) -> None:
    print(f"    {words}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", help="the revision that serves")
    parser.add_argument("new", nargs="?", default="", help="the revision that is rolled out; the files as they are")
    parser.add_argument("--payments", type=int, default=50_000, help="how many the database holds before")
    parser.add_argument("--server", default="", help="a PostgreSQL where a database may be made; the embedded one")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
