"""Fixtures for every part: a real Redis, started on demand, and a test database that nobody holds when it is dropped."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from playwright.sync_api import expect

from customer_data import correlation

expect.set_options(timeout=45_000)  # of a page in a browser: a busy machine is no failure

pytest_plugins = ["config.tests.redis_server"]


@pytest.fixture(autouse=True)
def nobody_has_come_yet() -> None:
    """What one test did is not counted against the next one, nor does it belong to the same thread of events."""
    cache.clear()
    correlation._current.set("")


@pytest.fixture(scope="session", autouse=True)
def no_names_are_looked_up() -> Iterator[None]:
    """Nothing of a test leaves this machine, and no slow resolver is waited for: every name but this machine's is unknown."""
    look_up = socket.getaddrinfo

    def only_here(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name not in ("localhost", socket.gethostname()):
            try:
                ipaddress.ip_address(name.partition("%")[0])
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, "Tests look no names up.") from None
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", only_here)
        yield


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the controls of races: no row keeps a second one waiting."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """pytest-django's, and at the end the server lets go of processes that tests have killed."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
