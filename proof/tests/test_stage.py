"""The stage itself: real processes that are killed and come back, engines that go away and return, and nothing left behind."""

import errno
import hmac
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from config.tests.processes import is_alive, wait_until
from proof.stage import Stage
from proof.stage.database import ROOT

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(f"test-{os.getpid()}") as stage:
        yield stage


def test_the_whole_house_answers(stage: Stage) -> None:
    kinds = {kind: len(stage.names(kind)) for kind in ("web", "worker", "clock", "paynow", "phone", "redis", "postgres", "site")}
    assert kinds == {"web": 2, "worker": 3, "clock": 1, "paynow": 1, "phone": 1, "redis": 1, "postgres": 1, "site": 1}
    for url in (*stage.web_urls, stage.site_url):
        assert requests.get(f"{url}/readyz", timeout=10).status_code == 200


def test_the_memory_of_each_process_is_known(stage: Stage) -> None:
    memory = stage.memory()
    assert memory.keys() == stage.process_ids().keys()
    assert all(20 < memory[name] < 1000 for name in (*stage.names("web"), *stage.names("worker")))


def test_a_database_that_keeps_what_it_has_said_is_stored(stage: Stage) -> None:
    with psycopg.connect(stage.environment["DATABASE_URL"]) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


@pytest.mark.parametrize("kind", ["web", "worker", "clock"])
def test_what_is_killed_comes_back_and_leaves_no_half_behind(stage: Stage, kind: str) -> None:
    name = stage.names(kind)[0]
    before, restarts = stage.process_ids()[name], stage.restarts()[name]
    assert stage.kill(name)
    wait_until(lambda: not group_of(before))
    wait_until(lambda: stage.restarts()[name] == restarts + 1)
    wait_until(lambda: stage.process_ids().get(name) not in (None, before), or_show=stage.logs / f"{name}.log")


def test_the_front_door_finds_the_web_process_that_lives(stage: Stage) -> None:
    wait_until(lambda: all(map(answers, stage.web_urls)))
    before = stage.process_ids()["web1"]
    assert stage.kill("web1")
    # A killed leader is gone before its threads let go of the port: until then the kernel takes connections in its name.
    wait_until(lambda: not group_of(before) and is_refused(stage.web_urls[0]))
    for _ in range(4):
        assert requests.get(f"{stage.site_url}/healthz", timeout=10).status_code == 200
    wait_until(lambda: answers(stage.web_urls[0]), or_show=stage.logs / "web1.log")


def test_a_power_cut_of_postgresql_and_an_empty_redis_are_survived(stage: Stage) -> None:
    stage.restart_postgres(immediate=True)
    stage.stop_redis()
    stage.start_redis(empty=True)
    wait_until(lambda: ready(stage), or_show=stage.logs / "worker1.log")


def test_a_process_dies_at_an_armed_point(stage: Stage) -> None:
    wait_until(lambda: ready(stage))
    stage.arm("update-stored")
    assert stage.points_hit() == {}
    body = b'{"object": "whatsapp_business_account", "entry": []}'
    signature = "sha256=" + hmac.new(stage.environment["WHATSAPP_APP_SECRET"].encode(), body, "sha256").hexdigest()
    with suppress(OSError):  # it dies before it answers
        requests.post(f"{stage.site_url}/crm-api/whatsapp/webhook/", body, headers={"X-Hub-Signature-256": signature}, timeout=10)
    wait_until(lambda: stage.points_hit() == {"update-stored": 1})
    assert "update-stored" in stage.points_passed()


def test_nothing_outlives_a_driver_that_is_killed() -> None:
    name = f"test-{os.getpid()}-killed"
    begin = f"import sys; from proof.stage import Stage; stage = Stage({name!r}).__enter__(); "
    program = begin + "print(*stage.process_ids().values(), flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as driver:  # noqa: S603
        assert driver.stdout is not None
        groups = [int(pid) for pid in driver.stdout.readline().split()]
        driver.send_signal(signal.SIGKILL)
    assert len(groups) == 11
    wait_until(lambda: not any(map(group_of, groups)))


def group_of(leader: int) -> list[int]:
    """The living processes of a group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and is_alive(int(entry.name)):
            try:
                if os.getpgid(int(entry.name)) == leader:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def is_refused(url: str) -> bool:
    """Nobody listens at that port any more."""
    where = urlsplit(url)
    with socket.socket() as caller:
        return caller.connect_ex((where.hostname, where.port)) == errno.ECONNREFUSED


def answers(url: str) -> bool:
    try:
        return bool(requests.get(f"{url}/healthz", timeout=2).status_code == 200)
    except OSError:
        return False


def ready(stage: Stage) -> bool:
    try:
        return all(requests.get(f"{url}/readyz", timeout=5).status_code == 200 for url in stage.web_urls)
    except OSError:
        return False
