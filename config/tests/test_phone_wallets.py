"""The wallet on a simulated handset: prompts of Paynow's simulator appear on the phone they are for, and its owner decides."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from flows.simulator import Business, GraphSimulator
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import a_request, client_for

Json = dict[str, Any]


@pytest.fixture
def paynow() -> Iterator[PaynowSimulator]:
    with PaynowSimulator(clock=DrivenClock()) as simulator:
        simulator.manners.by_hand = True
        yield simulator


@pytest.fixture
def meta(paynow: PaynowSimulator) -> Iterator[GraphSimulator]:
    with GraphSimulator(business=Business(paynow_url=paynow.url)) as simulator:
        simulator.phones.open("0781234567", "Tendai")
        simulator.phones.open("0719999999", "Rudo")
        yield simulator


def charge(paynow: PaynowSimulator, reference: str = "B7K2M9QXA4T", **changes: Any) -> None:
    with client_for(paynow) as client:
        client.express(a_request(reference=reference, merchant_trace=reference, **({"phone": "0781234567"} | changes)))


def prompts(meta: GraphSimulator, number: str = "263781234567") -> list[Json]:
    answer = requests.get(f"{meta.url}/phone/api/phones/{number}/prompts", timeout=5)
    assert answer.ok, answer.text
    found: list[Json] = answer.json()["prompts"]
    return found


def decide(meta: GraphSimulator, answer: str, reference: str = "B7K2M9QXA4T", **more: str) -> requests.Response:
    address = f"{meta.url}/phone/api/phones/263781234567/prompts/{reference}"
    return requests.post(address, json={"answer": answer} | more, timeout=5)


def test_a_prompt_stands_on_the_handset_it_is_for(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow)
    (prompt,) = prompts(meta)
    assert (prompt["wallet"], prompt["kind"], prompt["amount"], prompt["merchant"], prompt["state"], prompt["number"]) == (
        "EcoCash",
        "pin",
        "USD 10.00",
        "Example Safaris",
        "open",
        "263781234567",
    )
    assert prompts(meta, "263719999999") == []


def test_a_wallet_that_has_no_phone_here_is_shown_everywhere(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow, phone="0712222222", method="onemoney")
    assert [each["number"] for each in prompts(meta)] == ["263712222222"]
    assert [each["wallet"] for each in prompts(meta, "263719999999")] == ["OneMoney"]


@pytest.mark.parametrize(
    ("answer", "word", "state"),
    [("approve", "Paid", "approved"), ("decline", "Cancelled", "declined"), ("insufficient", "Failed", "insufficient")],
)
def test_its_owner_decides(meta: GraphSimulator, paynow: PaynowSimulator, answer: str, word: str, state: str) -> None:
    charge(paynow)
    assert decide(meta, answer).ok
    assert paynow.transactions()[0].status == word
    assert prompts(meta)[0]["state"] == state


def test_an_ignored_prompt_changes_nothing_at_paynow(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow)
    assert decide(meta, "ignore").ok
    assert paynow.transactions()[0].status == "Sent"
    assert prompts(meta)[0]["state"] == "ignored"


def test_a_code_is_typed_as_it_was_given(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow, method="innbucks")
    (prompt,) = prompts(meta)
    assert (prompt["kind"], prompt["code"]) == ("code", paynow.transactions()[0].code)
    wrong = decide(meta, "approve", code="000 000 000")
    assert (wrong.status_code, "does not know this code" in wrong.json()["error"]) == (400, True)
    assert decide(meta, "approve", code=f"{prompt['code'][:3]} {prompt['code'][3:]}").ok
    assert paynow.transactions()[0].status == "Paid"


def test_omaris_code_comes_as_an_sms_and_is_typed_elsewhere(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow, method="omari")
    (prompt,) = prompts(meta)
    assert (prompt["kind"], prompt["code"], prompt["state"]) == ("otp", "123456", "open")
    assert decide(meta, "approve").status_code == 400
    assert decide(meta, "decline").ok


def test_the_documented_numbers_say_that_they_decide_by_themselves(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    charge(paynow, phone="0771111111")
    assert prompts(meta)[0]["decides_itself"]
    charge(paynow, reference="B7K2M9QXA5T")
    assert not prompts(meta)[0]["decides_itself"]


def test_what_cannot_be_answered_is_said(meta: GraphSimulator, paynow: PaynowSimulator) -> None:
    assert decide(meta, "approve").status_code == 404
    charge(paynow)
    assert decide(meta, "shout").status_code == 400
    decide(meta, "approve")
    assert decide(meta, "decline").status_code == 409
    paynow.stop()
    assert decide(meta, "approve").status_code == 502
