"""The simulated Paynow when people decide on the handset: any number is taken, and nobody pays by himself."""

import pytest
import requests

from paynow_integration.client import PaynowClient
from paynow_integration.messages import parse
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import MerchantServer, a_request


@pytest.fixture(autouse=True)
def by_hand(simulator: PaynowSimulator) -> None:
    simulator.manners.by_hand = True


def status_of(simulator: PaynowSimulator) -> str:
    return simulator.transactions()[-1].status


def test_any_number_is_taken_and_waits_for_a_decision(client: PaynowClient, simulator: PaynowSimulator, clock: DrivenClock) -> None:
    client.express(a_request(phone="0719999999", method="onemoney"))
    clock.advance(300)
    assert status_of(simulator) == "Sent"
    requests.post(f"{simulator.url}/simulator/transactions/B7K2M9QXA4T/approve", json={}, timeout=5)
    assert status_of(simulator) == "Paid"


def test_no_money_on_the_handset_is_told_the_merchant(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer
) -> None:
    client.express(a_request(phone="0789999999", result_url=merchant.url))
    requests.post(f"{simulator.url}/simulator/transactions/B7K2M9QXA4T/fail", json={}, timeout=5)
    assert parse(merchant.bodies[-1]).get("status") == "Failed"


def test_the_documented_numbers_still_decide_by_themselves(
    client: PaynowClient, simulator: PaynowSimulator, clock: DrivenClock
) -> None:
    client.express(a_request(phone="0771111111"))
    clock.advance(5)
    assert status_of(simulator) == "Paid"


def test_a_code_waits_until_it_is_typed(client: PaynowClient, simulator: PaynowSimulator, clock: DrivenClock) -> None:
    client.express(a_request(phone="0789999999", method="innbucks"))
    clock.advance(60)
    assert status_of(simulator) == "Sent"


def test_who_types_omaris_code_has_decided(client: PaynowClient, simulator: PaynowSimulator, clock: DrivenClock) -> None:
    started = client.express(a_request(phone="0789999999", method="omari"))
    client.submit_otp(started.otp_url, "123456")
    assert status_of(simulator) == "Paid"


def test_a_person_can_see_whose_money_is_asked_for(client: PaynowClient, simulator: PaynowSimulator) -> None:
    client.express(a_request(phone="0789999999"))
    shown = requests.get(f"{simulator.url}/simulator/transactions/B7K2M9QXA4T", timeout=5).json()
    assert (shown["merchant"], shown["phone"], shown["amount"]) == ("Example Safaris", "0789999999", "10.00")
