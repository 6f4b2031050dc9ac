"""Never sent, or sent and unanswered: every failure of a real socket is sorted into one of the two."""

import os
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from customer_data.gateway import GatewayUnavailable, OutcomeUnknown
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.tests.merchant import raw_server, read_request
from paynow_integration.transport import LONGEST_REPLY, Limits, new_session, post

LIMITS = Limits(connect_seconds=2, read_seconds=0.5)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstatus=Ok"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as session:
        yield session


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    return script


def resetting(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def closing_after_one_answer(connection: socket.socket) -> None:
    """Answers, lets the connection be pooled, takes the next request and dies on it."""
    read_request(connection)
    connection.sendall(GOOD)
    read_request(connection)


# --- Certainly not sent ---------------------------------------------------------------------------
def test_a_refused_connection_was_not_sent(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(GatewayUnavailable):
        post(session, f"http://127.0.0.1:{port}/", b"", limits=LIMITS)


def test_a_name_that_does_not_exist_was_not_sent(session: requests.Session) -> None:
    with pytest.raises(GatewayUnavailable):
        post(session, "http://paynow.invalid/", b"", limits=LIMITS)


def test_a_name_that_cannot_exist_was_not_sent(session: requests.Session) -> None:
    with pytest.raises((GatewayUnavailable, OutcomeUnknown)):
        post(session, f"http://{'x' * 70}.invalid/", b"", limits=LIMITS)


def test_a_connection_that_is_never_accepted_was_not_sent(session: requests.Session) -> None:
    with ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):  # more than the queue holds: further connections hang in mid-air
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(full.getsockname())
        with pytest.raises(GatewayUnavailable, match="Timeout"):
            post(session, f"http://127.0.0.1:{full.getsockname()[1]}/", b"", limits=Limits(0.2, 5))


def test_a_server_without_tls_was_not_sent_anything_readable(session: requests.Session) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with raw_server(plain) as port, pytest.raises(GatewayUnavailable):
        post(session, f"https://127.0.0.1:{port}/", b"", limits=LIMITS)


def test_a_server_that_hangs_up_during_the_handshake_was_not_sent_anything(session: requests.Session) -> None:
    with raw_server(lambda connection: None) as port, pytest.raises(GatewayUnavailable):
        post(session, f"https://127.0.0.1:{port}/", b"", limits=LIMITS)


def test_a_stranger_with_another_certificate_was_not_sent_anything(session: requests.Session, tls: ssl.SSLContext) -> None:
    def handshake(connection: socket.socket) -> None:
        with suppress(ssl.SSLError):
            tls.wrap_socket(connection, server_side=True).close()

    with raw_server(handshake) as port, pytest.raises(GatewayUnavailable):
        post(session, f"https://localhost:{port}/", b"", limits=LIMITS)


def test_what_was_never_sent_is_tried_as_often_as_allowed(session: requests.Session) -> None:
    with raw_server(lambda connection: None, answering(GOOD)) as port, pytest.raises(GatewayUnavailable):
        post(session, f"https://127.0.0.1:{port}/", b"", limits=Limits(2, 0.5, tries=1))
    with raw_server(lambda connection: None, lambda connection: None) as port, pytest.raises(GatewayUnavailable):
        post(session, f"https://127.0.0.1:{port}/", b"", limits=Limits(2, 0.5, tries=2))


# --- Sent, and no readable answer -----------------------------------------------------------------
@pytest.mark.parametrize(
    "script",
    [
        silent,
        resetting,
        answering(b""),
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nstatus=Ok"),
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstat"),
        answering(b"garbage\r\n\r\n"),
        answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nstatus=Ok"),
        answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nstatus=Ok"),
        answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (LONGEST_REPLY + 1)),
    ],
    ids=["silent", "reset", "closed", "cut", "cut chunk", "garbage", "500", "redirect", "not gzip", "too long"],
)
def test_once_connected_everything_else_is_unknown(session: requests.Session, script: Callable[[socket.socket], None]) -> None:
    with raw_server(script) as port, pytest.raises(OutcomeUnknown):
        post(session, f"http://127.0.0.1:{port}/", b"status=Message", limits=Limits(2, 0.5, tries=2))


def test_a_pooled_connection_that_dies_under_a_request_is_unknown(session: requests.Session) -> None:
    with raw_server(closing_after_one_answer, answering(GOOD)) as port:
        url = f"http://127.0.0.1:{port}/"
        assert post(session, url, b"first=1", limits=LIMITS) == b"status=Ok"
        with pytest.raises(OutcomeUnknown):
            post(session, url, b"second=2", limits=Limits(2, 0.5, tries=2))


def test_tls_that_breaks_after_the_request_is_unknown(session: requests.Session, tls: ssl.SSLContext, certificate: Path) -> None:
    def script(connection: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            os.write(secure.fileno(), b"\x17\x03\x03\x00\x10" + b"x" * 16)  # a record nobody can decrypt
            secure.recv(1)

    trust(session, certificate)
    with raw_server(script) as port, pytest.raises(OutcomeUnknown):
        post(session, f"https://localhost:{port}/", b"status=Message", limits=LIMITS)


def test_an_answer_a_byte_at_a_time_ends_at_the_deadline(session: requests.Session, simulator: PaynowSimulator) -> None:
    simulator.fault("drip", value="0.03")
    with pytest.raises(OutcomeUnknown, match="too long"):
        post(session, f"{simulator.url}/interface/trace", b"id=1", limits=Limits(0.1, 0.1))


# --- The good case --------------------------------------------------------------------------------
def test_a_certificate_we_trust_is_answered(session: requests.Session, tls: ssl.SSLContext, certificate: Path) -> None:
    def script(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            secure.sendall(GOOD)

    trust(session, certificate)
    with raw_server(script) as port:
        assert post(session, f"https://localhost:{port}/", b"", limits=LIMITS) == b"status=Ok"


def test_one_connection_serves_many_requests(session: requests.Session) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        for _ in range(3):
            seen.append(read_request(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\nstatus=Ok")

    with raw_server(script) as port:
        for _ in range(3):
            assert post(session, f"http://127.0.0.1:{port}/", b"", limits=LIMITS) == b"status=Ok"
    assert len(seen) == 3
    assert not any(b"cookie" in request.lower() for request in seen)


FORKING = """
import os
from paynow_integration.transport import shared_session
mine = shared_session()
assert shared_session() is mine
child = os.fork()
if child == 0:
    os._exit(0 if shared_session() is not mine else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_has_one_pool_and_its_child_another() -> None:
    command = [sys.executable, "-c", FORKING]  # apart from this process, whose threads a fork would break
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603  our own program
    assert finished.stdout.strip() == "0"


# --- A certificate for localhost ------------------------------------------------------------------
def trust(session: requests.Session, certificate: Path) -> None:
    session.trust_env = False  # else a bundle named in the environment would win
    session.verify = str(certificate)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(built.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
