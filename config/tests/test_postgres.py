"""A connection that the server ended is noticed before the next request or task asks anything on it."""

import time

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db(transaction=True)


def end_from_elsewhere() -> None:
    """As an operator, or a server that stops, ends a connection."""
    connection.ensure_connection()
    number = connection.connection.info.backend_pid
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [number])
        wait_until_gone(cursor, number)
    other.close()


def wait_until_gone(cursor: object, number: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [number])  # type: ignore[attr-defined]
        if cursor.fetchone() is None:  # type: ignore[attr-defined]
            return
    raise TimeoutError("The connection did not end.")


def test_a_connection_that_is_well_is_used_without_asking() -> None:
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as asked:
        assert connection.is_usable()
    assert len(asked) == 0


def test_a_connection_that_the_server_ended_is_made_anew() -> None:
    end_from_elsewhere()
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()  # what a request and a task begin with
    with connection.cursor() as cursor:
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)


def test_the_backend_is_the_one_that_looks_first() -> None:
    assert type(connections["default"]).is_usable.__module__ == "config.postgres.base"
