"""The web server under the Graph API simulator: requests in, JSON out, faults that strike the call or the connection."""

import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from flows.simulator.graph_messages import Json, Refused

LONGEST_BODY = 16 * 1024 * 1024


class FaultKind(StrEnum):
    """What goes wrong with a call."""

    REFUSE = "refuse"  # an error body with `code`
    BREAK = "break"  # HTTP 503 with a page instead of JSON
    HANG = "hang"  # no answer until the simulator stops, or `release`
    LOSE_REPLY = "lose_reply"  # the work is done, then the connection is cut
    CUT = "cut"  # the connection is cut before anything is done


@dataclass(frozen=True)
class Fault:
    """Strikes the next `times` calls whose path ends with `call`; an empty `call` means any."""

    kind: FaultKind
    code: int = 131000
    status: int = 400
    call: str = ""
    times: int = 1


class FaultBoard:
    """The faults that wait for a call."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()
        self.released = threading.Event()

    def add(self, kind: FaultKind | str, *, code: int = 131000, status: int = 400, call: str = "", times: int = 1) -> None:
        """Raises ValueError for an unknown kind."""
        fault = Fault(FaultKind(kind), code, status, call, times)
        with self._lock:
            self._waiting += [fault] * times

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
        self.release()

    def release(self) -> None:
        """Let go of every call that hangs."""
        released, self.released = self.released, threading.Event()
        released.set()

    def strike(self, path: str) -> Fault | None:
        """The fault for a call to `path`, taken off the board."""
        with self._lock:
            found = next((fault for fault in self._waiting if path.endswith(fault.call)), None)
            if found is not None:
                self._waiting.remove(found)
            return found


@dataclass(frozen=True)
class Request:
    """One call: `steps` is its path; what answers calls of the API sees it without the version."""

    method: str
    steps: list[str]
    query: dict[str, str]
    headers: Message
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        return str(self.headers.get(name) or "")

    def json(self) -> Any:
        """Raises Refused."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refused(100, "The body is not JSON.") from None

    def fields(self) -> Json:
        """The fields of a JSON, url-encoded or multipart body, and of the query."""
        kind = self.header("Content-Type").partition(";")[0].strip().lower()
        if kind == "application/json":
            content = self.json()
            return self.query | (content if isinstance(content, dict) else {})
        if kind == "multipart/form-data":
            return self.query | {name: content.decode("utf-8", "replace") for name, (_, _, content) in self.files().items()}
        return self.query | dict(parse_qsl(self.body.decode("utf-8", "replace")))

    def files(self) -> dict[str, tuple[str, str, bytes]]:
        """File name, type and bytes of each part of a multipart body, by field."""
        head = f"Content-Type: {self.header('Content-Type')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        parts = list(message.iter_parts()) if message.is_multipart() else []
        return {
            str(part.get_param("name", header="content-disposition")): (
                part.get_filename("") or "",
                part.get_content_type(),
                bytes(part.get_payload(decode=True) or b""),
            )
            for part in parts
        }


@dataclass(frozen=True)
class Page:
    """What a browser or a script is shown beside the API."""

    text: str | bytes
    type: str = "application/json"
    status: int = 200


Answerer = Callable[[Request], Json]
BesideAnswerer = Callable[[Request], Page]


class Server:
    """Listens on its own threads; `answer` is for calls below a version like `/v25.0`, `beside` for everything else."""

    def __init__(self, answer: Answerer, faults: FaultBoard, beside: BesideAnswerer, *, host: str, port: int) -> None:
        self.answer = answer
        self.faults = faults
        self.beside = beside
        self._host, self._port = host, port
        self._http: _Http | None = None

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        if self._http is None:
            self._http = _Http((self._host, self._port), self)
            self._port = int(self._http.server_address[1])
            threading.Thread(target=self._http.serve_forever, args=(0.05,), name="graph-simulator", daemon=True).start()

    def stop(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            self.faults.release()
            http.shutdown()
            http.server_close()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # many may ask at once

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Also cut the connections that clients keep open, so that no thread stays behind."""
        for connection in list(self._open):
            _cut(connection)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a mistake of this server's, and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
        """Quiet."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            self._reply(413, "text/plain", "Too long.")
            return
        request = self._request(self.rfile.read(length))
        if request.steps and request.steps[0].startswith("v"):
            self._answer(request)
        else:
            fault = self.server.owner.faults.strike(self.path.partition("?")[0]) if request.steps[:1] == ["lookaside"] else None
            if fault is not None and self._struck(fault):
                return
            page = self.server.owner.beside(request)
            self._reply(page.status, page.type, page.text)

    def _request(self, body: bytes) -> Request:
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        steps = [step for step in address.path.split("/") if step]
        return Request(self.command, steps, query, self.headers, body)

    def _answer(self, request: Request) -> None:
        fault = self.server.owner.faults.strike(self.path.partition("?")[0])
        if fault is not None and self._struck(fault):
            return
        try:
            answer = self.server.owner.answer(replace(request, steps=request.steps[1:]))
        except Refused as refusal:
            self._refuse(refusal)
            return
        if fault is not None and fault.kind is FaultKind.LOSE_REPLY:
            _cut(self.connection)
            self.close_connection = True
        else:
            self._reply(200, "application/json", json.dumps(answer))

    def _struck(self, fault: Fault) -> bool:
        """Whether the fault took the place of the work."""
        if fault.kind is FaultKind.REFUSE:
            self._refuse(Refused(fault.code, "A fault was asked for.", fault.status))
        elif fault.kind is FaultKind.BREAK:
            self._reply(503, "text/html", "<html>Service unavailable</html>")
        elif fault.kind is FaultKind.LOSE_REPLY:
            return False
        else:
            if fault.kind is FaultKind.HANG:
                self.server.owner.faults.released.wait()
            _cut(self.connection)
            self.close_connection = True
        return True

    def _refuse(self, refusal: Refused) -> None:
        error = {
            "message": f"(#{refusal.code}) {refusal.details}",
            "type": "OAuthException",
            "code": refusal.code,
            "error_data": {"messaging_product": "whatsapp", "details": refusal.details},
            "fbtrace_id": "simulated",
        }
        self._reply(refusal.status, "application/json", json.dumps({"error": error}))

    def _reply(self, status: int, kind: str, text: str | bytes) -> None:
        content = text.encode() if isinstance(text, str) else text
        is_text = kind.startswith("text/") or kind == "application/json"
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if is_text else kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
