"""`make run` as a person uses it: real processes, Ctrl-C, a busy port, a program that dies."""

import os
import random
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen
from urllib.request import urlopen

import pytest

from config.tests.processes import is_alive, running, wait_until


class Run:
    """One `make run` with a folder and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _three_free_ports()
        self.log = folder / "run.log"

    def start(self, **environment: str) -> AbstractContextManager[Popen[bytes]]:
        local = {"DEBUG": "1", "DATABASE_URL": "", "REDIS_URL": "", "LOCAL_DIR": str(self.folder / "local"), "PORT": str(self.port)}
        return running([sys.executable, "manage.py", "serve_everything"], local | environment, self.log)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_it_runs(self, supervisor: Popen[bytes]) -> None:
        wait_until(lambda: "Paydesk is running." in self.said() or supervisor.poll() is not None, or_show=self.log, seconds=120)
        assert supervisor.poll() is None, self.said()

    def processes(self) -> dict[int, str]:
        """Pid and command of every living process whose environment or command names this run's folder."""
        living = {pid: _read(pid, "cmdline") for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if is_alive(pid)}  # noqa: PTH208
        mark = str(self.folder)
        return {pid: command for pid, command in living.items() if mark in command or mark in _read(pid, "environ")}

    def pid_of(self, words: str) -> int:
        return min(pid for pid, command in self.processes().items() if words in command)


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _three_free_ports() -> int:
    """From a range that systems do not hand out by themselves, so that nobody takes one between now and the start."""
    first = random.randrange(20_000, 30_000)  # noqa: S311 - not a secret
    return first if all(map(_is_free, (first, first + 1, first + 2))) else _three_free_ports()


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.fixture
def run(tmp_path: Path, local_dir: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    for pid in run.processes():
        os.kill(pid, signal.SIGKILL)


def test_ctrl_c_stops_all_it_started_and_data_is_kept_for_the_next_run(run: Run) -> None:
    for _ in range(2):
        with run.start() as supervisor:
            run.wait_until_it_runs(supervisor)
            assert urlopen(f"http://127.0.0.1:{run.port}/healthz").status == 200
            assert "password paydesk-demo" in run.said()
            supervisor.send_signal(signal.SIGINT)
            assert supervisor.wait(timeout=30) == 0
        assert run.processes() == {}


def test_a_program_that_dies_stops_the_rest_and_is_named(run: Run) -> None:
    with run.start() as supervisor:
        run.wait_until_it_runs(supervisor)
        os.kill(run.pid_of(" worker "), signal.SIGKILL)
        assert supervisor.wait(timeout=30) == 1
    assert "make run: The worker was ended by SIGKILL, so everything stops. Its last lines:" in run.said()
    assert run.processes() == {}


def test_nothing_outlives_a_supervisor_that_is_killed(run: Run) -> None:
    with run.start() as supervisor:
        run.wait_until_it_runs(supervisor)
        supervisor.kill()
        supervisor.wait()
        wait_until(lambda: not run.processes(), or_show=run.log)


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_busy_port_is_one_sentence(run: Run, taken: int) -> None:
    with socket.create_server(("127.0.0.1", run.port + taken)), run.start() as supervisor:
        assert supervisor.wait(timeout=60) == 1
    choose = f"choose another: make run PORT={run.port + 100}"
    assert run.said() == f"make run: Port {run.port + taken} cannot be used (Address already in use). Free it, or {choose}\n"


def test_a_port_that_is_no_number_is_one_sentence(run: Run) -> None:
    with run.start(PORT="eighty") as supervisor:
        assert supervisor.wait(timeout=60) == 1
    assert run.said() == "PORT is 'eighty'. Set it to a number from 1 to 65533, or leave it out for 8000.\n"


def test_a_second_run_in_the_same_folder_is_refused(run: Run, tmp_path: Path) -> None:
    with run.start():
        wait_until(lambda: "Starting PostgreSQL" in run.said(), or_show=run.log)
        second = Run(run.folder)
        second.log = tmp_path / "second.log"
        with second.start() as supervisor:
            assert supervisor.wait(timeout=60) == 1
    assert second.said() == "make run: It is already running from this folder. Use that one, or stop it first.\n"
