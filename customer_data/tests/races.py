"""Several at once, with real threads and real transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections

from customer_data.models import Payment, PaymentEvent

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


def in_the_middle(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, other: Callable[[], Any]) -> Interruption:
    """The first time anybody enters `owner.name`, `other` happens, in a thread with a connection of its own.

    We go on when it is over, or when it waits for one of our locks; so the window is as wide as it can be.
    """
    interruption, original = Interruption(other), getattr(owner, name)

    def enter(*args: Any, **options: Any) -> Any:
        interruption.begin_once()
        return original(*args, **options)

    monkeypatch.setattr(owner, name, enter)
    return interruption


def write_blindly(payment: Payment, event: PaymentEvent, facts: dict[str, Any]) -> bool:
    """In place of `Payment._write`, for controls: the status is written whatever it is by now."""
    is_written = Payment.objects.filter(pk=payment.pk).update(status=event.to_status, **facts) == 1
    event.save(force_insert=True)
    return is_written


class Interruption:
    """Somebody else's action in the middle of ours."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._outcome: Any = None
        self._action = action
        self._thread = threading.Thread(target=self._run)
        self._has_begun = threading.Lock()
        self._session = 0

    def begin_once(self) -> None:
        if self._has_begun.acquire(blocking=False):
            self._thread.start()
            while self._thread.is_alive() and not self._waits_for_us():
                self._thread.join(0.01)

    def finished(self) -> Any:
        """What it returned or raised. Called after ours has committed."""
        self._thread.join()
        return self._outcome

    def _run(self) -> None:
        try:
            connection.ensure_connection()
            self._session = connection.connection.info.backend_pid
            self._outcome = self._action()
        except Exception as error:  # whatever it is, the test looks at it
            self._outcome = error
        finally:
            connections.close_all()

    def _waits_for_us(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._session])
            waits: bool = cursor.fetchone()[0]
        return waits
