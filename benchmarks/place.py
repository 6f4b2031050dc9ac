"""Where the benchmarks run: a database, a queue and keys of their own under `.local/bench`, production settings, loopback only."""

import base64
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local" / "bench"
PROGRAMS = Path(sys.executable).parent
HOST = "127.0.0.1"
PEERS = LOCAL / "peer"

# The published example key of Paynow's documentation, which the simulator knows.
PAYNOW_ID = "1201"
PAYNOW_KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"


def environment() -> dict[str, str]:
    """Production settings with secrets that are thrown away afterwards."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "DEBUG": "0",
        "LOCAL_DIR": str(LOCAL),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SITE_URL": f"http://{HOST}:8899",
        "ALLOWED_HOSTS": HOST,
        "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
        "BUSINESS_NAME": "Example Safaris",
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_FLOW_PRIVATE_KEY": base64.b64encode(pem).decode(),
        "PAYNOW_POLLS_PER_MINUTE": "1000000",
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    with socket.socket() as door:
        door.bind((HOST, 0))
        return int(door.getsockname()[1])


@contextmanager
def program(command: Sequence[str | Path], *, url: str = "", cwd: str = str(ROOT), **changes: str) -> Iterator[int]:
    """One process, from when it answers at `url` until the block ends. Gives its id."""
    process = subprocess.Popen(  # noqa: S603
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | changes,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if url:
            _wait_for(url, process)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"make bench: {process.args!r} ended by itself with code {process.returncode}.")
        try:
            urlopen(url, timeout=2).close()  # noqa: S310
        except URLError as error:
            if hasattr(error, "code"):
                return
            time.sleep(0.1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"make bench: nothing answers at {url}.")


def web(port: int, **changes: str) -> AbstractContextManager[int]:
    """One web process of ours."""
    command: list[str | Path] = [PROGRAMS / "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "1"]
    threads = [
        "--blocking-threads",
        os.environ.get("BENCH_THREADS", "4"),
        "--backpressure",
        "64",
        "--no-ws",
        "--log-level",
        "error",
    ]
    return program([*command, *threads, "config.wsgi:application"], url=f"http://{HOST}:{port}/healthz", **changes)


def worker(**changes: str) -> AbstractContextManager[int]:
    command: list[str | Path] = [
        PROGRAMS / "celery",
        "--quiet",
        "--app",
        "config",
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "4",
    ]
    return program([*command, "--without-heartbeat"], **changes)
