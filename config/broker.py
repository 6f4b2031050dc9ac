"""A broker made of files, for one machine without Redis: kombu's filesystem transport, made safe for several processes.

kombu's own opens a message under its final name before writing it, moves messages through the system's temporary folder and
rewrites its tables in place; a second process can see each of them half done. Here a file appears whole, and belongs to whoever
removes it.
"""

import fcntl
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

LONGEST_WAIT_SECONDS = 0.5


class Channel(filesystem.Channel):
    """One message is one file `<time>_<id>.<queue>.msg`; the oldest is delivered first."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # kombu names it twice
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for file in sorted(Path(self.data_folder_in).iterdir()):
            if file.name.partition(".")[2] == f"{queue}.msg":
                try:
                    payload = file.read_bytes()
                    file.unlink()  # two may read it, one removes it
                except FileNotFoundError:
                    continue
                return loads(payload.decode())
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        file = Path(self.control_folder) / f"{exchange}.exchange"
        with file.with_suffix(".lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            bindings = self.get_table(exchange)
            if binding not in bindings:
                _write_whole(file, dumps([binding, *bindings]))


class Transport(filesystem.Transport):
    """`CELERY_BROKER_TRANSPORT = "config.broker:Transport"`."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """As kombu's, but never longer than a moment, so that a worker that is told to stop hears it soon."""
        super().drain_events(connection, timeout=min(timeout or LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS), **kwargs)


def _write_whole(file: Path, content: str) -> None:
    draft = file.with_name(f".{uuid.uuid4().hex}.draft")
    draft.write_text(content)
    draft.rename(file)
