"""The embedded PostgreSQL of one machine: the first process that needs it starts it, the last one stops it.

Every user of the server holds a shared lock on `.local/postgres.users`. Who can have that lock alone is the last, and stops the
server: each process tries at its end, and a guard (`embedded_guard.py`) waits for it, so that killed processes leave nothing.
"""

import atexit
import fcntl
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config import embedded_guard, embedded_place
from config.embedded_place import EmbeddedPostgresFailed

DATABASE = "paydesk"
DATABASE_USER = "paydesk"
START_SECONDS = 120  # a server that was killed first replays its log
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "200", "log_min_messages": "warning"}


@dataclass(frozen=True)
class Address:
    """Where to connect: a folder with a socket in it."""

    host: str
    user: str = DATABASE_USER
    port: int = 5432


@dataclass
class Membership:
    """This process's hold on the server below one folder."""

    local_dir: Path
    users: int  # descriptor of the users file, with a shared lock on it
    found: bool = False  # whether this process has seen the server ready
    guard: subprocess.Popen[bytes] | None = None


_memberships: dict[Path, Membership] = {}
_one_thread = threading.Lock()


def join(local_dir: Path) -> Address:
    """Counts this process among the users of the server below `local_dir` until it ends; starts the server if it is not running.

    The database `paydesk` exists once this returns. Raises EmbeddedPostgresFailed with a sentence.
    """
    with _one_thread:
        try:
            return _join(local_dir)
        except PermissionError as error:
            raise EmbeddedPostgresFailed(
                f"{error.filename or local_dir} belongs to another user. Run as that user, or remove {local_dir} to start afresh."
            ) from error


def leave(local_dir: Path) -> None:
    """Ends this process's use of the server below `local_dir` now, and stops it if nobody else uses it."""
    with _one_thread:
        if member := _memberships.pop(local_dir, None):
            _leave(member)


def leave_all() -> None:
    """Ends this process's use of every server it joined, and stops those that nobody else uses. Runs by itself at exit."""
    with _one_thread:
        while _memberships:
            _leave(_memberships.popitem()[1])


def _join(local_dir: Path) -> Address:
    member = _memberships.get(local_dir) or _new_membership(local_dir)
    if member.found and (address := _running(local_dir)):
        return address
    with (local_dir / "postgres.start").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # ten processes may start at once: one starts the server, the others wait and find it
        if not (address := _running(local_dir)):
            address = _start(member)
            _create_database(address)
    member.found = True
    return address


def _new_membership(local_dir: Path) -> Membership:
    local_dir.mkdir(parents=True, exist_ok=True)
    member = Membership(local_dir, _locked_users_file(local_dir))
    if not _memberships:
        atexit.register(leave_all)
    _memberships[local_dir] = member
    return member


def _locked_users_file(local_dir: Path) -> int:
    users = os.open(local_dir / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)  # waits while somebody is stopping the server
    return users


def _running(local_dir: Path) -> Address | None:
    """The address of the server if one answers there."""
    data = embedded_place.data_dir(local_dir)
    try:
        folder = (data / "postmaster.pid").read_text().splitlines()[4]
    except (FileNotFoundError, IndexError):
        return None
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(f"{folder}/{embedded_place.SOCKET_NAME}")
        except OSError:
            return None
    return Address(folder)


def _start(member: Membership) -> Address:
    data = embedded_place.data_dir(member.local_dir)
    if not data.exists():
        _create_cluster(member.local_dir)
        data = embedded_place.data_dir(member.local_dir)
    _require_same_version(data)
    programs = embedded_place.programs_dir(data.stat().st_uid)
    folder = embedded_place.socket_dir(data)
    _spawn_guard(member, programs, data)
    options = " ".join(
        shlex.quote(f"--{name}={value}") for name, value in {**SETTINGS, "unix_socket_directories": str(folder)}.items()
    )
    log = data / "server.log"
    _run(
        [
            programs / "pg_ctl",
            "start",
            "--wait",
            f"--timeout={START_SECONDS}",
            "--pgdata",
            data,
            "--log",
            log,
            "--options",
            options,
        ],
        data,
        f"See {log}.",
    )
    return Address(str(folder))


def _create_cluster(local_dir: Path) -> None:
    draft = embedded_place.new_data_dir(local_dir)
    programs = embedded_place.programs_dir(draft.stat().st_uid)
    identity = ["--username", DATABASE_USER, "--auth=trust"]  # the socket's folder is closed to everybody else
    language = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    _run([programs / "initdb", "--pgdata", draft, *identity, *language], draft, "")
    embedded_place.settle(draft, local_dir)


def _require_same_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != embedded_place.POSTGRES_VERSION:
        raise EmbeddedPostgresFailed(
            f"{data} was made by PostgreSQL {version} and this one is {embedded_place.POSTGRES_VERSION}. Move it away."
        )


def _spawn_guard(member: Membership, programs: Path, data: Path) -> None:
    arguments = [str(member.local_dir / "postgres.users"), str(programs / "pg_ctl"), str(data)]
    member.guard = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", embedded_guard.__file__, *arguments],
        cwd="/",
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _run(command: list[Path | str], data: Path, where_to_look: str) -> None:
    # A file, not a pipe: the server inherits it, and a pipe would stay open as long as the server runs.
    with tempfile.TemporaryFile("w+") as output:
        arguments = embedded_guard.as_owner_of(data)
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **arguments)  # noqa: S603
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()]
    if done.returncode:
        said = next(
            (line for line in lines if "error" in line.lower() or "fatal" in line.lower()), lines[-1] if lines else "nothing"
        )
        raise EmbeddedPostgresFailed(
            f"The embedded PostgreSQL does not start: {Path(command[0]).name} says: {said} {where_to_look}".rstrip()
        )


def _create_database(address: Address) -> None:
    with psycopg.connect(host=address.host, port=address.port, user=address.user, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _leave(member: Membership) -> None:
    data = embedded_place.data_dir(member.local_dir)
    if data.exists():
        pg_ctl = embedded_place.programs_dir(data.stat().st_uid) / "pg_ctl"
        stopped = embedded_guard.stop_if_unused(users=member.users, pg_ctl=pg_ctl, data_dir=data, wait=False)
        if stopped and member.guard:
            member.guard.wait(timeout=START_SECONDS)
    os.close(member.users)


def _join_again_after_fork() -> None:
    """A forked child would share its parent's lock, and the parent's end would look like its own: it takes one for itself."""
    global _one_thread  # noqa: PLW0603 - another thread may have held the parent's at the fork
    _one_thread = threading.Lock()
    for member in _memberships.values():
        os.close(member.users)
        member.users = _locked_users_file(member.local_dir)
        member.guard = None


os.register_at_fork(after_in_child=_join_again_after_fork)
