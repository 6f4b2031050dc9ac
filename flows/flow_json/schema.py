"""Does every object have the properties it must have, and only those it may have, each of the right form?"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flows.flow_json.component_rules import COMPONENTS, SELECTS
from flows.flow_json.expressions import ARRAY, NUMBER, OBJECT, STRING, is_dynamic, kind_of_value
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.rules import (
    CAROUSEL_IMAGE,
    DATA_API_VERSIONS,
    FLOW,
    FROZEN,
    IMAGE_KILOBYTES,
    LIST_ITEM,
    LIST_ITEM_PARTS,
    OPTION,
    OPTION_IMAGE_KILOBYTES,
    PUBLISHABLE,
    SCREEN,
    Property,
    Version,
)
from flows.flow_json.walk import Place, objects, places, pointer, screens_of

_SCREEN_ID = re.compile(r"[A-Za-z_]+")
_IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def schema_problems(flow: Json) -> Problems:
    version = version_of(flow)
    yield from _version_problems(flow)
    yield from _object_problems(flow, "", FLOW, version)
    for screen, path in screens_of(flow):
        yield from _screen_problems(screen, path, version)
        for place in places(screen, path):
            yield from component_problems(place, version)


def version_of(flow: Json) -> Version:
    """The version of the Flow JSON; the newest where it says none that can be read."""
    version = flow.get("version")
    if isinstance(version, str) and re.fullmatch(r"\d\.\d", version):
        return int(version[0]), int(version[2])
    return PUBLISHABLE[-1]


def image_problem(source: str, kilobytes: int) -> str:
    """What is wrong with an image in base64, as a sentence; empty when nothing is."""
    try:
        image = base64.b64decode(source, validate=True)
    except binascii.Error:
        return "An image must be base64."
    if not image.startswith(_IMAGE_STARTS):
        return "An image must be PNG or JPEG."
    return f"An image may have {kilobytes} kB at most." if len(image) > kilobytes * 1024 else ""


# --- The Flow and its screens ---------------------------------------------------------------------
def _version_problems(flow: Json) -> Problems:
    version = flow.get("version")
    if version is None:
        yield Problem("MISSING_FLOW_JSON_VERSION", "/version", "Say which version of Flow JSON this is, like 7.3.")
    elif not isinstance(version, str) or not re.fullmatch(r"\d\.\d", version):
        yield Problem("INVALID_FLOW_JSON_VERSION", "/version", "The version must be a text like 7.3.")
    elif version_of(flow) in FROZEN:
        yield Problem("UNSUPPORTED_FLOW_JSON_VERSION", "/version", f"Version {version} is frozen: it can no longer be published.")
    elif version_of(flow) not in PUBLISHABLE:
        yield Problem("UNAVAILABLE_FLOW_JSON_VERSION", "/version", f"There is no version {version}.")
    api_version = flow.get("data_api_version")
    if isinstance(api_version, str):
        if api_version not in DATA_API_VERSIONS:
            yield Problem("NO_SUPPORTED_DATA_API_VERSION", "/data_api_version", f"Choose one of {', '.join(DATA_API_VERSIONS)}.")
        if "routing_model" not in flow:
            yield Problem("MISSING_REQUIRED_PROPERTY", "/routing_model", "A Flow with an endpoint needs a routing_model.")


def _screen_problems(screen: Json, path: str, version: Version) -> Problems:
    yield from _object_problems(screen, path, SCREEN, version)
    screen_id = screen.get("id")
    if isinstance(screen_id, str) and screen_id and not _SCREEN_ID.fullmatch(screen_id):
        yield Problem("PATTERN_MISMATCH", pointer(path, "id"), "The id of a screen has only letters and underscores.")
    layout = screen.get("layout")
    if isinstance(layout, dict):
        yield from _layout_problems(layout, pointer(path, "layout"), version)


def _layout_problems(layout: Json, path: str, version: Version) -> Problems:
    rules = {
        "type": Property((STRING,), required=True, dynamic=False, choices=("SingleColumnLayout",)),
        "children": Property((ARRAY,), required=True, dynamic=False, least=1),
    }
    yield from _object_problems(layout, path, rules, version)
    yield from _only_objects(layout.get("children"), pointer(path, "children"))


# --- Components -----------------------------------------------------------------------------------
def component_problems(place: Place, version: Version) -> Problems:
    """What is wrong with one component by itself; bindings are taken as they are."""
    component, path = place.component, place.path
    rules = COMPONENTS.get(place.type)
    if "type" not in component:
        yield Problem("MISSING_REQUIRED_TYPE_PROPERTY", pointer(path, "type"), "Every component says its type.")
    elif rules is None or version < rules.since:
        yield Problem("INVALID_ENUM_VALUE", pointer(path, "type"), f"There is no component {component['type']} in this version.")
    else:
        yield from _object_problems(component, path, rules.properties, version)
        yield from _children_problems(place)
        yield from _part_problems(place, version)
        yield from _format_problems(place)
        yield from _together_problems(place)


def _children_problems(place: Place) -> Problems:
    for name in ("children", "then", "else"):
        yield from _only_objects(place.component.get(name), pointer(place.path, name))
    cases = place.component.get("cases")
    if isinstance(cases, dict):
        for name, case in cases.items():
            where = pointer(place.path, "cases", name)
            if not isinstance(case, list):
                yield Problem("INVALID_PROPERTY_TYPE", where, "A case is a list of components.")
            elif not case:
                yield Problem("MIN_ITEMS_REQUIRED", where, "A case needs at least one component.")
            yield from _only_objects(case, where)


def _part_problems(place: Place, version: Version) -> Problems:
    """Options, list items and the images of a carousel."""
    if place.type in SELECTS:
        yield from _option_problems(place, version)
    for image, path in objects(place.component.get("images"), pointer(place.path, "images")):
        yield from _object_problems(image, path, CAROUSEL_IMAGE, version)
    for item, path in objects(place.component.get("list-items"), pointer(place.path, "list-items")):
        yield from _object_problems(item, path, LIST_ITEM, version)
        for name, rules in LIST_ITEM_PARTS.items():
            if isinstance(item.get(name), dict):
                yield from _object_problems(item[name], pointer(path, name), rules, version)


def _option_problems(place: Place, version: Version) -> Problems:
    seen: set[str] = set()
    source = place.component.get("data-source")
    yield from _only_objects(source if isinstance(source, list) else None, pointer(place.path, "data-source"))
    for option, path in objects(source, pointer(place.path, "data-source")):
        yield from _object_problems(option, path, OPTION, version)
        if str(option.get("id")) in seen:
            yield Problem("INVALID_PROPERTY_VALUE", pointer(path, "id"), "Two options have the same id.")
        seen.add(str(option.get("id")))
        if "image" in option and "color" in option:
            yield Problem("NOT_KEYWORD_SCHEMA_VALIDATION_FAILED", path, "An option has an image or a color, not both.")
        image = option.get("image")
        if isinstance(image, str) and not is_dynamic(image) and (reason := image_problem(image, OPTION_IMAGE_KILOBYTES)):
            yield Problem("INVALID_PROPERTY_VALUE_FORMAT", pointer(path, "image"), reason)


def _format_problems(place: Place) -> Problems:
    source = place.component.get("src")
    if isinstance(source, str) and not is_dynamic(source) and (reason := image_problem(source, IMAGE_KILOBYTES)):
        yield Problem("INVALID_PROPERTY_VALUE_FORMAT", pointer(place.path, "src"), reason)
    for name in ("min-date", "max-date"):
        day = place.component.get(name)
        if isinstance(day, str) and not is_dynamic(day) and not _is_day(day):
            yield Problem("INVALID_PROPERTY_VALUE_FORMAT", pointer(place.path, name), "A date is written like 2026-11-21.")


def _together_problems(place: Place) -> Problems:
    """Properties that need or exclude each other."""
    component, path = place.component, place.path
    if "pattern" in component and "helper-text" not in component:
        yield Problem("INVALID_DEPENDENCIES", pointer(path, "pattern"), "A pattern needs a helper-text that explains it.")
    if place.type == "Footer":
        sides = [name for name in ("left-caption", "right-caption") if name in component]
        if "center-caption" in component and sides:
            yield Problem("KEYWORD_ONE_OF", path, "A Footer has one caption in the middle, or one at each side.")
        elif len(sides) == 1:
            yield Problem("INVALID_DEPENDENCIES", pointer(path, sides[0]), "A caption at one side needs one at the other.")
    if place.type == "NavigationList":
        items = [item for item, _ in objects(component.get("list-items"), "")]
        of_items = ["on-click-action" in item for item in items]
        if ("on-click-action" in component and any(of_items)) or ("on-click-action" not in component and not all(of_items)):
            yield Problem("KEYWORD_ONE_OF", path, "The on-click-action stands at the list or at every item.")


# --- One object against its table -----------------------------------------------------------------
def _object_problems(value: Json, path: str, rules: Mapping[str, Property], version: Version) -> Problems:
    for name, rule in rules.items():
        if rule.required and name not in value:
            error = "MISSING_REQUIRED_TYPE_PROPERTY" if name == "type" else "MISSING_REQUIRED_PROPERTY"
            yield Problem(error, pointer(path, name), f"{name} is missing.")
    for name, inner in value.items():
        known = rules.get(name)
        if known is None or version < known.since:
            yield Problem("INVALID_PROPERTY_KEY", pointer(path, name), f"{name} is not a property here.")
        else:
            yield from _value_problems(inner, pointer(path, name), known)


def _value_problems(value: Any, path: str, rule: Property) -> Problems:
    if is_dynamic(value):
        if not rule.dynamic:
            yield Problem("INVALID_PROPERTY_VALUE", path, "This must be fixed; it cannot be bound.")
        return
    kind = kind_of_value(value)
    if kind not in rule.kinds:
        yield Problem("INVALID_PROPERTY_TYPE", path, f"This must be of type {' or '.join(rule.kinds)}.")
    elif rule.choices and value not in rule.choices:
        yield Problem("INVALID_ENUM_VALUE", path, f"Choose one of {', '.join(rule.choices)}.")
    elif kind == NUMBER:
        yield from _number_problems(value, path, rule)
    elif kind in (STRING, ARRAY, OBJECT):
        yield from _length_problems(value, path, rule)


def _number_problems(value: float, path: str, rule: Property) -> Problems:
    if rule.least is not None and value < rule.least:
        yield Problem("MINIMUM_VALUE_REQUIRED", path, f"This must be {rule.least} or more.")
    if rule.most is not None and value > rule.most:
        yield Problem("MAXIMUM_VALUE_REQUIRED", path, f"This must be {rule.most} or less.")


def _length_problems(value: Any, path: str, rule: Property) -> Problems:
    length = len(value.strip()) if isinstance(value, str) else len(value)
    if rule.least is not None and length < rule.least:
        if isinstance(value, str):
            yield Problem("MIN_CHARS_REQUIRED", path, "This must not be empty.")
        else:
            yield Problem("MIN_ITEMS_REQUIRED", path, f"This needs at least {rule.least}.")
    if rule.most is not None and length > rule.most:
        unit = "characters" if isinstance(value, str) else "items"
        yield Problem("INVALID_PROPERTY_VALUE", path, f"This may have {rule.most} {unit} at most, not {length}.")


def _only_objects(value: Any, path: str) -> Problems:
    if isinstance(value, list):
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                yield Problem("INVALID_PROPERTY_TYPE", pointer(path, index), "This must be an object.")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
