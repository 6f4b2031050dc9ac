"""A server in the place of our app, for the tests of the simulator: it takes webhooks, and answers Flows as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flows.crypto import is_signed, open_request, seal_response
from flows.definitions.payment_whatsapp_flow import PAYMENT_WHATSAPP_FLOW
from flows.tests.vectors import vector_key

SECRET = "an app secret"
KEY = vector_key()
_SCREENS = {screen["id"]: screen for screen in PAYMENT_WHATSAPP_FLOW["screens"]}

Json = dict[str, Any]


def screen(name: str, **replaced: Any) -> Json:
    """A reply that shows this screen of the payment Flow with its example data."""
    examples = {key: declared["__example__"] for key, declared in _SCREENS[name]["data"].items()}
    return {"screen": name, "data": examples | replaced}


def success(token: str, **params: Any) -> Json:
    return {"screen": "SUCCESS", "data": {"extension_message_response": {"params": {"flow_token": token} | params}}}


class AppServer:
    """`updates` as they came and were genuine; `answers` are HTTP statuses to give first, then 200. `replies` to Flow requests."""

    def __init__(self) -> None:
        self.updates: list[Json] = []
        self.forged = 0
        self.answers: list[int] = []
        self.replies: list[Json | int] = []
        self.asked: list[Json] = []
        self.came = threading.Condition()
        self.on_message: Callable[[Json], None] = lambda message: None
        """Called for each message of a customer before the webhook is answered."""
        self.url = ""

    @property
    def messages(self) -> list[Json]:
        return [message for value in self.values for message in value.get("messages", [])]

    @property
    def statuses(self) -> list[Json]:
        return [status for value in self.values for status in value.get("statuses", [])]

    @property
    def values(self) -> list[Json]:
        return [change["value"] for update in self.updates for entry in update["entry"] for change in entry["changes"]]

    def take_webhook(self, body: bytes, signature: str) -> int:
        with self.came:
            if not is_signed(body, signature, [SECRET]):
                self.forged += 1
                return 401
            self.updates.append(json.loads(body))
            self.came.notify_all()
        for entry in json.loads(body)["entry"]:
            for message in entry["changes"][0]["value"].get("messages", []):
                self.on_message(message)
        with self.came:
            return self.answers.pop(0) if self.answers else 200

    def answer_flow(self, body: bytes, signature: str) -> tuple[int, bytes]:
        if not is_signed(body, signature, [SECRET]):
            return 432, b""
        request = open_request(body, [KEY])
        self.asked.append(request.payload)
        if "error" in request.payload.get("data", {}):
            return 200, seal_response({"data": {"acknowledged": True}}, request).encode()
        reply = self.replies.pop(0)
        if reply == 427:
            return 427, seal_response({"error_msg": "This booking is paid."}, request).encode()
        assert isinstance(reply, dict)
        return 200, seal_response(reply, request).encode()


@contextmanager
def app_server() -> Iterator[AppServer]:
    """One that listens on this machine."""
    app = AppServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signature = str(self.headers["X-Hub-Signature-256"])
            if self.path == "/crm-api/whatsapp/webhook/":
                status, answer = app.take_webhook(body, signature), b""
            else:
                status, answer = app.answer_flow(body, signature)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        app.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield app
        finally:
            server.shutdown()
