"""The far side of the wire for these tests: a simulated Paynow on a clock that tests drive, and a merchant's server."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app as app

from paynow_integration.client import PaynowClient
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import MerchantServer, client_for
from paynow_integration.tests.till import Till, configure


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
def simulator(clock: DrivenClock) -> Iterator[PaynowSimulator]:
    with PaynowSimulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
def merchant() -> Iterator[MerchantServer]:
    """Takes Paynow's status updates at `merchant.url`."""
    with MerchantServer() as server:
        yield server


@pytest.fixture
def client(simulator: PaynowSimulator, merchant: MerchantServer) -> Iterator[PaynowClient]:
    """The test-mode USD integration of the simulator."""
    with client_for(simulator, merchant.url) as client:
        yield client


@pytest.fixture
def paynow(simulator: PaynowSimulator, merchant: MerchantServer, settings: Any, transactional_db: None) -> PaynowSimulator:
    """The simulator with our test-mode USD and ZWG configurations pointing at it. Its updates reach `merchant`, not us."""
    settings.SITE_URL = merchant.url.removesuffix("/ipn")
    for integration in (simulator.office.integrations["1201"], simulator.office.integrations["1202"]):
        configure(integration, simulator)
    return simulator


@pytest.fixture
def till(paynow: PaynowSimulator, clock: DrivenClock, tasks_at_once: None) -> Till:
    """Where payments are opened and updates handed in by hand."""
    return Till(paynow, clock)


@pytest.fixture
def open_till(till: Till, settings: Any, live_server: Any) -> Till:
    """A till whose updates come from Paynow by themselves, over HTTP."""
    settings.SITE_URL = live_server.url
    return till


@pytest.fixture
def tasks_at_once() -> Iterator[None]:
    """Tasks run in the process that hands them out, as soon as it has committed."""
    before = app.conf.task_always_eager
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = before
