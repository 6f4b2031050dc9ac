"""The far side of the wire for these tests: a simulated Paynow on a clock that tests drive, and a merchant's server."""

from collections.abc import Iterator

import pytest

from paynow_integration.client import PaynowClient
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import MerchantServer, client_for


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
