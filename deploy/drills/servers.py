"""PostgreSQL servers of a drill, from the wheel of the embedded one: on a port of this machine, with any settings."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config import embedded_place
from config.embedded_guard import as_owner_of
from config.tests.processes import free_port

HOST, USER = "127.0.0.1", "paydesk"
SMALL = {"max_connections": "60", "shared_buffers": "128MB", "log_min_messages": "warning", "listen_addresses": HOST}


@dataclass(frozen=True)
class Server:
    """One server. Its programs run as the user who owns its data."""

    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@{HOST}:{self.port}/postgres"

    @property
    def programs(self) -> Path:
        return programs_of(self.data)

    def run(self, program: str, *arguments: object) -> str:
        """What one of PostgreSQL's programs said, run as the owner of the data. Raises CalledProcessError."""
        command = [str(self.programs / program), *map(str, arguments)]
        log = self.data.parent / f"{self.data.name}.log"
        with log.open("a") as output:  # a file: a server inherits it, and a pipe would stay open as long as it runs
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **as_owner_of(self.data))  # noqa: S603
        return log.read_text()

    def start(self, **settings: str) -> None:
        """Starts it and waits until it answers; `settings` are postgresql.conf's."""
        values = {**SMALL, "port": str(self.port), "unix_socket_directories": "", **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in values.items())
        self.run("pg_ctl", "start", "--wait", "--timeout=120", "--pgdata", self.data, "--options", options)

    def stop(self, mode: str = "fast") -> None:
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", self.data)


@contextmanager
def new_server(folder: Path, name: str = "server", **settings: str) -> Iterator[Server]:
    """A new server in `folder`, stopped at the end."""
    server = Server(new_data_folder(folder, name), free_port())
    language = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    server.run("initdb", "--pgdata", server.data, "--username", USER, "--auth=trust", *language)
    server.start(**settings)
    try:
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):  # it has ended meanwhile
            server.stop("immediate")


@contextmanager
def database_server(url: str, folder: Path) -> Iterator[str]:
    """The address of a server where databases may be made: the one that is named, or a new one in the drill's folder."""
    if url:
        yield url
        return
    with new_server(folder) as server:
        yield server.url


def new_data_folder(folder: Path, name: str) -> Path:
    """An empty folder that belongs to whom a server of ours runs as: PostgreSQL refuses to be root."""
    opened_to_all(folder)
    data = folder / name
    draft = embedded_place.new_data_dir(folder)
    draft.rename(data)
    log = folder / f"{name}.log"
    log.touch()
    os.chown(log, data.stat().st_uid, data.stat().st_gid)
    return data


def opened_to_all(folder: Path) -> None:
    """Lets other users pass through a temporary folder of ours, as the server's user must."""
    top = Path(tempfile.gettempdir())
    for each in (folder, *folder.parents):
        if each.is_relative_to(top) and each != top:
            each.chmod(each.stat().st_mode | stat.S_IXOTH)


def programs_of(data: Path) -> Path:
    return embedded_place.programs_dir(data.stat().st_uid)


def path_with(programs: Path) -> str:
    """A PATH on which PostgreSQL's programs are those of the server: another version's pg_dump would refuse it."""
    return f"{programs}{os.pathsep}{os.environ['PATH']}"


def copy_of(data: Path, target: Path) -> None:
    """The same files with the same owner."""
    shutil.copytree(data, target, symlinks=True)
    for path in [target, *target.rglob("*")]:
        os.chown(path, data.stat().st_uid, data.stat().st_gid, follow_symlinks=False)
