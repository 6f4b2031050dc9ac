"""Several at once, with real threads and real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connections

PATIENCE_SECONDS = 1


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What each action returned or raised, all started together, each in a thread with a connection of its own."""
    outcomes: list[Any] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes[number] = actions[number]()
        except Exception as error:  # whatever it is, the test looks at it
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def widen(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, threads: int) -> None:
    """Let nobody into `owner.name` before all threads stand at its door; where a guard keeps them apart, go on without."""
    door, original = threading.Barrier(threads), getattr(owner, name)

    def wait_and_enter(*args: Any, **options: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            door.wait(PATIENCE_SECONDS)
        return original(*args, **options)

    monkeypatch.setattr(owner, name, wait_and_enter)
