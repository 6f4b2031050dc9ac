"""One `make run` for tests: real processes with a folder and ports of their own."""

import os
import random
import signal
import socket
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paynow(self) -> str:
        """The simulator of Paynow."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def phone(self) -> str:
        """The phone in the browser."""
        return f"http://127.0.0.1:{self.port + 2}/phone"

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_it_runs(self, supervisor: Popen[bytes], *, seconds: float = 120) -> None:
        wait_until(lambda: "Paydesk is running." in self.said() or supervisor.poll() is not None, or_show=self.log, seconds=seconds)
        assert supervisor.poll() is None, self.said()

    def processes(self) -> dict[int, str]:
        """Pid and command of every living process whose environment or command names this run's folder."""
        living = {pid: _read(pid, "cmdline") for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if is_alive(pid)}  # noqa: PTH208
        mark = str(self.folder)
        return {pid: command for pid, command in living.items() if mark in command or mark in _read(pid, "environ")}

    def kill_what_is_left(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

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
