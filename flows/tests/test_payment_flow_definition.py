"""The payment Flow: publishable, its names as promised, its examples showable."""

import json
from typing import Any

import pytest

from flows.definitions.payment_whatsapp_flow import (
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    PAYMENT_WHATSAPP_FLOW,
    SCREENS,
)
from flows.flow_json import problems_of, reply_problems
from flows.flow_json.walk import Place, places

SCREEN = {screen["id"]: screen for screen in PAYMENT_WHATSAPP_FLOW["screens"]}


def examples(screen_id: str) -> dict[str, Any]:
    return {name: declared["__example__"] for name, declared in SCREEN[screen_id]["data"].items()}


def components(screen_id: str, kind: str) -> list[Place]:
    return [place for place in places(SCREEN[screen_id]) if place.type == kind]


def footer_payload(screen_id: str) -> dict[str, str]:
    (footer,) = components(screen_id, "Footer")
    action = footer.component["on-click-action"]
    assert action["name"] == "data_exchange"
    payload: dict[str, str] = action["payload"]
    return payload


def test_meta_would_publish_it() -> None:
    assert problems_of(PAYMENT_WHATSAPP_FLOW) == []


def test_it_is_plain_json_of_the_agreed_versions() -> None:
    flow = json.loads(json.dumps(PAYMENT_WHATSAPP_FLOW))
    assert flow == PAYMENT_WHATSAPP_FLOW
    assert (flow["version"], flow["data_api_version"]) == ("7.3", "3.0")


def test_the_screens_lead_forward_as_agreed() -> None:
    assert PAYMENT_WHATSAPP_FLOW["routing_model"] == {
        PAYMENT: [PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR],
        PAYMENT_PROCESSING: [PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR],
        PAYMENT_OTP: [PAYMENT_SUCCESS, PAYMENT_ERROR],
        PAYMENT_SUCCESS: [],
        PAYMENT_ERROR: [],
    }
    assert tuple(SCREEN) == SCREENS


def test_it_ends_in_success_and_in_failure() -> None:
    ends = {name: screen.get("success") for name, screen in SCREEN.items() if screen.get("terminal")}
    assert ends == {PAYMENT_SUCCESS: True, PAYMENT_ERROR: False}


def test_pay_now_sends_exactly_the_four_fields() -> None:
    names = ("payment_method", "amount_option", "phone", "email")
    assert footer_payload(PAYMENT) == {name: f"${{form.{name}}}" for name in names}


def test_nobody_can_type_an_amount_or_a_card_number() -> None:
    typed = {place.component["name"] for name in SCREENS for place in components(name, "TextInput")}
    assert typed == {"phone", "email", "otp"}


def test_what_was_typed_is_kept_and_a_fault_stands_at_its_field() -> None:
    (form,) = components(PAYMENT, "Form")
    assert form.component["init-values"] == "${data.init_values}"
    assert form.component["error-messages"] == "${data.error_messages}"


def test_a_code_keeps_its_leading_zero_and_stays_hidden() -> None:
    (otp,) = components(PAYMENT_OTP, "TextInput")
    assert (otp.component["input-type"], otp.component["max-chars"]) == ("passcode", 10)
    assert footer_payload(PAYMENT_OTP) == {"otp": "${form.otp}"}


@pytest.mark.parametrize(
    ("screen_id", "next_"), [(PAYMENT_PROCESSING, "check"), (PAYMENT_SUCCESS, "done"), (PAYMENT_ERROR, "close")]
)
def test_the_main_button_says_what_comes_next(screen_id: str, next_: str) -> None:
    assert footer_payload(screen_id) == {"next": next_}


@pytest.mark.parametrize("screen_id", [PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_ERROR])
def test_another_method_is_one_tap_away(screen_id: str) -> None:
    payloads = [place.component["on-click-action"].get("payload") for place in components(screen_id, "EmbeddedLink")]
    assert {"next": "change_method"} in payloads


@pytest.mark.parametrize("screen_id", SCREENS)
def test_the_examples_are_a_screen_that_a_phone_shows(screen_id: str) -> None:
    request = {"action": "data_exchange", "screen": screen_id, "data": {}}
    assert reply_problems(PAYMENT_WHATSAPP_FLOW, request, {"screen": screen_id, "data": examples(screen_id)}) == []


def test_texts_of_what_is_not_shown_may_be_empty() -> None:
    hidden = {"has_code": False, "code": "", "code_expires": "", "has_qr": False, "qr_image": "", "has_link": False}
    data = examples(PAYMENT_PROCESSING) | hidden | {"link_url": "", "link_text": ""}
    request = {"action": "data_exchange", "screen": PAYMENT, "data": {}}
    assert reply_problems(PAYMENT_WHATSAPP_FLOW, request, {"screen": PAYMENT_PROCESSING, "data": data}) == []
