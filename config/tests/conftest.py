"""For whole-house tests: folders in reach of the embedded server, both simulators, a queue of tasks, a customer with a phone."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config.embedded_place import SYSTEM_DIR
from config.tests.chat import Chat, Tasks
from flows.simulator.graph import GraphSimulator
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.till import configure


@contextmanager
def local_folder(folder: Path) -> Iterator[Path]:
    """`folder/local`, with nothing left elsewhere afterwards. pytest closes its own folders to other users; these are opened."""
    for each in [folder, *folder.parents]:
        if each.name.startswith("pytest-") or "pytest-of-" in str(each.parent):
            each.chmod(each.stat().st_mode | stat.S_IXOTH)
    yield folder / "local"
    settled = (folder / "local" / "postgres").resolve()
    if settled.is_relative_to(SYSTEM_DIR):
        shutil.rmtree(settled.parent)


@pytest.fixture
def local_dir(tmp_path: Path) -> Iterator[Path]:
    with local_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
def paynow(clock: DrivenClock, settings: Any, transactional_db: None) -> Iterator[PaynowSimulator]:
    """Paynow, with our test-mode USD and ZWG configurations pointing at it."""
    with PaynowSimulator(clock=clock) as simulator:
        for integration_id in ("1201", "1202"):
            configure(simulator.office.integrations[integration_id], simulator)
        yield simulator


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphSimulator]:
    """WhatsApp, as our settings know it."""
    with GraphSimulator() as simulator:
        settings.WHATSAPP_GRAPH_BASE_URL = f"{simulator.url}/v25.0"
        settings.WHATSAPP_ACCESS_TOKEN = "token-for-tests"
        settings.WHATSAPP_PHONE_NUMBER_ID = "100000000000001"
        settings.WHATSAPP_BUSINESS_ACCOUNT_ID = "100000000000002"
        yield simulator


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    """Tasks wait in a queue until the test says `work`: so it shows what a request does by itself."""
    with Tasks() as queue:
        yield queue


@pytest.fixture
def chat(paynow: PaynowSimulator, graph: GraphSimulator, tasks: Tasks, clock: DrivenClock, settings: Any, live_server: Any) -> Chat:
    """A business and a customer who chats with it. Status updates reach us over HTTP."""
    settings.SITE_URL = live_server.url
    return Chat(paynow=paynow, graph=graph, tasks=tasks, clock=clock, web=Client(enforce_csrf_checks=True))
