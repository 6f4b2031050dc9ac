"""What a read replica would have us believe: python -m deploy.drills.replica [--lag-milliseconds 0 50 500]

A real streaming replica of the database. Customers start payments; the question that keeps somebody from being charged twice (is
one open for this booking?) is then put to the replica. Each *no* would have been a second charge.
"""

import argparse
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from config.tests.processes import free_port, wait_until
from deploy.drills.house import new_house, url_of
from deploy.drills.servers import Server, new_data_folder, new_server
from deploy.drills.shop import Till

PAYMENTS = 20
_IS_ONE_OPEN = """
select exists (select from customer_data_payment payment join customer_data_booking booking on booking.id = payment.booking_id
where booking.booking_reference = %s and status in ('created', 'sending', 'pending'))
"""


def main() -> int:
    lags = _options().lag_milliseconds
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        with new_server(folder, wal_level="replica", max_wal_senders="10") as primary, new_house(folder, primary.url) as house:
            house.manage("migrate", "--no-input", "--verbosity", "0")
            with house.paynow(), house.web():
                till = Till.of(house)
                for lag in lags:
                    _ask_both(folder, primary, till, lag)
    return 0


def _ask_both(folder: Path, primary: Server, till: Till, lag_milliseconds: int) -> None:
    replica = Server(new_data_folder(folder, f"replica-{lag_milliseconds}"), free_port())
    replica.run("pg_basebackup", "--pgdata", replica.data, "--dbname", primary.url, "--write-recovery-conf", "--checkpoint=fast")
    replica.data.chmod(0o700)
    replica.start(recovery_min_apply_delay=f"{lag_milliseconds}ms", hot_standby="on")
    name = till.house.database_url.rpartition("/")[2]
    wrong, delays = 0, []
    try:
        with psycopg.connect(url_of(replica.url, name), autocommit=True) as there:
            for sale in till.new_sales(PAYMENTS, approves_after_seconds=None):
                till.start_payment(sale)
                started = time.monotonic()
                wrong += not _says_yes(there, sale.booking_reference)
                wait_until(lambda sale=sale: _says_yes(there, sale.booking_reference))  # type: ignore[misc]
                delays.append((time.monotonic() - started) * 1000)
    finally:
        replica.stop("immediate")
    shown = f"{wrong} of {PAYMENTS} times it said that nothing is open, just after it was"
    seen = f"there after {statistics.median(delays):.0f} ms (median), {max(delays):.0f} ms (longest)"
    print(f"replica {lag_milliseconds} ms behind by order: {shown}; {seen}", flush=True)


def _says_yes(connection: "psycopg.Connection[tuple[bool]]", booking_reference: str) -> bool:
    row = connection.execute(_IS_ONE_OPEN, [booking_reference]).fetchone()
    return bool(row and row[0])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lag-milliseconds", type=int, nargs="*", default=[0, 50, 500])
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
