"""What a screen declares as its data: is the declaration sound, and does a value fit it?"""

from typing import Any

from flows.flow_json.expressions import ARRAY, BOOLEAN, NUMBER, OBJECT, STRING, UNKNOWN, kind_of_value
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.walk import pointer, screens_of

_TYPES = (STRING, NUMBER, BOOLEAN, OBJECT, ARRAY)
_KEYS = ("type", "properties", "items", "__example__")


def data_model_problems(flow: Json) -> Problems:
    for screen, path in screens_of(flow):
        model = screen.get("data")
        if isinstance(model, dict):
            for name, declared in model.items():
                yield from _entry_problems(declared, pointer(path, "data", name))


def misfit(value: Any, declared: Json, name: str) -> str:
    """Why `value` does not fit what is declared, as a sentence; empty when it fits.

    Properties of an inner object may be missing, but none may be there that is not declared.
    """
    wanted = declared.get("type")
    if value is None:
        return f"{name} is null; leave it out or send an empty value."
    if kind_of_value(value) != wanted:
        return f"{name} should be of type {wanted}, but is {kind_of_value(value)}."
    if wanted == ARRAY:
        items = declared.get("items")
        inner = ((f"{name}[{index}]", item, items) for index, item in enumerate(value)) if isinstance(items, dict) else ()
        return next((reason for place, item, rule in inner if (reason := misfit(item, rule, place))), "")
    if wanted == OBJECT and isinstance(declared.get("properties"), dict):
        return _property_misfit(value, declared["properties"], name)
    return ""


def declared_at(model: Json, path: tuple[str, ...]) -> Json | None:
    """The declaration that a binding points to; an empty one inside an object that declares no properties; None: there is none."""
    declared: Any = model.get(path[0])
    for step in path[1:]:
        if not isinstance(declared, dict) or declared.get("type") != OBJECT:
            return None
        properties = declared.get("properties")
        declared = properties.get(step) if isinstance(properties, dict) else {}
    return declared if isinstance(declared, dict) else None


def declared_kind(declared: Json) -> str:
    kind = declared.get("type")
    return kind if isinstance(kind, str) else UNKNOWN


def _property_misfit(value: Json, properties: Json, name: str) -> str:
    for key, inner in value.items():
        declared = properties.get(key)
        if not isinstance(declared, dict):
            return f"{name}.{key} is not declared."
        if reason := misfit(inner, declared, f"{name}.{key}"):
            return reason
    return ""


def _entry_problems(declared: Any, path: str) -> Problems:
    yield from _shape_problems(declared, path, top=True)
    if not isinstance(declared, dict) or declared.get("type") not in _TYPES:
        return
    if "__example__" not in declared:
        yield Problem("INVALID_SCREEN_DATA", pointer(path, "__example__"), "Every declared value needs an __example__.")
    elif reason := misfit(declared["__example__"], declared, "__example__"):
        yield Problem("INVALID_SCREEN_DATA", pointer(path, "__example__"), reason)


def _shape_problems(declared: Any, path: str, *, top: bool) -> Problems:
    if not isinstance(declared, dict):
        yield Problem("INVALID_SCREEN_DATA", path, "A declaration is an object with a type.")
        return
    if declared.get("type") not in _TYPES:
        yield Problem("INVALID_SCREEN_DATA", pointer(path, "type"), f"The type is one of {', '.join(_TYPES)}.")
    for key in declared.keys() - set(_KEYS):
        yield Problem("INVALID_SCREEN_DATA", pointer(path, key), f"{key} does not belong into a declaration.")
    if "__example__" in declared and not top:
        yield Problem(
            "INVALID_SCREEN_DATA", pointer(path, "__example__"), "Only the whole value has an __example__, not its parts."
        )
    if declared.get("type") == ARRAY:
        if "items" not in declared:
            yield Problem("INVALID_SCREEN_DATA", pointer(path, "items"), "An array says of what items it consists.")
        else:
            yield from _shape_problems(declared["items"], pointer(path, "items"), top=False)
    if "properties" in declared:
        yield from _properties_problems(declared["properties"], pointer(path, "properties"))


def _properties_problems(properties: Any, path: str) -> Problems:
    if not isinstance(properties, dict):
        yield Problem("INVALID_SCREEN_DATA", path, "The properties of an object are an object.")
        return
    for name, inner in properties.items():
        yield from _shape_problems(inner, pointer(path, name), top=False)
