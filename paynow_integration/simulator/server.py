"""The simulator as a web server: many connections, kept alive; faults that strike the connection itself."""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from paynow_integration.simulator.clock import Clock, RealClock
from paynow_integration.simulator.faults import Fault, FaultBoard, Struck
from paynow_integration.simulator.office import NotPossible, Office
from paynow_integration.simulator.records import Behaviour, Integration, Manners, Transaction, Update, Wallet
from paynow_integration.simulator.routes import Answer, Request, answer
from paynow_integration.simulator.updates import Updates

LONGEST_BODY = 1024 * 1024
_IDLE_SECONDS = 120
_RESET = struct.pack("ii", 1, 0)


class PaynowSimulator:
    """A Paynow of one's own. Listens from `start` (or `with`) to `stop`; with a `DrivenClock` no test waits."""

    def __init__(self, *, clock: Clock | None = None, host: str = "127.0.0.1", port: int = 0, public_url: str = "") -> None:
        """`public_url`: where browsers reach it, if not at `url`. Port 0 takes any that is free."""
        self.clock: Clock = clock or RealClock()
        self.manners = Manners()
        self.faults = FaultBoard()
        self.updates_out = Updates(self.clock, self.manners, self.faults)
        self.office = Office(self.clock, self.manners, self.faults, self.updates_out)
        self.public_url = public_url.rstrip("/")
        self.host, self.port = host, port
        self.released = threading.Event()
        self._server: _Server | None = None

    # --- Its life ---------------------------------------------------------------------------------
    def start(self) -> Self:
        """Raises OSError when the port is taken."""
        self.accept_connections()
        self.clock.start()
        return self

    def stop(self) -> None:
        self.clock.stop()
        self.refuse_connections()
        self.updates_out.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def refuse_connections(self) -> None:
        """From now on connecting fails, and every open connection is cut. Undone by `accept_connections`."""
        server, self._server = self._server, None
        if server is not None:
            self._let_go()
            server.close()

    def accept_connections(self) -> None:
        if self._server is None:
            self._server = _Server(self)
            self.port = int(self._server.server_address[1])
            threading.Thread(target=self._server.serve_forever, args=(0.05,), name="paynow-simulator", daemon=True).start()

    def _let_go(self) -> None:
        released, self.released = self.released, threading.Event()
        released.set()

    def cut_idle_connections(self) -> None:
        """Close every open connection, as a server does with those it has kept long enough; new ones are welcome."""
        if self._server is not None:
            self._server.cut_connections()

    # --- The control desk -------------------------------------------------------------------------
    def add_integration(self, integration: Integration) -> None:
        self.office.integrations[integration.id] = integration

    def set_wallet(self, phone: str, behaviour: Behaviour, after_seconds: float = 0) -> None:
        """What the customer with `phone` (or card token) does from now on."""
        self.office.wallets[phone] = Wallet(behaviour, after_seconds)

    def approve(self, name: str) -> Transaction:
        """The customer pays. `name`: the merchant's reference, Paynow's, or the guid. Raises NotPossible."""
        return self.move(name, self.manners.money_word)

    def decline(self, name: str) -> Transaction:
        """The customer says no, or mistypes the PIN. Raises NotPossible."""
        return self.move(name, self.manners.refusal_word)

    def move(self, name: str, word: str) -> Transaction:
        """Any of Paynow's words: `Delivered`, `Disputed`, `Refunded`, … Raises NotPossible."""
        transaction = self.office.find(name)
        self.office.move(transaction, word)
        return transaction

    def fault(self, name: str, *, on: str = "any", times: int | None = None, **details: str) -> None:
        """Switch a fault on (see `faults.FAULTS`); `details`: `reference`, `phone`, `value`. Raises ValueError."""
        self.faults.add(Fault(name, on=on, times=times, **details))

    def clear_faults(self) -> None:
        """Switch all faults off, send what was held back, and let go of connections that hang."""
        self.faults.clear()
        self.updates_out.release()
        self._let_go()

    def transactions(self, *, reference: str = "", trace: str = "") -> list[Transaction]:
        """What Paynow has accepted, oldest first: more than one for a reference is a double charge."""
        return self.office.transactions(reference=reference, trace=trace)

    def updates(self, reference: str = "") -> list[Update]:
        """Status updates in the order in which they arose."""
        return [update for update in list(self.updates_out.sent) if reference in ("", update.transaction.reference)]

    def is_given_up(self, update: Update) -> bool:
        """It was refused so often that it is not sent again."""
        return len(update.answers) > self.manners.most_resends

    def resend_update(self, name: str) -> None:
        """Send the newest update about `name` once more, as it was. Raises NotPossible."""
        guid = self.office.find(name).guid
        update = next((each for each in reversed(self.updates()) if each.transaction.guid == guid), None)
        if update is None:
            raise NotPossible(f"No update about {name!r} was sent yet.")
        self.updates_out.resend(update)
        self.clock.do_due()

    def reset(self) -> None:
        """Forget transactions, updates, faults and wallets; integrations and manners stay."""
        self.office.forget_transactions()
        self.office.calls.clear()
        self.office.wallets.clear()
        self.updates_out.forget()  # before what is held back would be sent
        self.clear_faults()


class _Server(ThreadingHTTPServer):
    """Remembers its connections, so that it can cut them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, simulator: PaynowSimulator) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__((simulator.host, simulator.port), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that the other side cut is no news."""

    def cut_connections(self) -> None:
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.cut_connections()
        with self._changed:
            self._changed.wait_for(lambda: not self._open, timeout=5)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class calls it so
        """Silent: its users read the list of transactions."""

    def _serve(self) -> None:
        simulator = cast(_Server, self.server).simulator
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            self._send(Answer(b"The body is too long.", status=413), ())
            return
        base_url = f"http://{self.headers.get('Host') or f'{simulator.host}:{simulator.port}'}"
        request = Request(
            method=self.command,
            target=self.path,
            body=self.rfile.read(int(length)),
            content_type=self.headers.get("Content-Type", ""),
            base_url=base_url,
        )
        reply = answer(simulator, request)
        self._strike(reply) if reply.struck else self._send(reply, ())

    def _send(self, reply: Answer, headers: Iterable[tuple[str, str]]) -> None:
        lines = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('Status',))[0]}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            "Cache-Control: no-store",
            *(f"{name}: {value}" for name, value in (*reply.headers, *headers)),
            *(["Connection: close"] if self.close_connection else []),
        ]
        self.wfile.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + reply.body)

    # --- Faults of the connection -----------------------------------------------------------------
    def _strike(self, reply: Answer) -> None:
        struck = reply.struck
        if "hang" in struck:
            self._hang()
        elif "reset" in struck:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.close_connection = True
        elif "half_reply" in struck:
            self._send_half(reply)
        elif "drip" in struck:
            self._drip(reply, float(struck.value("drip", "0.05")))
        else:
            self._send(_instead(reply, struck), ())

    def _hang(self) -> None:
        """Until the faults are cleared, the server stops, or the other side gives up."""
        self.close_connection = True
        released = cast(_Server, self.server).simulator.released
        while not released.wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                return

    def _send_half(self, reply: Answer) -> None:
        self.close_connection = True
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(reply.body)}\r\n\r\n"
        self.wfile.write(head.encode() + reply.body[: len(reply.body) // 2])

    def _drip(self, reply: Answer, seconds: float) -> None:
        self.close_connection = True
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(reply.body)}\r\n\r\n".encode())
        for position in range(len(reply.body)):
            self.wfile.write(reply.body[position : position + 1])
            time.sleep(seconds)


def _instead(reply: Answer, struck: Struck) -> Answer:
    if "html" in struck:
        return Answer(b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>", content_type="text/html")
    if "http_error" in struck:
        return Answer(b"Service Unavailable", status=int(struck.value("http_error", "503")))
    if "redirect" in struck:
        return Answer(b"", status=302, headers=(("Location", struck.value("redirect", "https://www.paynow.co.zw/")),))
    if "empty" in struck:
        return Answer(b"")
    return reply
