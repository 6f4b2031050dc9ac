"""May these components stand together: how many, in which order of nesting, under which names?"""

from collections import Counter
from typing import Any

from flows.flow_json.bindings import Kinds
from flows.flow_json.component_rules import COMPONENTS, INPUTS, PICKERS
from flows.flow_json.expressions import is_binding, is_dynamic, kind_of_value
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.rules import MOST_COMPONENTS, MOST_NESTED
from flows.flow_json.walk import Place, branches, objects, places, pointer, screens_of

_MOST = {
    "EmbeddedLink": (2, "MAX_EMBEDDED_LINK_PER_SCREEN"),
    "Image": (3, "MAX_IMAGE_PER_SCREEN"),
    "OptIn": (5, "MAX_OPT_IN_PER_SCREEN"),
    "ImageCarousel": (2, "INVALID_PROPERTY_VALUE"),
    "NavigationList": (2, "INVALID_PROPERTY_VALUE"),
    "PhotoPicker": (1, "INVALID_PROPERTY_VALUE"),
    "DocumentPicker": (1, "INVALID_PROPERTY_VALUE"),
}
_MOST_CAROUSELS = 3
_PAIRS = (
    ("min-chars", "max-chars"),
    ("min-selected-items", "max-selected-items"),
    ("min-days", "max-days"),
    ("min-date", "max-date"),
    ("min-uploaded-photos", "max-uploaded-photos"),
    ("min-uploaded-documents", "max-uploaded-documents"),
)


def layout_problems(flow: Json) -> Problems:
    carousels = 0
    for screen, path in screens_of(flow):
        found = list(places(screen, path))
        carousels += sum(place.type == "ImageCarousel" for place in found)
        yield from _count_problems(found, path)
        yield from _name_problems(screen, found, path)
        yield from _alone_problems(screen, found, path)
        yield from _footer_problems(screen, found, path)
        for place in found:
            yield from _nesting_problems(place)
            yield from _pair_problems(place)
            if place.type == "Form":
                yield from _form_problems(place, found, Kinds(flow, screen))
        yield from _outside_problems(found)
    if carousels > _MOST_CAROUSELS:
        yield Problem("INVALID_PROPERTY_VALUE", "/screens", f"A Flow has {_MOST_CAROUSELS} ImageCarousels at most.")


# --- How many, and which names --------------------------------------------------------------------
def _count_problems(found: list[Place], path: str) -> Problems:
    if len(found) > MOST_COMPONENTS:
        yield Problem("INVALID_PROPERTY_VALUE", path, f"A screen has {MOST_COMPONENTS} components at most.")
    counts = Counter(place.type for place in found)
    for kind, (most, error) in _MOST.items():
        if counts[kind] > most:
            yield Problem(error, path, f"A screen has {most} {kind} at most.")


def _name_problems(screen: Json, found: list[Place], path: str) -> Problems:
    names = [(place.component["name"], place.path) for place in found if place.type in INPUTS and "name" in place.component]
    seen: set[str] = set()
    for name, where in names:
        if str(name) in seen:
            yield Problem("DUPLICATE_FORM_COMPONENT_NAMES", pointer(where, "name"), f"There are two inputs {name}.")
        seen.add(str(name))
    sensitive = screen.get("sensitive")
    for index, name in enumerate(sensitive if isinstance(sensitive, list) else ()):
        if str(name) not in seen:
            yield Problem("INVALID_PROPERTY_VALUE", pointer(path, "sensitive", index), f"There is no input {name} on this screen.")


def _alone_problems(screen: Json, found: list[Place], path: str) -> Problems:
    kinds = {place.type for place in found}
    if "RichText" in kinds and kinds - {"RichText", "Footer"}:
        yield Problem("INVALID_PROPERTY_VALUE", path, "Beside a RichText only a Footer may stand.")
    if "NavigationList" in kinds and kinds != {"NavigationList"}:
        yield Problem("INVALID_PROPERTY_VALUE", path, "Beside a NavigationList nothing else may stand.")
    if "NavigationList" in kinds and screen.get("terminal") is True:
        yield Problem("INVALID_PROPERTY_VALUE", path, "A NavigationList cannot stand on a terminal screen.")


def _pair_problems(place: Place) -> Problems:
    for low, high in _PAIRS:
        least, most = place.component.get(low), place.component.get(high)
        is_comparable = kind_of_value(least) == kind_of_value(most) and not is_dynamic(least) and not is_dynamic(most)
        if isinstance(least, int | float | str) and is_comparable and least > most:  # type: ignore[operator]
            yield Problem("MIN_VALUE_GREATER_THAN_MAX", pointer(place.path, low), f"{low} is more than {high}.")


# --- Footers --------------------------------------------------------------------------------------
def _footer_problems(screen: Json, found: list[Place], path: str) -> Problems:
    outside = [place for place in found if place.type == "Footer" and place.depth == 0]
    choices = [place for place in found if place.type in ("If", "Switch") and place.depth == 0 and _has_footer(place)]
    if len(outside) > 1:
        yield Problem("MAX_FOOTER_PER_SCREEN", outside[1].path, "A screen has one Footer.")
    for choice in choices if outside else choices[1:]:
        yield Problem("MORE_THAN_ONE_FOOTER", choice.path, "Another Footer stands outside of these branches.")
    for choice in choices:
        yield from _branch_problems(choice)
    for place in found:
        if place.type == "Footer" and place.depth > 1:
            yield Problem("INVALID_PROPERTY_VALUE", place.path, "A Footer stands in the first level of branches only.")
    if screen.get("terminal") is True and not outside and not choices:
        yield Problem("MISSING_FOOTER_ON_TERMINAL_SCREEN", path, "A terminal screen needs a Footer.")


def _branch_problems(choice: Place) -> Problems:
    counts = [_footers_in(branch) for branch, _ in branches(choice.component, choice.path)]
    if choice.type == "If" and "else" not in choice.component:
        counts.append(0)
    if 0 in counts and any(counts):
        error = "MISSING_FOOTER_IN_IF_ELSE_BRANCHES" if choice.type == "If" else "MISSING_FOOTER_IN_SWITCH_BRANCHES"
        yield Problem(error, choice.path, "When one branch has a Footer, every branch needs one.")
    if any(count > 1 for count in counts):
        yield Problem("MORE_THAN_ONE_FOOTER", choice.path, "A branch has one Footer at most.")


def _has_footer(choice: Place) -> bool:
    return any(_footers_in(branch) for branch, _ in branches(choice.component, choice.path))


def _footers_in(branch: Any) -> int:
    return sum(component.get("type") == "Footer" for component, _ in objects(branch, ""))


# --- Forms and branches ---------------------------------------------------------------------------
def _nesting_problems(place: Place) -> Problems:
    if place.type in ("If", "Switch") and place.depth >= MOST_NESTED:
        yield Problem("INVALID_PROPERTY_VALUE", place.path, f"If and Switch stand in one another {MOST_NESTED} deep at most.")
    if place.type == "Form" and (place.in_form or place.depth):
        yield Problem("INVALID_PROPERTY_VALUE", place.path, "A Form stands directly on the screen.")
    if place.in_form and place.type in INPUTS:
        for name in ("init-value", "error-message"):
            if name in place.component:
                message = f"Inside a Form there is no {name}: use the {name}s of the Form."
                yield Problem("INVALID_PROPERTY_KEY", pointer(place.path, name), message)


def _outside_problems(found: list[Place]) -> Problems:
    if any(place.type == "Form" for place in found):
        for place in found:
            if place.type in INPUTS and not place.in_form:
                yield Problem("COMPONENTS_OUTSIDE_FORM", place.path, "When a screen has a Form, all its inputs stand in it.")


def _form_problems(form: Place, found: list[Place], kinds: Kinds) -> Problems:
    inputs = {str(place.component.get("name")): place for place in found if place.type in INPUTS and place.in_form}
    for kind, value in _entries(form.component.get("init-values"), kinds).items():
        where = pointer(form.path, "init-values", kind)
        if kind not in inputs:
            yield Problem("INVALID_PROPERTY_VALUE", where, f"There is no input {kind} in this Form.")
        elif inputs[kind].type in PICKERS:
            yield Problem("NATIVE_COMPONENT_IN_FORM_INIT_VALUES", where, "Photos and documents cannot be filled in beforehand.")
        elif value and inputs[kind].type != "CalendarPicker" and value != COMPONENTS[inputs[kind].type].value:
            message = f"The value of {kind} must be of type {COMPONENTS[inputs[kind].type].value}, not {value}."
            yield Problem("INVALID_PROPERTY_TYPE", where, message)
    for kind, value in _entries(form.component.get("error-messages"), kinds).items():
        where = pointer(form.path, "error-messages", kind)
        if kind not in inputs:
            yield Problem("INVALID_PROPERTY_VALUE", where, f"There is no input {kind} in this Form.")
        elif value and value != "string" and inputs[kind].type not in (*PICKERS, "CalendarPicker"):
            yield Problem("INVALID_PROPERTY_TYPE", where, "An error message must be of type string.")


def _entries(values: Any, kinds: Kinds) -> dict[str, str]:
    """The names in an object of a Form, written out or bound, each with its type; empty where it is not known."""
    if isinstance(values, dict):
        return {name: "" if is_dynamic(value) else kind_of_value(value) for name, value in values.items()}
    declared = kinds.declaration(values) if isinstance(values, str) and is_binding(values) else None
    properties = declared.get("properties") if declared else None
    if not isinstance(properties, dict):
        return {}
    return {name: str(inner.get("type", "")) if isinstance(inner, dict) else "" for name, inner in properties.items()}
