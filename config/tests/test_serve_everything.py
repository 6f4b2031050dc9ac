"""`make run` as a person uses it: real processes, Ctrl-C, a busy port, a program that dies."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from config.tests.processes import wait_until
from config.tests.runs import Run


@pytest.fixture
def run(tmp_path: Path, local_dir: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.kill_what_is_left()


def test_ctrl_c_stops_all_it_started_and_data_is_kept_for_the_next_run(run: Run) -> None:
    for _ in range(2):
        with run.start() as supervisor:
            run.wait_until_it_runs(supervisor)
            assert urlopen(f"http://127.0.0.1:{run.port}/healthz").status == 200
            assert "password paydesk-demo" in run.said()
            supervisor.send_signal(signal.SIGINT)
            assert supervisor.wait(timeout=30) == 0
        wait_until(lambda: not run.processes(), or_show=run.log)  # on a busy machine the guard stops what was slow to stop


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
