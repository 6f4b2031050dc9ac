"""Which points are armed: files in a folder of the run. One process takes one away by renaming it, which only one can. Pure."""

import os
import signal
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path

FOLDER = "PROOF_POINTS"
"""The environment variable that names the folder. Without it no point does anything."""


def arm(folder: Path, point: str, times: int = 1) -> None:
    """The next `times` processes that come to `point` die there."""
    place = folder / "armed" / point
    place.mkdir(parents=True, exist_ok=True)
    (folder / "hit").mkdir(exist_ok=True)
    for _ in range(times):
        (place / uuid.uuid4().hex).touch()


def disarm(folder: Path) -> None:
    """What was armed and never reached does nothing any more."""
    for armed in (folder / "armed").glob("*/*"):
        with suppress(FileNotFoundError):
            armed.unlink()


def hits(folder: Path) -> dict[str, int]:
    """How many processes died at each point."""
    return dict(Counter(path.name.rpartition(".")[0] for path in (folder / "hit").glob("*.*")))


def passed(folder: Path) -> set[str]:
    """The points that processes came to, armed or not."""
    return {path.name for path in (folder / "passed").glob("*")}


def note_passing(folder: Path, point: str) -> None:
    """That a process came to this point. Once for each process is enough."""
    (folder / "passed").mkdir(exist_ok=True)
    (folder / "passed" / point).touch()


def pass_by(folder: Path, point: str) -> None:
    """Dies here if this point is armed and nobody else was quicker."""
    try:
        armed = os.listdir(folder / "armed" / point)  # noqa: PTH208 - names only, and this is passed often
    except FileNotFoundError:
        return
    for name in armed:
        with suppress(FileNotFoundError):
            os.rename(folder / "armed" / point / name, folder / "hit" / f"{point}.{name}")  # noqa: PTH104 - one of many wins
            os.kill(os.getpid(), signal.SIGKILL)
