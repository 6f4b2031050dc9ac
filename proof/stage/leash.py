"""Runs one command so that it ends with whoever started it: `python -I leash.py PARENT_PID SIGNAL USER:GROUP COMMAND...`.

The kernel's promise is made in the new process itself, by a program without threads: between fork and exec in a process that has
threads nothing but the simplest calls is safe. Standard library only.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    parent, number, owner, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    if owner != ":":
        _become(*map(int, owner.split(":")))  # before the promise, which a change of user takes back
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the promise was made
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


def _become(user: int, group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


if __name__ == "__main__":
    main()
