"""A house for a drill: a database of its own, Redis, Paynow's simulator, and our processes from any checkout of the code."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.tests.processes import PROGRAMS, ROOT, answers, free_port, running, wait_until
from config.tests.redis_server import redis_program

HOST = "127.0.0.1"
PAYNOW_ID, PAYNOW_KEY = "1201", "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"
"""The published example of Paynow's documentation, which the simulator knows; in test mode, so its test numbers work."""


@dataclass(frozen=True)
class House:
    """Where everything of one drill is. The code may be any checkout: `with_code` gives the same house with another."""

    folder: Path
    database_url: str
    redis_url: str
    paynow_port: int
    web_port: int
    code: Path = ROOT
    secret: dict[str, str] = field(default_factory=dict, repr=False)

    def with_code(self, code: Path) -> "House":
        return replace(self, code=code)

    def with_database(self, database_url: str) -> "House":
        return replace(self, database_url=database_url)

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web_port}"

    @property
    def paynow_url(self) -> str:
        return f"http://{HOST}:{self.paynow_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Production's settings, with secrets of this drill alone."""
        return {
            **self.secret,
            "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOCAL_DIR": str(self.folder / "local"),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SITE_URL": self.web_url,
            "ALLOWED_HOSTS": HOST,
            "PAYNOW_BASE_URL": self.paynow_url,
            "PAYNOW_INTEGRATION_ID": PAYNOW_ID,
            "PAYNOW_INTEGRATION_KEY": PAYNOW_KEY,
            "PAYNOW_TEST_EMAIL": "merchant@example.com",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def manage(self, *arguments: str, **changes: str) -> str:
        """What a command said. Raises CalledProcessError, with what it said, when it failed."""
        command = [sys.executable, "manage.py", *arguments]
        environment = os.environ | self.environment | changes
        done = subprocess.run(command, cwd=self.code, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CommandFailed(
                f"{' '.join(arguments)[:80]} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "--verbosity", "0", "-c", code).strip()

    @contextmanager
    def paynow(self) -> Iterator[None]:
        command = [sys.executable, "-m", "paynow_integration.simulator", "--port", str(self.paynow_port)]
        manners = ["--by-hand", "--resend-seconds", "2"]
        with running([*command, *manners], {"DEBUG": "1"}, self.folder / "paynow.log"):
            wait_until(lambda: answers(self.paynow_port), or_show=self.folder / "paynow.log")
            yield

    @contextmanager
    def web(self, port: int | None = None, name: str = "web") -> Iterator[Popen[bytes]]:
        """One web process, as the unit starts it, from when it answers."""
        port = port or self.web_port
        with self._process(name, _unit_command("paydesk-web@", port)) as process:
            wait_until(lambda: answers(port) or process.poll() is not None, or_show=self.folder / f"{name}.log")
            yield process

    @contextmanager
    def worker(self, name: str = "worker") -> Iterator[Popen[bytes]]:
        with self._process(name, _unit_command("paydesk-worker@", name)) as process:
            yield process

    @contextmanager
    def clock(self, name: str = "clock") -> Iterator[Popen[bytes]]:
        schedule = self.folder / f"{name}-schedule"
        command = [part.replace("/var/lib/paydesk/clock-schedule", str(schedule)) for part in _unit_command("paydesk-clock", "")]
        with self._process(name, command) as process:
            yield process

    @contextmanager
    def everyone(self, suffix: str = "") -> Iterator[None]:
        """One web process, one worker, one clock."""
        with ExitStack() as open_doors:
            open_doors.enter_context(self.web(name=f"web{suffix}"))
            open_doors.enter_context(self.worker(f"worker{suffix}"))
            open_doors.enter_context(self.clock(f"clock{suffix}"))
            yield

    @contextmanager
    def _process(self, name: str, command: Sequence[str]) -> Iterator[Popen[bytes]]:
        # From the folder of the code, as systemd starts it: `running` itself starts everything from this checkout.
        into = f'cd "{self.code}" && exec "$@"'
        with running(["/bin/sh", "-c", into, "sh", *command], self.environment, self.folder / f"{name}.log") as process:
            yield process


class CommandFailed(Exception):
    """A command of ours ended badly; the sentence repeats what it said."""


@contextmanager
def new_house(folder: Path, server_url: str, redis_url: str = "") -> Iterator[House]:
    """A house with an empty, migrated database on the server of `server_url`; gone afterwards."""
    secret = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "WHATSAPP_APP_SECRET")}
    with ExitStack() as open_doors:
        database_url = open_doors.enter_context(new_database(server_url))
        redis_url = redis_url or open_doors.enter_context(_redis(folder))
        yield House(folder, database_url, redis_url, free_port(), free_port(), secret=secret)


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """The address of an empty database on that server; dropped afterwards."""
    name = f"drill_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        yield url_of(server_url, name)
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:  # another one: a drill may have killed the server meanwhile
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def url_of(server_url: str, name: str) -> str:
    """The same server, another database; as a URL, which Django's settings and PostgreSQL's programs both read."""
    parts = conninfo_to_dict(make_conninfo(server_url))
    login = f"{parts.get('user', 'paydesk')}:{parts['password']}" if parts.get("password") else str(parts.get("user", "paydesk"))
    host = str(parts.get("host", HOST)).replace("/", "%2F")
    return f"postgresql://{login}@{host}:{parts.get('port', 5432)}/{name}"


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [redis_program(), "--port", str(port), "--bind", HOST, "--save", "", "--dir", str(folder)]
    with running(command, {}, folder / "redis.log"):
        wait_until(lambda: answers(port), or_show=folder / "redis.log")
        yield f"redis://{HOST}:{port}/0"


def _unit_command(unit: str, instance: object) -> list[str]:
    """What the unit's ExecStart says, with this machine's programs."""
    lines = (ROOT / "deploy" / "systemd" / f"{unit}.service").read_text().splitlines()
    command = next(line.partition("=")[2] for line in lines if line.startswith("ExecStart="))
    return command.replace("/srv/paydesk/.venv/bin", str(PROGRAMS)).replace("%i", str(instance)).replace("%H", "drill").split()


def call(url: str, body: object = None, *, timeout_seconds: float = 15, **headers: str) -> tuple[int, Any]:
    """The status and the JSON of an answer; a POST when there is a body. Raises OSError when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers={"Content-Type": "application/json", **headers})  # noqa: S310 - our own addresses
    try:
        with urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except HTTPError as answer:
        return answer.code, json.loads(answer.read() or b"null") if "json" in answer.headers.get("Content-Type", "") else None
