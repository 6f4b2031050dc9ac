"""How much more workers do: python -m deploy.drills.workers [--workers 1 2 3] [--payments 150]

So many payments are opened while no worker runs; then so many workers are started, and the time is taken until all are paid. At the
end it says what a payment leaves behind, the record of changes with it.
"""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from config.tests.processes import wait_until
from deploy.drills.growth import show_growth
from deploy.drills.house import House, new_house
from deploy.drills.servers import new_server
from deploy.drills.shop import Till

_PAID = (
    "select count(*), min(created_at), max(created_at) from customer_data_paymentevent where to_status = 'successful' and id > %s"
)
_LAST = "select coalesce(max(id), 0) from customer_data_paymentevent"


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        with new_server(folder) as server, new_house(folder, server.url) as house:
            house.manage("migrate", "--no-input", "--verbosity", "0")
            with house.paynow(), house.web(), house.clock():
                till, first = Till.of(house), 0.0
                for workers in options.workers:
                    rate = _rate(house, till, workers, options.payments)
                    first = first or rate
                    print(f"{workers} workers: {rate:.1f} payments a second, {rate / first:.2f} times the first", flush=True)
            with psycopg.connect(house.database_url, autocommit=True) as connection:
                connection.execute("vacuum analyze")
            show_growth(house.database_url)
    return 0


def _rate(house: House, till: Till, workers: int, payments: int) -> float:
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        last = (connection.execute(_LAST).fetchone() or (0,))[0]
        for sale in till.new_sales(payments, approves_after_seconds=0):
            till.start_payment(sale, timeout_seconds=60)
        with ExitStack() as open_doors:
            for number in range(workers):
                open_doors.enter_context(house.worker(f"{workers}-{number}"))
            started = time.monotonic()
            wait_until(lambda: _paid(connection, last) >= payments, seconds=300)
        row = connection.execute(_PAID, [last]).fetchone()
        between = (row[2] - row[1]).total_seconds() if row else time.monotonic() - started
    return payments / between


def _paid(connection: "psycopg.Connection[tuple[int]]", last: int) -> int:
    row = connection.execute(_PAID, [last]).fetchone()
    return int(row[0]) if row else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--payments", type=int, default=150)
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
