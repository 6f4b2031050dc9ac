"""The broker of files: whole messages, oldest first, each to one."""

import threading
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config.development import filesystem_broker

QUEUES = [f"queue-{number}" for number in range(50)]


@pytest.fixture
def connections(tmp_path: Path) -> Iterator[list[Connection]]:
    """As many processes would have: each its own connection to the same folders."""
    options = filesystem_broker(tmp_path)
    several = [
        Connection("filesystem://localhost//", transport="config.broker:Transport", transport_options=options) for _ in range(4)
    ]
    yield several
    for connection in several:
        connection.release()


def channel_of(connection: Connection) -> Any:
    return connection.channel()


def send(connection: Connection, queue: str, *bodies: int) -> None:
    with channel_of(connection) as channel:
        for body in bodies:
            channel._put(queue, {"body": body})


def take_all(connection: Connection, queue: str) -> list[int]:
    taken: list[int] = []
    with channel_of(connection) as channel:
        while channel._size(queue):
            try:
                taken.append(channel._get(queue)["body"])
            except Empty:
                return taken
    return taken


def test_messages_come_oldest_first_and_only_from_their_own_queue(connections: list[Connection]) -> None:
    send(connections[0], "payments", *range(20))
    send(connections[1], "messages", 100)
    assert take_all(connections[2], "payments") == list(range(20))
    assert take_all(connections[3], "messages") == [100]


def test_each_message_goes_to_one_of_several_takers(connections: list[Connection]) -> None:
    send(connections[0], "payments", *range(400))
    taken: list[list[int]] = [[] for _ in connections]

    def take(index: int, connection: Connection) -> None:
        taken[index] = take_all(connection, "payments")

    run_together([threading.Thread(target=take, args=pair) for pair in enumerate(connections)])
    assert sorted(chain.from_iterable(taken)) == list(range(400))


def test_a_message_that_is_being_written_is_never_seen(connections: list[Connection]) -> None:
    """kombu's own transport fails here: it opens the file under its final name, empty, and then writes."""
    large = list(range(300_000))
    failures: list[Any] = []
    done = threading.Event()

    def write() -> None:
        with channel_of(connections[0]) as channel:
            for _ in range(5):
                channel._put("payments", {"body": large})
        done.set()

    def read() -> None:
        with channel_of(connections[1]) as channel:
            while not done.is_set() or channel._size("payments"):
                try:
                    assert channel._get("payments")["body"] == large
                except Empty:
                    continue
                except Exception as failure:  # whatever it is, the main thread must show it
                    failures.append(failure)

    run_together([threading.Thread(target=write), threading.Thread(target=read)])
    assert failures == []


def test_queues_declared_at_once_are_all_remembered(connections: list[Connection]) -> None:
    def declare(connection: Connection) -> None:
        with channel_of(connection) as channel:
            for queue in QUEUES:
                channel._queue_bind("default", queue, "", queue)

    run_together([threading.Thread(target=declare, args=(connection,)) for connection in connections])
    with channel_of(connections[0]) as channel:
        assert sorted(row.queue for row in channel.get_table("default")) == sorted(QUEUES)


def run_together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
