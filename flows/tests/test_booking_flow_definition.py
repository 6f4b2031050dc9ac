"""The booking Flow: publishable, its names as promised, its examples showable, readable by another project's parser."""

import json
from typing import Any

import pytest
from pywa.types import flows as pywa

from flows.definitions.booking_whatsapp_flow import (
    BOOKING_WHATSAPP_FLOW,
    CONTACT,
    DATE,
    SCREENS,
    SUMMARY,
    TOUR,
    TRAVELLERS,
)
from flows.flow_json import problems_of, reply_problems
from flows.flow_json.walk import Place, places

SCREEN = {screen["id"]: screen for screen in BOOKING_WHATSAPP_FLOW["screens"]}


def examples(screen_id: str) -> dict[str, Any]:
    return {name: declared["__example__"] for name, declared in SCREEN[screen_id]["data"].items()}


def components(screen_id: str, kind: str) -> list[Place]:
    return [place for place in places(SCREEN[screen_id]) if place.type == kind]


def test_meta_would_publish_it() -> None:
    assert problems_of(BOOKING_WHATSAPP_FLOW) == []


def test_it_is_plain_json_of_the_agreed_versions() -> None:
    flow = json.loads(json.dumps(BOOKING_WHATSAPP_FLOW))
    assert flow == BOOKING_WHATSAPP_FLOW
    assert (flow["version"], flow["data_api_version"]) == ("7.3", "3.0")


def test_the_screens_lead_forward_in_their_order() -> None:
    assert tuple(SCREEN) == SCREENS
    for number, name in enumerate(SCREENS):
        assert set(BOOKING_WHATSAPP_FLOW["routing_model"][name]) <= set(SCREENS[number + 1 :])


def test_only_the_summary_ends_it() -> None:
    assert [name for name, screen in SCREEN.items() if screen.get("terminal")] == [SUMMARY]


@pytest.mark.parametrize("screen_id", SCREENS)
def test_every_example_can_be_shown(screen_id: str) -> None:
    request = {"action": "data_exchange", "screen": screen_id, "data": {}}
    assert reply_problems(BOOKING_WHATSAPP_FLOW, request, {"screen": screen_id, "data": examples(screen_id)}) == []


@pytest.mark.parametrize(
    ("screen_id", "fields"),
    [
        (TOUR, {"tour", "tour_in_list"}),
        (DATE, {"tour", "date"}),
        (TRAVELLERS, {"departure", "travellers"}),
        (CONTACT, {"hold", "name", "email"}),
        (SUMMARY, {"hold", "next"}),
    ],
)
def test_every_button_says_by_itself_what_was_chosen(screen_id: str, fields: set[str]) -> None:
    (footer,) = components(screen_id, "Footer")
    action = footer.component["on-click-action"]
    assert (action["name"], set(action["payload"])) == ("data_exchange", fields)


def test_nothing_that_decides_a_price_can_be_typed() -> None:
    typed = [place.component["name"] for name in SCREENS for place in components(name, "TextInput")]
    assert typed == ["name", "email"]


def test_no_card_number_and_no_pin_is_ever_asked_for() -> None:
    inputs = [place.component for name in SCREENS for place in components(name, "TextInput")]
    assert not [each for each in inputs if each["input-type"] in ("password", "passcode")]


@pytest.mark.parametrize("screen_id", SCREENS)
def test_another_project_knows_every_component_and_property(screen_id: str) -> None:
    """pywa builds Flows from classes of its own; each of our components is one of them, with properties it takes."""
    for place in places(SCREEN[screen_id]):
        known = getattr(pywa, place.type).__dataclass_fields__
        used = {name.replace("-", "_") for name in place.component} - {"type", "else"}
        assert used <= set(known), place.type


def test_another_project_reads_a_request_of_it() -> None:
    opened = {
        "version": "3.0",
        "flow_token": "t",
        "screen": DATE,
        "action": "data_exchange",
        "data": {"tour": "1", "date": "2026-12-12"},
    }
    request = pywa.FlowRequest.from_dict(data=opened, raw_encrypted={})
    assert (request.screen, request.data) == (DATE, opened["data"])
