"""Back to a moment before a disaster: python -m deploy.drills.point_in_time [--payments 3]

PostgreSQL's own way, when an hour is too much to lose: a base backup, and the write-ahead log received by another machine as it is
written. Customers pay before and after the base backup; then somebody drops every table, and the server is lost. The base backup
goes into a new server, which reads the log up to the moment before the drop. Every payment that was paid by then must stand there,
and the books be right.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from config.embedded_guard import as_owner_of
from config.tests.processes import free_port, wait_until
from deploy.drills.house import House, new_house, url_of
from deploy.drills.servers import Server, new_data_folder, new_server
from deploy.drills.shop import PATIENCE_SECONDS, Till, new_payment, rows, wait_for

SLOT = "another_machine"
_RECEIVED = "select count(*) from pg_stat_replication where application_name = 'pg_receivewal' and flush_lsn >= %s::pg_lsn"


def main() -> int:
    payments = _options().payments
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        return 0 if play(Path(name), payments) else 1


def play(folder: Path, payments: int) -> bool:
    with (
        new_server(folder, wal_level="replica", max_wal_senders="10") as server,
        new_house(folder, server.url) as house,
        house.paynow(),
    ):
        house.manage("migrate", "--no-input", "--verbosity", "0")
        with _log_received(server, folder) as log:
            base = new_data_folder(folder, "base")
            paid, moment = _until_the_disaster(server, house, base, payments)
        server.stop("immediate")
        began = time.monotonic()
        restored = _restored(folder, base, log, moment)
        seconds = time.monotonic() - began
        try:
            there = house.with_database(url_of(restored.url, house.database_url.rpartition("/")[2]))
            found = {row[0] for row in rows(there, "select reference from customer_data_payment where status = 'successful'")}
            print(
                f"{len(found & set(paid))} of {len(paid)} payments that were paid at that moment are there, after {seconds:.1f} s"
            )
            print(there.manage("check_ledger").strip())
        finally:
            restored.stop("immediate")
            server.start()  # so that the drill can tidy up
    return found == set(paid)


def _until_the_disaster(server: Server, house: House, base: Path, payments: int) -> tuple[list[str], str]:
    """The payments that were paid, and the moment after the last of them."""
    with house.everyone():
        till = Till.of(house)
        paid = [new_payment(till) for _ in range(payments)]
        wait_for(house, paid, "successful")
        print(f"{payments} paid; base backup", flush=True)
        server.run("pg_basebackup", "--pgdata", base, "--dbname", server.url, "--checkpoint=fast", "--wal-method=none")
        paid += [new_payment(till) for _ in range(payments)]
        wait_for(house, paid, "successful")
    moment = str(rows(house, "select clock_timestamp()")[0][0])
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        [end] = connection.execute("select pg_current_wal_flush_lsn()").fetchone() or [""]
        print(f"{payments} more paid; at {moment} the last was there, then every table was dropped and the server lost", flush=True)
        wait_until(lambda: connection.execute(_RECEIVED, [end]).fetchone() == (1,), seconds=PATIENCE_SECONDS)
    return paid, moment


@contextmanager
def _log_received(server: Server, folder: Path) -> Iterator[Path]:
    """What is written is received at once, as on another machine; the slot keeps what that one has not received yet."""
    received = new_data_folder(folder, "received")
    name = ["--directory", str(received), "--dbname", server.url, "--slot", SLOT]
    server.run("pg_receivewal", *name, "--create-slot")
    command = [str(server.programs / "pg_receivewal"), *name, "--synchronous", "--no-loop"]
    with (folder / "received.log").open("a") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **as_owner_of(received))  # noqa: S603
        try:
            yield received
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=PATIENCE_SECONDS)


def _restored(folder: Path, base: Path, log: Path, moment: str) -> Server:
    """A new server of the base backup and the log, as it was at that moment."""
    base.chmod(0o700)
    for last in log.glob("*.partial"):  # the piece that was being written
        last.rename(last.with_suffix(""))
    (base / "recovery.signal").touch()
    server = Server(base, free_port())
    fetch = f"cp {log}/%f %p"
    server.start(restore_command=fetch, recovery_target_time=moment, recovery_target_action="promote", archive_mode="off")
    with psycopg.connect(server.url, autocommit=True) as connection:
        wait_until(lambda: connection.execute("select pg_is_in_recovery()").fetchone() == (False,), seconds=PATIENCE_SECONDS)
    return server


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--payments", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
