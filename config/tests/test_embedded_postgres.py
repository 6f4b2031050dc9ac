"""The embedded PostgreSQL with real processes: who starts it, who stops it, and where it can live."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded, embedded_place
from config.tests.conftest import local_folder
from config.tests.processes import ROOT, is_alive, wait_until

JOIN = """
import os, signal, sys
from pathlib import Path
import psycopg
from config import embedded
def connect():
    address = embedded.join(Path(sys.argv[1]))
    return psycopg.connect(host=address.host, port=address.port, user=address.user, dbname="paydesk", autocommit=True)
"""
SERVER_PID = 'connect(); print(open(Path(sys.argv[1]).resolve() / "postgres" / "postmaster.pid").readline().strip(), flush=True)'
UNTIL_TOLD = "sys.stdin.readline()"


def user_of(local_dir: Path, *script: str) -> subprocess.Popen[str]:
    """A process that runs this after `JOIN`."""
    command = [sys.executable, "-c", JOIN + "\n".join(script), str(local_dir)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603


def what(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def run_to_end(local_dir: Path, *script: str) -> str:
    process = user_of(local_dir, *script)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.strip()


def test_processes_that_start_at_once_share_one_server_and_the_last_one_stops_it(local_dir: Path) -> None:
    users = [user_of(local_dir, SERVER_PID, UNTIL_TOLD) for _ in range(5)]
    servers = {int(what(user)) for user in users}
    assert len(servers) == 1
    server = servers.pop()
    for user in users:
        assert is_alive(server)
        end(user)
    assert not is_alive(server)


def test_the_server_stops_when_its_users_are_killed(local_dir: Path) -> None:
    users = [user_of(local_dir, SERVER_PID, UNTIL_TOLD) for _ in range(2)]
    server = {int(what(user)) for user in users}.pop()
    for user in users:
        user.kill()
        user.communicate()
    wait_until(lambda: not is_alive(server))


def test_a_killed_guard_is_not_missed_because_the_next_user_stops_the_server(local_dir: Path) -> None:
    first = user_of(local_dir, SERVER_PID, "print(embedded._memberships[Path(sys.argv[1])].guard.pid, flush=True)", UNTIL_TOLD)
    server, guard = int(what(first)), int(what(first))
    os.kill(guard, signal.SIGKILL)
    first.kill()
    first.communicate()
    assert is_alive(server)
    assert int(run_to_end(local_dir, SERVER_PID)) == server
    assert not is_alive(server)


def test_data_is_kept_from_one_server_to_the_next(local_dir: Path) -> None:
    run_to_end(local_dir, "connect().execute('create table kept as select 42 as answer')")
    assert run_to_end(local_dir, "print(connect().execute('select answer from kept').fetchone()[0])") == "42"


def test_the_end_of_a_parent_does_not_stop_the_server_of_its_forked_child(local_dir: Path) -> None:
    child = """
connect()
if os.fork() == 0:
    sys.stdin.readline()
    print(connect().execute("select 'still here'").fetchone()[0], flush=True)
    os._exit(0)
print("parent ends", flush=True)
"""
    process = user_of(local_dir, child)
    assert what(process) == "parent ends"
    process.wait(timeout=60)
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()
    assert what(process) == "still here"
    wait_until(lambda: not (local_dir / "postgres" / "postmaster.pid").exists())
    process.communicate()


def test_a_folder_too_deep_for_a_socket_has_it_elsewhere_and_closed_to_others(local_dir: Path) -> None:
    deep = local_dir / ("d" * 60) / ("e" * 60) / "with a space, and 'quotes'"
    folder = Path(run_to_end(deep, "print(connect().info.host)"))
    assert len(os.fsencode(folder / embedded_place.SOCKET_NAME)) <= embedded_place.LONGEST_SOCKET_PATH
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if not folder.is_relative_to(deep):
        folder.rmdir()


@pytest.fixture
def closed_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that only its owner may enter, as under /root."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with local_folder(closed) as folder:
        closed.chmod(0o700)
        yield folder


def test_it_runs_in_a_folder_that_other_users_cannot_enter(closed_dir: Path) -> None:
    run_to_end(closed_dir, "connect().execute('create table kept as select 42 as answer')")
    assert run_to_end(closed_dir, "print(connect().execute('select answer from kept').fetchone()[0])") == "42"
    assert stat.S_IMODE(closed_dir.parent.stat().st_mode) == 0o700
    assert (closed_dir / "postgres").stat().st_uid != 0


def test_data_of_another_version_is_refused_with_a_sentence(local_dir: Path) -> None:
    run_to_end(local_dir, "connect()")
    (local_dir / "postgres" / "PG_VERSION").write_text("11\n")
    with pytest.raises(embedded_place.EmbeddedPostgresFailed, match=r"made by PostgreSQL 11 .* Move it away"):
        embedded.join(local_dir)
    embedded.leave(local_dir)


def test_only_its_owner_can_enter_the_data_and_nobody_over_the_network(local_dir: Path) -> None:
    assert run_to_end(local_dir, "print(repr(connect().execute('show listen_addresses').fetchone()[0]))") == "''"
    assert stat.S_IMODE((local_dir / "postgres").stat().st_mode) == 0o700


def test_what_is_committed_is_on_the_disk(local_dir: Path) -> None:
    question = (
        "for name in ('fsync', 'synchronous_commit', 'full_page_writes'): print(connect().execute('show ' + name).fetchone()[0])"
    )
    assert run_to_end(local_dir, question).split() == ["on", "on", "on"]
