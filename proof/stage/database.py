"""A PostgreSQL of the stage's own: the embedded wheel's programs, on a port, with a password, and with fsync on.

The first stage after a change of the code makes a database ready and keeps it under `.local/proof`; later ones start from a copy.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from config import embedded_guard, embedded_place
from config.embedded import DATABASE, DATABASE_USER
from proof.stage.programs import Program, Programs

ROOT = Path(__file__).resolve().parents[2]
READY = ROOT / ".local" / "proof"
START_SECONDS = 60.0
PARTS = ("config", "customer_data", "desk", "flows", "offline_payments", "paynow_integration")
AFTER_MIGRATIONS = ("config/recorded.py", "customer_data/recording.py", "desk/roles.py")
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "log_min_messages": "warning",
    "shared_buffers": "128MB",
}


class Postgres:
    """One server with its data below `folder`; its processes belong to `programs`."""

    NAME = "postgres"

    def __init__(self, folder: Path, programs: Programs, *, port: int, log: Path) -> None:
        self._folder, self._programs, self._port, self._log = folder, programs, port, log
        self._password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        return f"postgresql://{DATABASE_USER}:{self._password}@127.0.0.1:{self._port}/{DATABASE}"

    def start(self) -> None:
        """Starts it on a copy of a database that is ready for our code, made first where there is none."""
        copy_ready_data(self._folder)
        self._run()
        with self._through_the_socket() as connection:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(DATABASE_USER), self._password))

    def restart(self, *, immediate: bool) -> None:
        """`immediate`: as a power cut, without a last checkpoint; it then replays its log. Else as an administrator does."""
        self._programs.stop(self.NAME, with_signal=signal.SIGQUIT if immediate else signal.SIGINT)
        self._run()

    def execute(self, statement: str) -> None:
        with self._through_the_socket() as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        """Its data; they lie elsewhere when the server's user cannot reach this folder."""
        remove_data(self._folder)

    def _run(self) -> None:
        data = embedded_place.data_dir(self._folder)
        with suppress(FileNotFoundError):
            (data / "postmaster.pid").unlink()  # of a server that was killed, or of the copy
        settings = SETTINGS | {"listen_addresses": "127.0.0.1", "port": str(self._port)}
        self._programs.start(server(data, settings, name=self.NAME, log=self._log))
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self._through_the_socket():
                    return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self.NAME not in self._programs.process_ids():
                    raise RuntimeError(f"PostgreSQL does not start: {error} See {self._log}.") from None
                time.sleep(0.05)

    @contextmanager
    def _through_the_socket(self) -> Iterator[psycopg.Connection]:
        data = embedded_place.data_dir(self._folder)
        with connected(data, self._port) as connection:
            yield connection


def server(data: Path, settings: Mapping[str, str], *, name: str, log: Path) -> Program:
    """The postmaster as one of our programs, running as the owner of its data."""
    as_owner = embedded_guard.as_owner_of(data)
    options = {**settings, "unix_socket_directories": str(embedded_place.socket_dir(data)), "unix_socket_permissions": "0700"}
    command = [str(embedded_place.programs_dir(data.stat().st_uid) / "postgres"), "-D", str(data)]
    return Program(
        name=name,
        kind="postgres",
        command=[*command, *(f"--{option}={value}" for option, value in options.items())],
        environment=as_owner["env"],
        folder=Path("/"),
        log=log,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGQUIT,
        owner=f"{as_owner.get('user', '')}:{as_owner.get('group', '')}",
    )


@contextmanager
def connected(data: Path, port: int, database: str = DATABASE) -> Iterator[psycopg.Connection]:
    host = str(embedded_place.socket_dir(data))
    with psycopg.connect(
        host=host, port=port, user=DATABASE_USER, dbname=database, autocommit=True, connect_timeout=3
    ) as connection:
        yield connection


# --- A database that is ready ---------------------------------------------------------------------
def copy_ready_data(folder: Path) -> None:
    """Puts a migrated database below `folder`, as `embedded_place` would lay it."""
    READY.mkdir(parents=True, exist_ok=True)
    with (READY / "ready.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        ready = _ready_data()
        draft = embedded_place.new_data_dir(folder)
        subprocess.run(["cp", "-a", f"{ready}/.", str(draft)], check=True)  # noqa: S603, S607
    embedded_place.settle(draft, folder)


def remove_data(folder: Path) -> None:
    data = embedded_place.data_dir(folder)
    socket_dir = embedded_place.socket_dir(data) if data.exists() else data
    for path in (data, socket_dir):
        shutil.rmtree(path, ignore_errors=True)
    with suppress(FileNotFoundError, IsADirectoryError):
        (folder / "postgres").unlink()
    if data.parent.parent == embedded_place.SYSTEM_DIR:
        shutil.rmtree(data.parent, ignore_errors=True)


def _ready_data() -> Path:
    """Of these very migrations: what they say is in its name. The caller holds the lock."""
    folder = READY / f"ready-{_fingerprint()}"
    if not (folder / "postgres").exists():
        for old in READY.glob("ready-*"):
            remove_data(old)
            shutil.rmtree(old, ignore_errors=True)
        _make_ready(folder)
    return embedded_place.data_dir(folder)


def _make_ready(folder: Path) -> None:
    draft = folder.with_name(f"draft-{os.getpid()}")
    draft.mkdir()
    environment = {
        "DEBUG": "1",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "LOCAL_DIR": str(draft),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment)  # noqa: S603
    _require_password_of_guests(embedded_place.data_dir(draft))
    folder.mkdir()
    inside = draft / "postgres"
    (folder / "postgres").symlink_to(inside.resolve()) if inside.is_symlink() else inside.rename(folder / "postgres")
    shutil.rmtree(draft)


def _require_password_of_guests(data: Path) -> None:
    """The socket is the owner's and trusts him; who comes over the network needs the password of the run."""
    rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (data / "pg_hba.conf").write_text(rules)


def _fingerprint() -> str:
    """Of all that decides what a migrated database is: the migrations, and what is put in place after them."""
    found = hashlib.sha256()
    migrations = [path for part in PARTS for path in (ROOT / part).glob("migrations/*.py")]
    for path in (*sorted(migrations), *(ROOT / each for each in AFTER_MIGRATIONS)):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
