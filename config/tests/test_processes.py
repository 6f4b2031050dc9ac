"""Web, worker and clock as separate real processes, over the broker of files and over a real Redis."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from config import embedded
from config.tests.conftest import local_folder
from config.tests.processes import PROGRAMS, ROOT, answers, free_port, running, wait_until


@dataclass(frozen=True)
class House:
    """A migrated database and a broker of its own, and the processes that share them."""

    environment: dict[str, str]
    logs: Path
    database: psycopg.Connection[Any]

    def celery(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return running([str(PROGRAMS / "celery"), "-A", "config", *arguments], self.environment, self.logs / arguments[0])

    def web(self, port: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
        command = [str(PROGRAMS / "granian"), "--interface", "wsgi", "--port", str(port), "config.wsgi:application"]
        return running(command, self.environment, self.logs / "web")

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=os.environ | self.environment, check=True)  # noqa: S603

    def hand_out_heartbeat(self, queue: str) -> None:
        """As a web process hands out a task: a process of its own, which ends at once."""
        self.manage(
            "shell", "--verbosity", "0", "-c", f"from config.tasks import heartbeat; heartbeat.apply_async(queue={queue!r})"
        )

    def was_heard(self, name: str) -> bool:
        return self.database.execute("select 1 from config_heartbeat where name = %s", [name]).fetchone() is not None

    def forget_heartbeats(self) -> None:
        self.database.execute("delete from config_heartbeat")

    def connections(self) -> set[int]:
        """Which processes of the database serve somebody else now."""
        others = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        return {number for (number,) in self.database.execute(f"{others} and backend_type = 'client backend'")}

    def said(self, name: str) -> str:
        return (self.logs / name).read_text(errors="replace")


@pytest.fixture(scope="module", params=["files", "redis"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    broker = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    with local_folder(folder) as local_dir:
        address = embedded.join(local_dir)
        with psycopg.connect(
            host=address.host, port=address.port, user=address.user, dbname="paydesk", autocommit=True
        ) as database:
            environment = {"DEBUG": "1", "DATABASE_URL": "", "LOCAL_DIR": str(local_dir), "REDIS_URL": broker}
            house = House(environment, folder, database)
            house.manage("migrate", "--verbosity", "0")
            yield house
        embedded.leave(local_dir)


def readyz(port: int) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return answer.status, json.load(answer)
    except HTTPError as answer:
        return answer.code, json.load(answer)


def test_a_worker_started_without_queues_serves_them_all_and_stops_cleanly(house: House) -> None:
    with house.celery("worker", "--concurrency", "1") as worker:
        for queue in ("default", "payments", "messages"):
            house.forget_heartbeats()
            house.hand_out_heartbeat(queue)
            wait_until(lambda: house.was_heard("worker"), or_show=house.logs / "worker")
        worker.terminate()
        assert worker.wait(timeout=30) == 0
    assert " INFO celery.apps.worker: " in house.said("worker")


def test_a_task_handed_out_while_no_worker_runs_is_done_by_the_next_one(house: House) -> None:
    house.forget_heartbeats()
    house.hand_out_heartbeat("payments")
    assert not house.was_heard("worker")
    with house.celery("worker", "--concurrency", "1"):
        wait_until(lambda: house.was_heard("worker"), or_show=house.logs / "worker")


def test_a_worker_keeps_its_connection_from_task_to_task(house: House) -> None:
    with house.celery("worker", "--concurrency", "1", "--pool", "threads"):
        house.forget_heartbeats()
        house.hand_out_heartbeat("default")
        wait_until(lambda: house.was_heard("worker"), or_show=house.logs / "worker")
        kept = house.connections()
        assert kept, "it closed its connection after the task"
        house.forget_heartbeats()
        house.hand_out_heartbeat("default")
        wait_until(lambda: house.was_heard("worker"), or_show=house.logs / "worker")
        assert house.connections() & kept, "it made a new connection for the next task"


def test_readyz_names_what_is_missing_until_worker_and_clock_are_heard(house: House) -> None:
    house.forget_heartbeats()
    port = free_port()
    with house.web(port) as web:
        wait_until(lambda: answers(port), or_show=house.logs / "web")
        code, answer = readyz(port)
        missing = {"worker": "the worker was never heard", "clock": "the clock was never heard"}
        assert (code, answer["status"]) == (503, "not ready")
        assert {"database": "ok", "migrations": "ok", "broker": "ok", "sweep": "ok"}.items() <= answer["parts"].items()
        assert missing.items() <= answer["parts"].items()
        with house.celery("worker", "--concurrency", "1"), house.celery("beat") as clock:
            wait_until(lambda: readyz(port)[0] == 200, or_show=house.logs / "beat")
            clock.terminate()
            assert clock.wait(timeout=30) == 0
        web.terminate()
        assert web.wait(timeout=30) == 0


def test_a_silent_worker_is_not_ready(house: House) -> None:
    house.forget_heartbeats()
    house.database.execute("insert into config_heartbeat values ('worker', now() - interval '31 seconds'), ('clock', now())")
    port = free_port()
    with house.web(port):
        wait_until(lambda: answers(port), or_show=house.logs / "web")
        code, answer = readyz(port)
    assert code == 503
    assert answer["parts"]["worker"].startswith("the worker is silent for 3")
    assert answer["parts"]["clock"] == "ok"
