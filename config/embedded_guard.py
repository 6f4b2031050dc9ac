"""Stops the embedded PostgreSQL when nobody uses it any more, also when its users were killed.

Run by itself it waits for the last user: `python -I embedded_guard.py USERS_FILE PG_CTL DATA_DIR`. Standard library only, so that
it stays small and needs nothing of the project.
"""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


def as_owner_of(data_dir: Path) -> dict[str, Any]:
    """Arguments of `subprocess.run` that run a command as the user who owns the data; PostgreSQL refuses to be root."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    if os.geteuid() != 0:
        return {"cwd": "/", "env": environment}
    owner = data_dir.stat()
    return {"cwd": "/", "env": environment, "user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def stop_if_unused(*, users: int, pg_ctl: Path, data_dir: Path, wait: bool) -> bool:
    """Stops the server if the lock on the users file (a descriptor) can be had alone; with `wait`, as soon as it can.

    Whoever wants to use the server meanwhile waits for the lock and starts it again.
    """
    try:
        fcntl.flock(users, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    if (data_dir / "postmaster.pid").exists():
        command = [str(pg_ctl), "stop", "--wait", "--mode", "fast", "--pgdata", str(data_dir)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner_of(data_dir))  # noqa: S603
    fcntl.flock(users, fcntl.LOCK_UN)
    return True


def main() -> None:
    users_file, pg_ctl, data_dir = (Path(argument) for argument in sys.argv[1:4])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the server, not before
    stop_if_unused(users=os.open(users_file, os.O_RDWR), pg_ctl=pg_ctl, data_dir=data_dir, wait=True)


if __name__ == "__main__":
    main()
