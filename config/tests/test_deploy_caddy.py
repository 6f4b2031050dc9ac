"""The real Caddy with our configuration, TLS and all, in front of two real web processes."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.tests.conftest import local_folder
from config.tests.processes import PROGRAMS, ROOT, answers, free_port, running, wait_until

NAME = "pay.example.com"
ECHO = '''
import json
def application(environ, start_response):
    """Says what Django would be told."""
    while environ["wsgi.input"].read(65536):
        pass
    kept = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(kept).encode()]
'''


@dataclass(frozen=True)
class Front:
    """Caddy, and what stands behind it."""

    port: int
    plain_port: int
    authority: Path  # the certificate of Caddy's own authority

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | Iterable[bytes] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Over TLS, by its public name, with its certificate checked."""
        context = ssl.create_default_context(cafile=str(self.authority))
        connection = http.client.HTTPSConnection(NAME, self.port, context=context, timeout=20)
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=20), server_hostname=NAME)
        try:
            connection.request(method, path, body=body, headers={"Host": NAME, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


def programs() -> list[str]:
    """The Caddy of the wheel, and the one that is installed, which may be years older."""
    return list(dict.fromkeys(filter(None, [str(PROGRAMS / "caddy"), shutil.which("caddy", path="/usr/bin:/usr/local/bin")])))


@pytest.fixture(scope="module", params=programs(), ids=lambda path: "installed" if path.startswith("/usr") else "wheel")
def caddy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def in_front_of(caddy: str, ports: list[int], folder: Path, open_doors: ExitStack, **changes: str) -> Front:
    """Our site, as it is deployed; only ports, storage and the certificate's authority are this test's."""
    port, plain_port = free_port(), free_port()
    own = ["admin off", "skip_install_trust", "local_certs", f"https_port {port}", f"http_port {plain_port}"]
    options = "\n ".join([*own, f"storage file_system {folder}/store"])
    (folder / "Caddyfile").write_text(f"{{\n {options}\n}}\nimport {ROOT}/deploy/caddy/paydesk.caddy\n")
    environment = {
        "SITE_HOST": NAME,
        "WEB_PROCESSES": " ".join(f"127.0.0.1:{each}" for each in ports),
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        **changes,
    }
    command = [caddy, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    open_doors.enter_context(running(command, environment, folder / "caddy.log"))
    authority = folder / "store" / "pki" / "authorities" / "local" / "root.crt"
    front = Front(port, plain_port, authority)
    wait_until(lambda: has_its_certificate(front), or_show=folder / "caddy.log")
    return front


def has_its_certificate(front: Front) -> bool:
    try:
        return front.ask("/nothing")[0] == 404
    except OSError:  # not there yet, or still making one
        return False


@pytest.fixture(scope="module")
def echoed(caddy: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Caddy in front of the web server of production, which says what it was told."""
    folder = tmp_path_factory.mktemp("echoed")
    (folder / "echo.py").write_text(ECHO)
    port = free_port()
    command = [
        str(PROGRAMS / "granian"),
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--working-dir",
        str(folder),
        "echo:application",
    ]
    with ExitStack() as open_doors:
        open_doors.enter_context(running(command, {}, folder / "echo.log"))
        wait_until(lambda: answers(port), or_show=folder / "echo.log")
        yield in_front_of(caddy, [port], folder, open_doors, STAFF_ADDRESSES="127.0.0.0/8")


def told(front: Front, headers: dict[str, str]) -> dict[str, Any]:
    status, _, body = front.ask("/crm-api/echo/", headers=headers)
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


LIES = {
    "X-Forwarded-For": "198.51.100.66",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example.com",
    "X_Forwarded_For": "198.51.100.66",
    "X_Forwarded_Proto": "http",
    "X_Forwarded_Host": "evil.example.com",
    "Forwarded": "for=198.51.100.66;proto=http;host=evil.example.com",
}


@pytest.mark.parametrize(
    "lies", [LIES, {}, *({name: value} for name, value in LIES.items())], ids=lambda lies: "+".join(lies) or "none"
)
def test_what_a_client_says_about_itself_is_not_believed(echoed: Front, lies: dict[str, str]) -> None:
    said = told(echoed, lies)
    assert (said["HTTP_X_FORWARDED_FOR"], said["HTTP_X_FORWARDED_PROTO"]) == ("127.0.0.1", "https")
    assert said["HTTP_X_FORWARDED_HOST"].partition(":")[0] == NAME
    assert "HTTP_FORWARDED" not in said
    assert "evil" not in json.dumps(said)


@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/healthz", "/", "/.env", "/crm-api/../metrics", "/crm-api/%2e%2e/metrics", "//metrics"]
)
def test_what_is_not_for_the_world_is_not_there(echoed: Front, path: str) -> None:
    status, _, body = echoed.ask(path)
    assert status == 404
    assert b"wsgi" not in body


@pytest.mark.parametrize("path", ["/crm-api/paynow/ipn/", "/static/a.css", "/admin/", "/admin"])
def test_what_is_for_the_world_is_there(echoed: Front, path: str) -> None:
    assert echoed.ask(path)[0] == 200


@pytest.mark.parametrize(
    ("path", "megabytes", "is_taken"), [("/crm-api/x/", 3, True), ("/crm-api/x/", 5, False), ("/admin/x/", 5, True)]
)
@pytest.mark.parametrize("in_pieces", [False, True], ids=["with its length", "in pieces"])
def test_a_body_above_the_limit_is_refused(
    echoed: Front, caddy: str, path: str, megabytes: int, is_taken: bool, in_pieces: bool
) -> None:
    # A Caddy older than 2.7 blames the web process for a refusal in pieces: docs/operations.md asks for a newer one.
    wait_until(lambda: echoed.ask("/crm-api/x/")[0] == 200)
    pieces = [b"x" * 100_000] * (megabytes * 10)
    try:
        status = echoed.ask(path, method="POST", body=iter(pieces) if in_pieces else b"".join(pieces))[0]
    except OSError:  # it may close the line while we still send
        status = 413
    refusals = (413, 502, 503) if in_pieces and caddy.startswith("/usr") else (413,)
    assert status in ((200,) if is_taken else refusals)


def test_who_sends_too_much_takes_the_web_process_from_nobody(echoed: Front) -> None:
    with suppress(OSError):
        assert echoed.ask("/crm-api/x/", method="POST", body=b"x" * 5_000_000)[0] == 413
    assert echoed.ask("/crm-api/x/")[0] == 200


def test_every_answer_tells_browsers_to_stay_with_tls(echoed: Front) -> None:
    for path in ("/crm-api/x/", "/nothing"):
        assert echoed.ask(path)[1]["strict-transport-security"].startswith("max-age=31536000")
        assert "granian" not in echoed.ask(path)[1].get("server", "").lower()


def test_who_comes_without_tls_is_sent_to_it(echoed: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", echoed.plain_port, timeout=20)
    connection.request("GET", "/admin/", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location", "").partition(":")[0]) == (308, "https")


def test_staff_may_be_let_in_from_named_addresses_only(caddy: str, tmp_path: Path) -> None:
    with ExitStack() as open_doors:
        front = in_front_of(caddy, [free_port()], tmp_path, open_doors, STAFF_ADDRESSES="203.0.113.0/24")
        assert front.ask("/admin/")[0] == 404
        assert front.ask("/crm-api/x/")[0] in (502, 503)  # there is nobody behind it, but it was let through


def test_one_web_process_may_be_killed_and_customers_do_not_notice(caddy: str, tmp_path: Path) -> None:
    """And it is used again when it is back. Every request here is one that Caddy may send again."""
    ports = [free_port(), free_port()]
    with local_folder(tmp_path) as local_dir, ExitStack() as open_doors:
        environment = {"LOCAL_DIR": str(local_dir), "DATABASE_URL": "", "REDIS_URL": "", **production()}
        webs = [open_doors.enter_context(web(port, environment, tmp_path)) for port in ports]
        for port in ports:
            wait_until(lambda port=port: answers(port), or_show=tmp_path / f"web-{port}.log")  # type: ignore[misc]
        front = in_front_of(caddy, ports, tmp_path, open_doors)
        statuses: Counter[int] = Counter()
        stop = threading.Event()
        asking = threading.Thread(target=keep_asking, args=(front, statuses, stop))
        asking.start()
        open_doors.callback(stop.set)
        wait_until(lambda: statuses.total() > 20)
        os.killpg(webs[0].pid, 9)
        wait_for_more(statuses)
        open_doors.enter_context(web(ports[0], environment, tmp_path))
        wait_until(lambda: answers(ports[0]))
        os.killpg(webs[1].pid, 9)
        wait_for_more(statuses)
        stop.set()
        asking.join()
        assert set(statuses) - {429} == {200}  # an address that asks so often is told to wait, by a web process that lives


def wait_for_more(statuses: Counter[int]) -> None:
    before = statuses.total()
    wait_until(lambda: statuses.total() > before + 40)


def keep_asking(front: Front, statuses: Counter[int], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            statuses[front.ask("/crm-api/schema/")[0]] += 1
        except (OSError, http.client.HTTPException):
            statuses[0] += 1


def web(port: int, environment: dict[str, str], folder: Path) -> Any:
    command = [str(PROGRAMS / "granian"), "--interface", "wsgi", "--port", str(port), "--no-ws", "config.wsgi:application"]
    return running(command, environment, folder / f"web-{port}.log")


def production() -> dict[str, str]:
    secrets = {"SECRET_KEY": "s" * 50, "FIELD_ENCRYPTION_KEYS": "f" * 40, "WHATSAPP_APP_SECRET": "w" * 32}
    return {"DEBUG": "0", "SITE_URL": f"https://{NAME}", "ALLOWED_HOSTS": NAME, "TRUSTED_PROXIES": "1", **secrets}


def test_the_configuration_that_is_deployed_is_valid(caddy: str) -> None:
    """With its own first block, which the tests above replace."""
    environment = os.environ | {"SITE_HOST": NAME, "WEB_PROCESSES": "127.0.0.1:8001 127.0.0.1:8002"}
    command = [caddy, "validate", "--config", "Caddyfile", "--adapter", "caddyfile"]
    done = subprocess.run(command, cwd=ROOT / "deploy" / "caddy", env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
