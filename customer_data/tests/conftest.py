"""The drawer is plugged in for the tests of the core."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from customer_data.gateway import gateway_named
from customer_data.tests.drawer import Drawer


@pytest.fixture
def drawer(tmp_path: Path, settings: Any) -> Iterator[Drawer]:
    """The only gateway that is plugged in, and its far side."""
    settings.PAYMENT_GATEWAYS = {"drawer": "customer_data.tests.drawer_gateway.DrawerGateway"}
    settings.ROOT_URLCONF = "customer_data.tests.drawer_urls"
    folder = tmp_path / "drawer"
    folder.mkdir()
    gateway_named.cache_clear()
    Drawer.in_use = Drawer(folder)
    yield Drawer.in_use
    gateway_named.cache_clear()


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """Tasks run in the process that hands them out, as soon as it has committed."""
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before
