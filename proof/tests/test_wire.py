"""The driver's own HTTP and its sealed forms."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from flows.crypto import is_signed, open_request, seal_response
from proof.wire import Http, Reply, Seal


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/cut":
            self.close_connection = True
            return
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Set-Cookie", "one=1; Path=/")
        self.send_header("Set-Cookie", "two=2; HttpOnly")
        if self.path == "/pieces":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def door() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def calls(*urls: str) -> tuple[Http, list[Reply]]:
    async def one_after_the_other() -> tuple[Http, list[Reply]]:
        http = Http()
        replies = [await http.call(url, body=b"hello") for url in urls]
        http.close()
        return http, replies

    return asyncio.run(one_after_the_other())


def test_answers_are_read_whole_in_one_piece_or_in_several(door: str) -> None:
    _, (plain, pieces) = calls(f"{door}/", f"{door}/pieces")
    assert (plain.status, plain.body, pieces.body) == (200, b"hello", b"abcde")
    assert plain.headers["set-cookie"] == "one=1; two=2"


def test_no_answer_is_a_status_of_nothing_and_the_next_call_has_a_connection_of_its_own(door: str) -> None:
    http, replies = calls(f"{door}/cut", f"{door}/", "http://127.0.0.1:9/")
    assert [reply.status for reply in replies] == [0, 200, 0]
    assert http.answers == {0: 2, 200: 1}


def test_what_was_answered_5xx_is_remembered(door: str) -> None:
    http, _ = calls(f"{door}/broken")
    assert [(status, path) for _, status, path in http.failures] == [(503, "/broken")]


def test_what_the_driver_seals_our_endpoint_opens_and_the_other_way_round() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    seal = Seal(key.public_key(), "secret")
    for number in range(2):
        body, headers, iv = seal.close({"number": number})
        assert is_signed(body, headers["X-Hub-Signature-256"], ["secret"])
        opened = open_request(body, [key])
        assert opened.payload == {"number": number}
        assert seal.open(seal_response(json.loads('{"screen": "PAYMENT"}'), opened).encode(), iv) == {"screen": "PAYMENT"}
