"""Replies of the endpoint, judged as Meta's client does: what it would show, and what it would refuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.definitions.payment_whatsapp_flow import (
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    PAYMENT_WHATSAPP_FLOW,
)
from flows.flow_json import reply_problems
from flows.flow_json.expressions import BadExpression, evaluate, parse, read
from flows.flow_json.rendering import Values, filled

SCREEN = {screen["id"]: screen for screen in PAYMENT_WHATSAPP_FLOW["screens"]}
TOKEN = "a-token"


def examples(screen_id: str, **replaced: Any) -> dict[str, Any]:
    return {name: declared["__example__"] for name, declared in SCREEN[screen_id]["data"].items()} | replaced


def asked(action: str = "data_exchange", screen: str = PAYMENT, **data: Any) -> dict[str, Any]:
    return {"version": "3.0", "action": action, "screen": screen, "flow_token": TOKEN, "data": data}


def shown(screen_id: str, **replaced: Any) -> dict[str, Any]:
    return {"screen": screen_id, "data": examples(screen_id, **replaced)}


def ended(**params: Any) -> dict[str, Any]:
    return {"screen": "SUCCESS", "data": {"extension_message_response": {"params": params}}}


def problems(request: dict[str, Any], reply: Any) -> list[str]:
    return reply_problems(PAYMENT_WHATSAPP_FLOW, request, reply)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (asked("INIT", ""), shown(PAYMENT)),
        (asked(), shown(PAYMENT_PROCESSING)),
        (asked(), shown(PAYMENT, error_message="Choose a way to pay.")),
        (asked(), shown(PAYMENT, notice="", has_notice=False, error_messages={}, init_values={})),
        (asked(screen=PAYMENT_ERROR), shown(PAYMENT)),
        (asked("BACK", PAYMENT_PROCESSING), shown(PAYMENT)),
        (asked(screen=PAYMENT_SUCCESS), ended(flow_token=TOKEN, payment_reference="7K3M9QX2TAZ", status="successful")),
        ({"action": "ping", "version": "3.0"}, {"data": {"status": "active"}}),
        (asked(error="payload-schema-error", error_message="x"), {"data": {"acknowledged": True}}),
        (asked(), {"version": "3.0", **shown(PAYMENT_SUCCESS)}),
    ],
)
def test_a_right_reply_is_shown(request_: dict[str, Any], reply: dict[str, Any]) -> None:
    assert problems(request_, reply) == []


def without(name: str) -> dict[str, Any]:
    reply = shown(PAYMENT_PROCESSING)
    del reply["data"][name]
    return reply


def methods(number: int, **replaced: Any) -> list[dict[str, Any]]:
    return [{"id": str(one), "title": "A wallet", "description": "Approve there", **replaced} for one in range(number)]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ([], "The reply is not an object."),
        ({"data": {}}, "The reply names no screen."),
        ({"screen": PAYMENT}, "The reply has no object data."),
        ({"screen": PAYMENT, "data": []}, "The reply has no object data."),
        ({"screen": "PAYMENTS", "data": {}}, "There is no screen PAYMENTS."),
        ({"screen": PAYMENT, "data": {"x": float("nan")}}, "The reply cannot be written as JSON."),
        (shown(PAYMENT_PROCESSING, instructions="x" * 1_100_000), "The reply is larger than 1 MB."),
        (without("heading"), "data.heading is missing."),
        (shown(PAYMENT_PROCESSING, colour="red"), "data.colour is not declared."),
        (shown(PAYMENT_PROCESSING, heading=None), "data.heading is null; leave it out or send an empty value."),
        (shown(PAYMENT_PROCESSING, heading=5), "data.heading should be of type string, but is number."),
        (shown(PAYMENT_PROCESSING, has_code="true"), "data.has_code should be of type boolean, but is string."),
        (shown(PAYMENT_PROCESSING, heading="x" * 81), "TextHeading text: This may have 80 characters at most, not 81."),
        (shown(PAYMENT_PROCESSING, heading=" "), "TextHeading text: This must not be empty."),
        (shown(PAYMENT_PROCESSING, code=""), "TextSubheading text: This must not be empty."),
        (shown(PAYMENT_PROCESSING, detail="x" * 410), "TextCaption text: This may have 409 characters at most, not 410."),
        (shown(PAYMENT_PROCESSING, link_text="x" * 26), "EmbeddedLink text: This may have 25 characters at most, not 26."),
        (shown(PAYMENT_PROCESSING, link_url="paynow"), "EmbeddedLink: 'paynow' is not an address that can be opened."),
        (shown(PAYMENT_PROCESSING, qr_image="not base64!"), "Image src: An image must be base64."),
        (shown(PAYMENT_PROCESSING, qr_image="aGVsbG8="), "Image src: An image must be PNG or JPEG."),
        (shown(PAYMENT_PROCESSING, error_message=""), "error_message is not a text."),
        (
            shown(PAYMENT_PROCESSING, extension_message_response={"params": {}}),
            "extension_message_response belongs to SUCCESS only.",
        ),
        (shown(PAYMENT, methods=methods(21)), "RadioButtonsGroup data-source: This may have 20 items at most, not 21."),
        (shown(PAYMENT, methods=[]), "RadioButtonsGroup data-source: This needs at least 1."),
        (
            shown(PAYMENT, methods=methods(1, title="x" * 31)),
            "RadioButtonsGroup data-source/0/title: This may have 30 characters at most, not 31.",
        ),
        (
            shown(PAYMENT, methods=methods(1, description="x" * 301)),
            "RadioButtonsGroup data-source/0/description: This may have 300 characters at most, not 301.",
        ),
        (shown(PAYMENT, methods=methods(2, id="ecocash")), "RadioButtonsGroup data-source/1/id: Two options have the same id."),
        (shown(PAYMENT, methods=[{"id": "ecocash"}]), "RadioButtonsGroup data-source/0/title: title is missing."),
        (shown(PAYMENT, methods=methods(1, image=5)), "data.methods[0].image is not declared."),
        (
            shown(PAYMENT, init_values={"payment_method": "cash"}),
            "RadioButtonsGroup payment_method: 'cash' is chosen, but is no option.",
        ),
        (shown(PAYMENT, init_values={"phone": 771234567}), "data.init_values.phone should be of type string, but is number."),
        (
            shown(PAYMENT, error_messages={"phone": "x" * 31}),
            "TextInput error-message: This may have 30 characters at most, not 31.",
        ),
        (shown(PAYMENT, error_messages={"surname": "x"}), "data.error_messages.surname is not declared."),
        ({"screen": "SUCCESS", "data": {}}, "SUCCESS without extension_message_response.params closes the Flow and tells nobody."),
        (ended(status="paid"), "The params of SUCCESS do not carry the flow_token."),
        (ended(flow_token="another"), "The params of SUCCESS carry another flow_token."),
        (ended(flow_token=TOKEN, status=None), "params.status is null."),
    ],
)
def test_a_wrong_reply_is_refused_with_the_reason(reply: Any, sentence: str) -> None:
    assert sentence in problems(asked(), reply)


@pytest.mark.parametrize(
    ("request_", "reply", "sentence"),
    [
        (
            asked("INIT", ""),
            shown(PAYMENT_PROCESSING),
            "A Flow cannot open with PAYMENT_PROCESSING: a way leads to it from another screen.",
        ),
        (asked(screen=PAYMENT_SUCCESS), shown(PAYMENT_ERROR), "There is no way from PAYMENT_SUCCESS to PAYMENT_ERROR."),
        ({"action": "ping"}, {"data": {}}, "A ping is answered with data.status active."),
        (asked(error="timeout_error"), shown(PAYMENT), "An error notice is answered with data.acknowledged true."),
    ],
)
def test_a_reply_must_fit_what_was_asked(request_: dict[str, Any], reply: dict[str, Any], sentence: str) -> None:
    assert sentence in problems(request_, reply)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False)
        | st.text(max_size=5)
        | st.sampled_from(["screen", "data", PAYMENT, "SUCCESS"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["screen", "data", "methods", "init_values"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_reply_is_judged_without_a_crash(reply: Any) -> None:
    problems(asked(), reply)
    problems(asked(), {"screen": PAYMENT, "data": reply})


# --- Expressions ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("`'Dear ' ${form.name} ', ' ${data.nights} ' nights'`", "Dear Ana, 3 nights"),
        ("`${data.nights} + 2 - 1`", 4),
        ("`(${data.nights} + 1) / 2`", 2),
        ("`${data.nights} / 0`", 0),
        ("`${data.nights} % 2`", 1),
        ("`${data.nights} >= 3 && !(${form.name} == 'Bob')`", True),
        ("`${data.nights} < 3 || ${form.name} != 'Ana'`", False),
        ("${data.trip.title}", "Falls"),
        ("${screen.FIRST.form.name}", "Eve"),
        ("${data.unknown}", None),
        ("`${data.unknown} + 1`", None),
        ("`'it\\'s true: ' true`", "it's true: true"),
    ],
)
def test_an_expression_comes_to_what_the_phone_shows(text: str, value: object) -> None:
    values = Values(
        data={"nights": 3, "trip": {"title": "Falls"}}, form={"name": "Ana"}, others={"FIRST": Values(form={"name": "Eve"})}
    )
    assert evaluate(read(text), values.of) == value


@pytest.mark.parametrize("text", ["", "1 +", "(1", "'open", "${data}", "* 2", "1 ) 2", "(" * 5000])
def test_a_broken_expression_is_said_to_be_broken(text: str) -> None:
    with pytest.raises(BadExpression):
        parse(text)


def test_an_unanswered_field_is_left_out_of_what_is_sent() -> None:
    payload = {"phone": "${form.phone}", "email": "${form.email}"}
    assert filled(payload, Values(form={"phone": "0771234567"})) == {"phone": "0771234567"}
