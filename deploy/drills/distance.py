"""The database in another region: python -m deploy.drills.distance [--milliseconds 0 5 20 80]

Between the web process and its database stands a door that lets everything through a little later, as a long line would. The answer
to a payment request then takes so much longer that the number of round trips in it follows.
"""

import argparse
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Queue

from psycopg.conninfo import conninfo_to_dict

from config.tests.processes import free_port
from deploy.drills.house import HOST, new_house
from deploy.drills.servers import new_server
from deploy.drills.shop import Till

PAYMENTS = 12


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        with new_server(folder) as server, new_house(folder, server.url) as house:
            house.manage("migrate", "--no-input", "--verbosity", "0")
            with house.paynow():
                till = Till.of(house)
                nearest = 0.0
                for milliseconds in _options().milliseconds:
                    door = LongLine(int(str(conninfo_to_dict(house.database_url)["port"])), milliseconds)
                    away = house.with_database(house.database_url.replace(f":{door.target}/", f":{door.port}/"))
                    with away.web(name=f"web-{milliseconds}"):
                        median = _median_of(till)
                    nearest = nearest or median
                    trips = f", {(median - nearest) / milliseconds:.0f} round trips" if milliseconds else ""
                    print(f"{milliseconds} ms away: a payment request is answered in {median:.0f} ms{trips}", flush=True)
    return 0


def _median_of(till: Till) -> float:
    """Milliseconds; the first two are not counted, they open connections."""
    taken = []
    for sale in till.new_sales(PAYMENTS, approves_after_seconds=None):
        started = time.monotonic()
        till.start_payment(sale, timeout_seconds=60)
        taken.append((time.monotonic() - started) * 1000)
    return statistics.median(taken[2:])


class LongLine:
    """A port of this machine behind which `target` is so many milliseconds away, there and back together."""

    def __init__(self, target: int, milliseconds: int) -> None:
        self.target, self.port, self._one_way = target, free_port(), milliseconds / 2000
        self._door = socket.create_server((HOST, self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            near, _ = self._door.accept()
            far = socket.create_connection((HOST, self.target))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry(near, far)
            self._carry(far, near)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        line: Queue[tuple[float, bytes]] = Queue()

        def put_in() -> None:
            with suppress(OSError):
                while piece := source.recv(65536):
                    line.put((time.monotonic() + self._one_way, piece))
            line.put((0.0, b""))

        def take_out() -> None:
            with suppress(OSError):
                while (arrival := line.get())[1]:
                    time.sleep(max(arrival[0] - time.monotonic(), 0))
                    target.sendall(arrival[1])
                target.shutdown(socket.SHUT_WR)

        for work in (put_in, take_out):
            threading.Thread(target=work, daemon=True).start()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--milliseconds", type=int, nargs="*", default=[0, 5, 20, 80])
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
