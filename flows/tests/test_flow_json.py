"""The checker of Meta's published rules: it lets sound Flows pass, and names each fault as Meta does."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pywa.types import flows as pywa

from flows.definitions.payment_whatsapp_flow import PAYMENT_WHATSAPP_FLOW
from flows.flow_json import Problem, problems_of
from flows.tests.flow_faults import FAULTS, Flow, Spoil, field, fields, footer, if_, link, sound_flow

META_ERRORS = {
    "INVALID_FLOW_JSON",
    "INVALID_PROPERTY_KEY",
    "INVALID_PROPERTY_VALUE",
    "INVALID_PROPERTY_TYPE",
    "INVALID_PROPERTY_VALUE_FORMAT",
    "MIN_ITEMS_REQUIRED",
    "MIN_CHARS_REQUIRED",
    "MISSING_REQUIRED_TYPE_PROPERTY",
    "MISSING_REQUIRED_PROPERTY",
    "PATTERN_MISMATCH",
    "INVALID_ENUM_VALUE",
    "INVALID_DEPENDENCIES",
    "NOT_KEYWORD_SCHEMA_VALIDATION_FAILED",
    "KEYWORD_ONE_OF",
    "INVALID_FLOW_JSON_VERSION",
    "MISSING_FLOW_JSON_VERSION",
    "UNSUPPORTED_FLOW_JSON_VERSION",
    "UNAVAILABLE_FLOW_JSON_VERSION",
    "NO_SUPPORTED_DATA_API_VERSION",
    "INVALID_ROUTING_MODEL",
    "INVALID_ON_CLICK_ACTION_PAYLOAD",
    "INVALID_COMPLETE_ACTION",
    "INVALID_NAVIGATE_ACTION_PAYLOAD",
    "INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME",
    "INVALID_ACTION_PAYLOAD_PROPERTY",
    "INVALID_SCREEN_DYNAMIC_DATA",
    "INVALID_SCREEN_DATA",
    "MAX_SCREENS_NUMBER",
    "MAX_FOOTER_PER_SCREEN",
    "MAX_EMBEDDED_LINK_PER_SCREEN",
    "MAX_IMAGE_PER_SCREEN",
    "MAX_OPT_IN_PER_SCREEN",
    "MIN_VALUE_GREATER_THAN_MAX",
    "MINIMUM_VALUE_REQUIRED",
    "MAXIMUM_VALUE_REQUIRED",
    "DUPLICATE_FORM_COMPONENT_NAMES",
    "DUPLICATE_SCREEN_IDS",
    "SCREEN_ID_IS_RESERVED_KEYWORD",
    "MISSING_FOOTER_ON_TERMINAL_SCREEN",
    "MISSING_TERMINAL_SCREEN",
    "COMPONENTS_OUTSIDE_FORM",
    "MISSING_FOOTER_IN_IF_ELSE_BRANCHES",
    "MISSING_FOOTER_IN_SWITCH_BRANCHES",
    "MORE_THAN_ONE_FOOTER",
    "NATIVE_COMPONENT_IN_FORM_INIT_VALUES",
}

MINIMAL_FLOW = {
    "version": "7.3",
    "data_api_version": "3.0",
    "routing_model": {"BILL": ["REVIEW"], "REVIEW": []},
    "screens": [
        {
            "id": "BILL",
            "title": "Pay a bill",
            "data": {
                "payer": {"type": "string", "__example__": "Ana"},
                "bills": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"id": {"type": "string"}, "title": {"type": "string"}}},
                    "__example__": [{"id": "1", "title": "July"}],
                },
            },
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {"type": "TextHeading", "text": "${data.payer}"},
                    {
                        "type": "RadioButtonsGroup",
                        "name": "bill",
                        "label": "Bill",
                        "required": True,
                        "data-source": "${data.bills}",
                    },
                    footer(name="data_exchange", payload={"bill": "${form.bill}"}),
                ],
            },
        },
        {
            "id": "REVIEW",
            "title": "Review",
            "terminal": True,
            "success": True,
            "data": {"summary": {"type": "string", "__example__": "x"}},
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {"type": "TextBody", "text": "${data.summary}"},
                    footer(name="data_exchange", payload={"confirm": "yes"}),
                ],
            },
        },
    ],
}


# --- Sound Flows ----------------------------------------------------------------------------------
@pytest.mark.parametrize("flow", [PAYMENT_WHATSAPP_FLOW, MINIMAL_FLOW, sound_flow()], ids=["payment", "minimal", "sound"])
def test_a_sound_flow_has_no_problems(flow: Flow) -> None:
    assert problems_of(flow) == []


def pywa_sign_up() -> pywa.FlowJSON:
    """A Flow that a phone plays alone, built by another project: every usual input, a choice of branches, a route."""
    greeting = pywa.ScreenData(key="greeting", example="Hello")
    is_member, greeted = pywa.ScreenData(key="is_member", example=False), pywa.ScreenData(key="greeted", example=True)
    form = pywa.Form(
        name="form",
        children=[
            name := pywa.TextInput(name="name", label="Name", input_type=pywa.InputType.TEXT, required=True, max_chars=40),
            pywa.TextArea(name="notes", label="Notes", max_length=200),
            colour := pywa.Dropdown(name="colour", label="Colour", data_source=[pywa.DataSource(id="r", title="Red")]),
            pywa.CheckboxGroup(
                name="topics",
                label="Topics",
                min_selected_items=1,
                max_selected_items=1,
                data_source=[pywa.DataSource(id="n", title="News")],
            ),
            pywa.DatePicker(name="day", label="Day", min_date="2026-01-01", max_date="2026-12-31"),
            pywa.OptIn(name="agree", label="I agree", required=True),
            pywa.If(
                condition=is_member.ref & greeted.ref,
                then=[pywa.TextBody(text="Welcome back")],
                else_=[pywa.TextCaption(text="New here")],
            ),
            pywa.Footer(
                label="Go on",
                on_click_action=pywa.NavigateAction(next=pywa.Next(name="LAST"), payload={"who": name.ref, "colour": colour.ref}),
            ),
        ],
    )
    first = pywa.Screen(id="FIRST", title="Sign up", data=[greeting, is_member, greeted], layout=pywa.Layout(children=[form]))
    who, chosen = pywa.ScreenData(key="who", example="Ana"), pywa.ScreenData(key="colour", example="r")
    last = pywa.Screen(
        id="LAST",
        title="Done",
        terminal=True,
        data=[who, chosen],
        layout=pywa.Layout(
            children=[
                pywa.TextHeading(text=pywa.FlowStr("Thank you {who}", who=who.ref)),
                pywa.TextSubheading(text=chosen.ref),
                pywa.EmbeddedLink(text="Terms", on_click_action=pywa.OpenURLAction(url="https://example.com/terms")),
                pywa.Footer(label="Finish", on_click_action=pywa.CompleteAction(payload={"who": who.ref})),
            ]
        ),
    )
    return pywa.FlowJSON(version="7.3", screens=[first, last])


def pywa_with_endpoint() -> pywa.FlowJSON:
    """A Flow with an endpoint, built by another project."""
    options = pywa.ScreenData(key="options", example=[pywa.DataSource(id="1", title="One"), pywa.DataSource(id="2", title="Two")])
    shown = pywa.ScreenData(key="is_shown", example=True)
    chips = pywa.ChipsSelector(name="chips", label="Choose", data_source=options.ref, visible=shown.ref)
    picker = pywa.CalendarPicker(name="days", label="Days", mode=pywa.CalendarPickerMode.SINGLE)
    first = pywa.Screen(
        id="CHOOSE",
        title="Choose",
        data=[options, shown],
        refresh_on_back=True,
        layout=pywa.Layout(
            children=[
                chips,
                picker,
                pywa.Footer(label="Next", on_click_action=pywa.DataExchangeAction(payload={"chips": chips.ref, "day": picker.ref})),
            ]
        ),
    )
    last = pywa.Screen(
        id="FINISH",
        title="Finish",
        terminal=True,
        success=True,
        layout=pywa.Layout(
            children=[pywa.TextBody(text="Bye"), pywa.Footer(label="Done", on_click_action=pywa.DataExchangeAction(payload={}))]
        ),
    )
    routes = {"CHOOSE": ["FINISH"], "FINISH": []}
    return pywa.FlowJSON(version="7.3", data_api_version="3.0", routing_model=routes, screens=[first, last])


@pytest.mark.parametrize("built", [pywa_sign_up, pywa_with_endpoint])
def test_a_flow_that_another_project_builds_has_no_problems(built: Any) -> None:
    assert problems_of(json.loads(built().to_json())) == []


def test_a_footer_in_every_branch_is_sound() -> None:
    flow = sound_flow()
    fields(flow)[-1] = if_([footer()], footer())
    assert problems_of(flow) == []


def test_two_links_and_an_address_are_sound() -> None:
    flow = sound_flow()
    fields(flow)[:0] = [link(), link(name="open_url", url="https://example.com")]
    assert problems_of(flow) == []


# --- Faults ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("error", "path", "spoil"), FAULTS, ids=[f"{fault[0]}-{number}" for number, fault in enumerate(FAULTS)])
def test_a_fault_is_named_as_meta_names_it_and_found_at_its_place(error: str, path: str, spoil: Spoil) -> None:
    flow = sound_flow()
    spoil(flow)
    found = problems_of(flow)
    assert [problem for problem in found if problem.error == error and problem.path.endswith(path)], [
        str(problem) for problem in found
    ]


def test_every_error_of_metas_validator_has_a_test() -> None:
    assert {fault[0] for fault in FAULTS} == META_ERRORS


def test_no_error_is_named_that_meta_does_not_know() -> None:
    found: set[str] = set()
    for _, _, spoil in FAULTS:
        flow = sound_flow()
        spoil(flow)
        found |= {problem.error for problem in problems_of(flow)}
    assert found <= META_ERRORS


def test_a_null_is_nowhere_allowed() -> None:
    flow = sound_flow()
    field(flow, "TextInput")["helper-text"] = None
    assert [problem.error for problem in problems_of(flow)] == ["INVALID_PROPERTY_TYPE"]


@pytest.mark.parametrize("not_a_flow", [None, [], "flow", 5])
def test_what_is_no_object_is_no_flow(not_a_flow: Any) -> None:
    assert [problem.error for problem in problems_of(not_a_flow)] == ["INVALID_FLOW_JSON"]


def test_a_problem_reads_as_a_sentence_with_its_place() -> None:
    problem = Problem("MIN_CHARS_REQUIRED", "/screens/0/title", "This must not be empty.")
    assert str(problem) == "MIN_CHARS_REQUIRED at /screens/0/title: This must not be empty."


# --- Whatever else --------------------------------------------------------------------------------
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["${data.x}", "`${form.", "If", "Footer"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can be replaced: its container and its key."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [spot for key in keys for spot in spots(value[key])]


@given(st.sampled_from([sound_flow(), PAYMENT_WHATSAPP_FLOW]), st.randoms(use_true_random=False), JUNK)
def test_the_checker_survives_junk_at_any_place(original: Flow, chance: random.Random, junk: Any) -> None:
    flow = copy.deepcopy(original)
    container, key = chance.choice(spots(flow))
    container[key] = junk
    assert all(str(problem) for problem in problems_of(flow))
