"""What stands around the client in these tests: a merchant's server, charges to make, sockets that misbehave."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from paynow_integration.client import PaynowClient
from paynow_integration.messages import ChargeRequest
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.transport import Limits, new_session

KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"
LIVE_KEY = "8b1b3f60-70c6-4c8e-9c0f-5d3a4f2f9e11"
SHORT = Limits(connect_seconds=2, read_seconds=0.3)


def a_request(**changes: Any) -> ChargeRequest:
    """An EcoCash request for 10.00 that test mode accepts and that pays after five seconds."""
    values: dict[str, Any] = {
        "reference": "B7K2M9QXA4T",
        "amount": Decimal("10.00"),
        "description": "Victoria Falls, 2 people",
        "return_url": "https://m.example/return",
        "result_url": "https://m.example/result",
        "merchant_trace": "B7K2M9QXA4T",
        "email": "merchant@example.com",
        "phone": "0771111111",
        "method": "ecocash",
    }
    return ChargeRequest(**(values | changes))


@contextmanager
def client_for(
    simulator: PaynowSimulator, result_url: str = "https://m.example/result", *, live: bool = False, **options: Any
) -> Iterator[PaynowClient]:
    """The USD integration of the simulator: the test one, or the live one that takes any number."""
    integration_id, key = ("2201", LIVE_KEY) if live else ("1201", KEY)
    return_url = "https://m.example/return"
    with new_session() as session:
        yield PaynowClient(integration_id, key, return_url, result_url, base_url=simulator.url, session=session, **options)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them: nothing is left behind
    request_queue_size = 128


class MerchantServer:
    """Takes status updates: `bodies` as they came, answered with the statuses of `answers` and then 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.answers: list[int] = []
        self.on_update: Callable[[bytes], None] = lambda body: None
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/ipn"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(merchant: MerchantServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            merchant.bodies.append(body)
            merchant.on_update(body)
            self.send_response(merchant.answers.pop(0) if merchant.answers else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def canned_session(body: bytes) -> Iterator[requests.Session]:
    """A session to which every server in the world answers `body`."""

    class Canned(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
            raw = HTTPResponse(BytesIO(body), status=200, preload_content=False)
            return self.build_response(request, raw)

    with new_session() as session:
        session.mount("https://", Canned())
        yield session


@contextmanager
def raw_server(*scripts: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where the n-th connection is handed to the n-th script, then closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_play, args=(listener, scripts), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def _play(listener: socket.socket, scripts: tuple[Callable[[socket.socket], None], ...]) -> None:
    for script in scripts:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            with suppress(ConnectionError):
                script(connection)


def read_request(connection: socket.socket) -> bytes:
    """One whole HTTP request."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("The other side hung up.")
    return received
