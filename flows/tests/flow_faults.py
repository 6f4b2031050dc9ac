"""A sound Flow, and for every error of Meta's validator a way to spoil it."""

import copy
from collections.abc import Callable
from typing import Any

Flow = dict[str, Any]
Spoil = Callable[[Flow], object]


def sound_flow() -> Flow:
    """Two screens: a form with most inputs, and an end."""
    return copy.deepcopy(_SOUND)


def form(flow: Flow) -> Flow:
    found: Flow = flow["screens"][0]["layout"]["children"][0]
    return found


def fields(flow: Flow) -> list[Flow]:
    found: list[Flow] = form(flow)["children"]
    return found


def field(flow: Flow, kind: str) -> Flow:
    return next(component for component in fields(flow) if component["type"] == kind)


def ending(flow: Flow) -> list[Flow]:
    found: list[Flow] = flow["screens"][1]["layout"]["children"]
    return found


def footer(**action: Any) -> Flow:
    return {"type": "Footer", "label": "Go on", "on-click-action": action or {"name": "data_exchange", "payload": {}}}


def link(**action: Any) -> Flow:
    return {"type": "EmbeddedLink", "text": "More", "on-click-action": action or {"name": "data_exchange", "payload": {}}}


def if_(then: list[Flow], *otherwise: Flow) -> Flow:
    branches: Flow = {"type": "If", "condition": "${data.is_new}", "then": then}
    return {**branches, "else": list(otherwise)} if otherwise else branches


def _switch(cases: Any) -> Flow:
    return {"type": "Switch", "value": "${data.title}", "cases": cases}


def _text(text: str = "Hello") -> Flow:
    return {"type": "TextBody", "text": text}


def _image() -> Flow:
    return {"type": "Image", "src": "${data.title}"}


def _opt_in(number: int) -> Flow:
    return {"type": "OptIn", "name": f"agree_{number}", "label": "I agree"}


def _data_of(flow: Flow) -> Flow:
    found: Flow = flow["screens"][0]["data"]
    return found


def _without_endpoint(flow: Flow) -> None:
    """The same Flow as one that a phone plays alone."""
    del flow["data_api_version"]
    fields(flow)[-1]["on-click-action"] = {
        "name": "navigate",
        "next": {"type": "screen", "name": "END"},
        "payload": {"thanks": "Bye"},
    }
    ending(flow)[-1]["on-click-action"] = {"name": "complete", "payload": {}}


def _spoil_navigation(**replaced: Any) -> Spoil:
    def spoil(flow: Flow) -> None:
        _without_endpoint(flow)
        fields(flow)[-1]["on-click-action"].update(replaced)

    return spoil


def _photo_in_a_list(flow: Flow) -> None:
    fields(flow).insert(0, {"type": "PhotoPicker", "name": "proof", "label": "Proof"})
    fields(flow)[-1]["on-click-action"]["payload"] = {"proofs": ["${form.proof}"]}


def _photo_filled_in(flow: Flow) -> None:
    fields(flow).insert(0, {"type": "PhotoPicker", "name": "proof", "label": "Proof"})
    form(flow)["init-values"] = {"proof": []}


def _twice(items: list[Any]) -> None:
    items.append(copy.deepcopy(items[0]))


def _screens(number: int) -> Spoil:
    def spoil(flow: Flow) -> None:
        names = ["A" * (position + 1) for position in range(number)]
        flow["screens"][1:1] = [{**copy.deepcopy(flow["screens"][1]), "id": name} for name in names]
        flow["routing_model"].update({name: [] for name in names})

    return spoil


def _rename(flow: Flow, name: str) -> None:
    flow["screens"][1]["id"] = name
    flow["routing_model"] = {"START": [name], name: []}


# --- One fault for every error --------------------------------------------------------------------
FAULTS: list[tuple[str, str, Spoil]] = [
    ("INVALID_FLOW_JSON", "", lambda flow: flow.update(screens={1, 2})),
    ("INVALID_FLOW_JSON", "", lambda flow: fields(flow).append(_text("x" * 11_000_000))),
    ("INVALID_PROPERTY_KEY", "/colour", lambda flow: flow.update(colour="red")),
    ("INVALID_PROPERTY_KEY", "/layout/children/0/children/0/size", lambda flow: fields(flow)[0].update(size=3)),
    ("INVALID_PROPERTY_KEY", "/children/1/init-value", lambda flow: fields(flow)[1].update({"init-value": "7"})),
    ("INVALID_PROPERTY_KEY", "/pattern", lambda flow: (flow.update(version="6.1"), field(flow, "TextInput").update(pattern="x"))),
    ("INVALID_PROPERTY_VALUE", "/children/0/text", lambda flow: fields(flow)[0].update(text="x" * 81)),
    ("INVALID_PROPERTY_VALUE", "/children/0/text", lambda flow: fields(flow)[0].update(text="Dear ${data.title}")),
    ("INVALID_PROPERTY_VALUE", "/children/0/text", lambda flow: fields(flow)[0].update(text="`'Dear ${data.title}`")),
    ("INVALID_PROPERTY_VALUE", "/children/0/text", lambda flow: fields(flow)[0].update(text="${basket.title}")),
    ("INVALID_PROPERTY_VALUE", "/condition", lambda flow: ending(flow).insert(0, {**if_([_text()]), "condition": "${data.thanks"})),
    ("INVALID_PROPERTY_VALUE", "/condition", lambda flow: fields(flow).insert(0, {**if_([_text()]), "condition": "true"})),
    ("INVALID_PROPERTY_VALUE", "/sensitive/0", lambda flow: flow["screens"][0].update(sensitive=["password"])),
    ("INVALID_PROPERTY_VALUE", "/data-source/1/id", lambda flow: _twice(field(flow, "Dropdown")["data-source"])),
    (
        "INVALID_PROPERTY_VALUE",
        "/name",
        lambda flow: fields(flow).insert(0, {"type": "TextInput", "name": "${data.title}", "label": "x"}),
    ),
    ("INVALID_PROPERTY_VALUE", "", lambda flow: fields(flow).insert(0, {"type": "RichText", "text": "# Hello"})),
    ("INVALID_PROPERTY_VALUE", "/screens/0", lambda flow: fields(flow).extend([_text()] * 50)),
    ("INVALID_PROPERTY_VALUE", "/name", lambda flow: fields(flow).append(footer(name="open_url", url="https://example.com"))),
    ("INVALID_PROPERTY_TYPE", "/children/0/text", lambda flow: fields(flow)[0].update(text=5)),
    ("INVALID_PROPERTY_TYPE", "/children/0/text", lambda flow: fields(flow)[0].update(text=None)),
    ("INVALID_PROPERTY_TYPE", "/screens", lambda flow: flow.update(screens={})),
    ("INVALID_PROPERTY_TYPE", "/children/0/children/0", lambda flow: fields(flow).insert(0, "text")),  # type: ignore[arg-type]
    ("INVALID_PROPERTY_TYPE", "/init-values/phone", lambda flow: form(flow).update({"init-values": {"phone": 5}})),
    ("INVALID_PROPERTY_VALUE_FORMAT", "/src", lambda flow: fields(flow).insert(0, {"type": "Image", "src": "picture.png"})),
    ("INVALID_PROPERTY_VALUE_FORMAT", "/url", lambda flow: fields(flow).insert(0, link(name="open_url", url="example"))),
    ("INVALID_PROPERTY_VALUE_FORMAT", "/min-date", lambda flow: field(flow, "DatePicker").update({"min-date": "21.11.2026"})),
    ("MIN_ITEMS_REQUIRED", "/children/0/children", lambda flow: form(flow).update(children=[])),
    ("MIN_ITEMS_REQUIRED", "/cases/a", lambda flow: fields(flow).insert(0, _switch({"a": []}))),
    ("MIN_ITEMS_REQUIRED", "/data-source", lambda flow: field(flow, "Dropdown").update({"data-source": []})),
    ("MIN_CHARS_REQUIRED", "/children/0/text", lambda flow: fields(flow)[0].update(text=" ")),
    ("MISSING_REQUIRED_TYPE_PROPERTY", "/children/0/type", lambda flow: fields(flow)[0].pop("type")),
    ("MISSING_REQUIRED_PROPERTY", "/children/0/text", lambda flow: fields(flow)[0].pop("text")),
    ("MISSING_REQUIRED_PROPERTY", "/routing_model", lambda flow: flow.pop("routing_model")),
    ("MISSING_REQUIRED_PROPERTY", "/payload", lambda flow: fields(flow)[-1]["on-click-action"].pop("payload")),
    ("PATTERN_MISMATCH", "/screens/1/id", lambda flow: _rename(flow, "END-2")),
    ("INVALID_ENUM_VALUE", "/input-type", lambda flow: field(flow, "TextInput").update({"input-type": "tel"})),
    ("INVALID_ENUM_VALUE", "/type", lambda flow: fields(flow).insert(0, {"type": "Slider"})),
    ("INVALID_ENUM_VALUE", "/name", lambda flow: fields(flow)[-1].update({"on-click-action": {"name": "submit"}})),
    ("INVALID_DEPENDENCIES", "/pattern", lambda flow: field(flow, "TextInput").update(pattern="[0-9]+")),
    ("INVALID_DEPENDENCIES", "/left-caption", lambda flow: fields(flow)[-1].update({"left-caption": "1 of 2"})),
    ("INVALID_DEPENDENCIES", "/success", lambda flow: flow["screens"][0].update(success=True)),
    (
        "NOT_KEYWORD_SCHEMA_VALIDATION_FAILED",
        "/data-source/0",
        lambda flow: field(flow, "Dropdown")["data-source"][0].update(color="00FF00", image="${data.title}"),
    ),
    (
        "KEYWORD_ONE_OF",
        "/children/6",
        lambda flow: fields(flow)[-1].update({"left-caption": "a", "right-caption": "b", "center-caption": "c"}),
    ),
    ("MISSING_FLOW_JSON_VERSION", "/version", lambda flow: flow.pop("version")),
    ("INVALID_FLOW_JSON_VERSION", "/version", lambda flow: flow.update(version="seven")),
    ("UNSUPPORTED_FLOW_JSON_VERSION", "/version", lambda flow: flow.update(version="4.0")),
    ("UNAVAILABLE_FLOW_JSON_VERSION", "/version", lambda flow: flow.update(version="9.9")),
    ("NO_SUPPORTED_DATA_API_VERSION", "/data_api_version", lambda flow: flow.update(data_api_version="2.0")),
    ("INVALID_ROUTING_MODEL", "/routing_model/END", lambda flow: flow["routing_model"].update(END=["START"])),
    ("INVALID_ROUTING_MODEL", "/routing_model/START", lambda flow: flow["routing_model"]["START"].append("START")),
    ("INVALID_ROUTING_MODEL", "/routing_model/START", lambda flow: flow["routing_model"]["START"].append("NOWHERE")),
    ("INVALID_ROUTING_MODEL", "/routing_model/END", lambda flow: flow["routing_model"].pop("END")),
    ("INVALID_ROUTING_MODEL", "/routing_model", lambda flow: flow["routing_model"].update(START=[])),
    ("INVALID_ROUTING_MODEL", "/routing_model/START", lambda flow: flow["routing_model"].update(START=[])),
    ("INVALID_ROUTING_MODEL", "/routing_model", lambda flow: flow["routing_model"].update(END=["START"])),
    (
        "INVALID_ROUTING_MODEL",
        "/routing_model/START",
        lambda flow: (_screens(11)(flow), flow["routing_model"].update(START=[screen["id"] for screen in flow["screens"][1:]])),
    ),
    (
        "INVALID_ROUTING_MODEL",
        "/routing_model",
        lambda flow: (_spoil_navigation()(flow), flow["routing_model"].update(START=[])),
    ),
    (
        "INVALID_ON_CLICK_ACTION_PAYLOAD",
        "/payload/name",
        lambda flow: fields(flow)[-1]["on-click-action"]["payload"].update(name="${form.surname}"),
    ),
    (
        "INVALID_COMPLETE_ACTION",
        "/name",
        lambda flow: fields(flow)[-1].update({"on-click-action": {"name": "complete", "payload": {}}}),
    ),
    ("INVALID_NAVIGATE_ACTION_PAYLOAD", "/payload/thanks", _spoil_navigation(payload={})),
    ("INVALID_NAVIGATE_ACTION_PAYLOAD", "/payload/extra", _spoil_navigation(payload={"thanks": "x", "extra": 1})),
    ("INVALID_NAVIGATE_ACTION_PAYLOAD", "/payload/thanks", _spoil_navigation(payload={"thanks": "${data.is_new}"})),
    ("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", "/next/name", _spoil_navigation(next={"type": "screen", "name": "NOWHERE"})),
    ("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", "/next/name", _spoil_navigation(next={"type": "screen", "name": "START"})),
    ("INVALID_ACTION_PAYLOAD_PROPERTY", "/payload/proofs/0", _photo_in_a_list),
    (
        "INVALID_ACTION_PAYLOAD_PROPERTY",
        "/payload/other",
        lambda flow: field(flow, "Dropdown").update({"on-select-action": {"name": "update_data", "payload": {"other": 1}}}),
    ),
    ("INVALID_SCREEN_DYNAMIC_DATA", "/children/0/text", lambda flow: fields(flow)[0].update(text="${data.headline}")),
    ("INVALID_SCREEN_DYNAMIC_DATA", "/children/0/text", lambda flow: fields(flow)[0].update(text="${data.is_new}")),
    ("INVALID_SCREEN_DYNAMIC_DATA", "/children/0/text", lambda flow: fields(flow)[0].update(text="`'New: ' ${data.titel}`")),
    ("INVALID_SCREEN_DYNAMIC_DATA", "/children/0/visible", lambda flow: fields(flow)[0].update(visible="`${data.title} == 5`")),
    ("INVALID_SCREEN_DYNAMIC_DATA", "/children/0/text", lambda flow: fields(flow)[0].update(text="${screen.START.data.title}")),
    (
        "INVALID_SCREEN_DYNAMIC_DATA",
        "/condition",
        lambda flow: fields(flow).insert(0, {**if_([_text()]), "condition": "${data.title}"}),
    ),
    (
        "INVALID_SCREEN_DYNAMIC_DATA",
        "/data-source",
        lambda flow: field(flow, "RadioButtonsGroup").update({"data-source": "${data.names}"}),
    ),
    ("INVALID_SCREEN_DATA", "/data/title/type", lambda flow: _data_of(flow)["title"].pop("type")),
    ("INVALID_SCREEN_DATA", "/data/names/items", lambda flow: _data_of(flow)["names"].pop("items")),
    ("INVALID_SCREEN_DATA", "/data/title/__example__", lambda flow: _data_of(flow)["title"].pop("__example__")),
    ("INVALID_SCREEN_DATA", "/data/title/__example__", lambda flow: _data_of(flow)["title"].update(__example__=5)),
    ("INVALID_SCREEN_DATA", "/data/title/__example__", lambda flow: _data_of(flow)["title"].update(__example__=None)),
    ("INVALID_SCREEN_DATA", "/items/__example__", lambda flow: _data_of(flow)["names"]["items"].update(__example__="x")),
    ("MAX_SCREENS_NUMBER", "/screens", _screens(99)),
    ("MAX_FOOTER_PER_SCREEN", "/children/7", lambda flow: fields(flow).append(footer())),
    ("MAX_EMBEDDED_LINK_PER_SCREEN", "/screens/0", lambda flow: fields(flow).extend([link(), link(), link()])),
    ("MAX_IMAGE_PER_SCREEN", "/screens/0", lambda flow: fields(flow).extend([_image()] * 4)),
    ("MAX_OPT_IN_PER_SCREEN", "/screens/0", lambda flow: fields(flow).extend(_opt_in(number) for number in range(6))),
    (
        "MIN_VALUE_GREATER_THAN_MAX",
        "/min-chars",
        lambda flow: field(flow, "TextInput").update({"min-chars": 9, "max-chars": 3}),
    ),
    ("MINIMUM_VALUE_REQUIRED", "/max-chars", lambda flow: field(flow, "TextInput").update({"max-chars": 0})),
    (
        "MAXIMUM_VALUE_REQUIRED",
        "/max-uploaded-photos",
        lambda flow: fields(flow).insert(0, {"type": "PhotoPicker", "name": "proof", "label": "Proof", "max-uploaded-photos": 31}),
    ),
    ("DUPLICATE_FORM_COMPONENT_NAMES", "/name", lambda flow: fields(flow).append(copy.deepcopy(field(flow, "TextInput")))),
    (
        "DUPLICATE_FORM_COMPONENT_NAMES",
        "/else/0/name",
        lambda flow: fields(flow).insert(0, if_([_opt_in(1)], _opt_in(1))),
    ),
    ("DUPLICATE_SCREEN_IDS", "/screens/2/id", lambda flow: flow["screens"].append(copy.deepcopy(flow["screens"][1]))),
    ("SCREEN_ID_IS_RESERVED_KEYWORD", "/screens/1/id", lambda flow: _rename(flow, "SUCCESS")),
    ("MISSING_FOOTER_ON_TERMINAL_SCREEN", "/screens/1", lambda flow: ending(flow).pop()),
    ("MISSING_TERMINAL_SCREEN", "/screens", lambda flow: flow["screens"][1].update(success=False)),
    ("COMPONENTS_OUTSIDE_FORM", "/layout/children/1", lambda flow: flow["screens"][0]["layout"]["children"].append(_opt_in(1))),
    (
        "MISSING_FOOTER_IN_IF_ELSE_BRANCHES",
        "/children/6",
        lambda flow: fields(flow).__setitem__(-1, if_([footer()], _text())),
    ),
    ("MISSING_FOOTER_IN_IF_ELSE_BRANCHES", "/children/6", lambda flow: fields(flow).__setitem__(-1, if_([footer()]))),
    (
        "MISSING_FOOTER_IN_SWITCH_BRANCHES",
        "/children/6",
        lambda flow: fields(flow).__setitem__(-1, _switch({"a": [footer()], "b": [_text()]})),
    ),
    ("MORE_THAN_ONE_FOOTER", "/children/0", lambda flow: fields(flow).insert(0, if_([footer()], footer()))),
    ("NATIVE_COMPONENT_IN_FORM_INIT_VALUES", "/init-values/proof", _photo_filled_in),
]

_SOUND: Flow = {
    "version": "7.3",
    "data_api_version": "3.0",
    "routing_model": {"START": ["END"], "END": []},
    "screens": [
        {
            "id": "START",
            "title": "Welcome",
            "data": {
                "title": {"type": "string", "__example__": "A trip"},
                "is_new": {"type": "boolean", "__example__": True},
                "names": {"type": "array", "items": {"type": "string"}, "__example__": ["Ana"]},
                "trips": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"id": {"type": "string"}, "title": {"type": "string"}}},
                    "__example__": [{"id": "1", "title": "Victoria Falls"}],
                },
            },
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {
                        "type": "Form",
                        "name": "form",
                        "children": [
                            {"type": "TextHeading", "text": "${data.title}"},
                            {"type": "TextInput", "name": "phone", "label": "Phone", "input-type": "phone"},
                            {"type": "RadioButtonsGroup", "name": "trip", "label": "Trip", "data-source": "${data.trips}"},
                            {
                                "type": "Dropdown",
                                "name": "size",
                                "label": "How many",
                                "data-source": [{"id": "1", "title": "One"}],
                            },
                            {"type": "DatePicker", "name": "day", "label": "Day"},
                            {"type": "TextBody", "text": "`'For ' ${data.title} ', ' ${form.phone}`", "visible": "${data.is_new}"},
                            footer(name="data_exchange", payload={"phone": "${form.phone}", "trip": "${form.trip}"}),
                        ],
                    }
                ],
            },
        },
        {
            "id": "END",
            "terminal": True,
            "success": True,
            "data": {"thanks": {"type": "string", "__example__": "Thank you"}},
            "layout": {
                "type": "SingleColumnLayout",
                "children": [
                    {"type": "TextBody", "text": "${data.thanks}"},
                    footer(name="data_exchange", payload={"next": "done"}),
                ],
            },
        },
    ],
}
