"""A real Redis of the stage's own, which may be stopped, emptied and started again. Only this machine reaches it."""

import os
import socket
import time
from pathlib import Path

from config.tests.redis_server import redis_program
from proof.stage.programs import Program, Programs

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


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as door:
            door.settimeout(1)
            door.sendall(b"PING\r\n")
            return door.recv(16).startswith(b"+PONG")
    except OSError:
        return False
