"""Does every binding point to something that exists, and does it have the type that its place needs?"""

from collections.abc import Iterator
from typing import Any

from flows.flow_json.component_rules import COMPONENTS
from flows.flow_json.data_model import declared_at, declared_kind
from flows.flow_json.expressions import (
    ARRAY,
    BOOLEAN,
    NUMBER,
    OBJECT,
    STRING,
    UNKNOWN,
    BadExpression,
    BadTypes,
    Binding,
    Node,
    is_binding,
    is_dynamic,
    is_nested,
    kind_of,
    parse,
    read,
)
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.rules import LIST_ITEM, LIST_ITEM_PARTS, OPTION, SCREEN, Property
from flows.flow_json.walk import Place, id_of, model_of, objects, places, pointer, screen_named, screens_of

_OPTION_NEEDS = ("id", "title")


def binding_problems(flow: Json) -> Problems:
    for screen, path in screens_of(flow):
        kinds = Kinds(flow, screen)
        yield from _text_problems(screen.get("title"), pointer(path, "title"), SCREEN["title"], kinds)
        for place in places(screen, path):
            if place.type in COMPONENTS:
                yield from _place_problems(place, kinds)


class Unbound(Exception):
    """A binding points to nothing; the message says to what."""


class Kinds:
    """The types of what may be bound on one screen of a Flow."""

    def __init__(self, flow: Json, screen: Json) -> None:
        self._flow = flow
        self._screen = screen

    def __call__(self, binding: Binding) -> str:
        """The type of what `binding` points to. Raises Unbound."""
        screen = self._screen
        if binding.screen:
            other = screen_named(self._flow, binding.screen)
            if other is None or other is self._screen:
                raise Unbound(f"{binding} must name another screen of this Flow.")
            screen = other
        return _data_kind(screen, binding) if binding.source == "data" else _form_kind(screen, binding)

    def declaration(self, text: str) -> Json | None:
        """What is declared for the data that a binding points to; None for a form value or an expression."""
        try:
            node = read(text)
        except BadExpression:
            return None
        return declared_at(model_of(self._screen), node.path) if isinstance(node, Binding) and node.source == "data" else None


def expression_problems(text: str, path: str, allowed: tuple[str, ...], kinds: Kinds) -> Problems:
    """What is wrong with a binding or an expression in backticks at a place that takes values of the types `allowed`."""
    try:
        node = read(text)
    except BadExpression as bad:
        yield Problem("INVALID_PROPERTY_VALUE", path, str(bad))
        return
    yield from _node_problems(node, path, allowed, kinds)


def _node_problems(node: Node, path: str, allowed: tuple[str, ...], kinds: Kinds) -> Problems:
    try:
        kind = kind_of(node, kinds)
    except (Unbound, BadTypes) as bad:
        yield Problem("INVALID_SCREEN_DYNAMIC_DATA", path, str(bad))
        return
    if kind != UNKNOWN and allowed and kind not in allowed:
        yield Problem("INVALID_SCREEN_DYNAMIC_DATA", path, f"This needs a value of type {' or '.join(allowed)}, not {kind}.")


def _data_kind(screen: Json, binding: Binding) -> str:
    declared = declared_at(model_of(screen), binding.path)
    if declared is None:
        raise Unbound(f"{binding} is not declared in the data of screen {id_of(screen)}.")
    return declared_kind(declared)


def _form_kind(screen: Json, binding: Binding) -> str:
    for place in places(screen):
        if place.component.get("name") == binding.path[0] and place.type in COMPONENTS and COMPONENTS[place.type].value:
            is_range = place.type == "CalendarPicker" and place.component.get("mode") != "single"
            return UNKNOWN if is_range or len(binding.path) > 1 else COMPONENTS[place.type].value
    raise Unbound(f"{binding} names no input of screen {id_of(screen)}.")


# --- Components -----------------------------------------------------------------------------------
def _place_problems(place: Place, kinds: Kinds) -> Problems:
    if place.type in ("If", "Switch"):
        yield from _choice_problems(place, kinds)
        return
    for name, rule in COMPONENTS[place.type].properties.items():
        yield from _text_problems(place.component.get(name), pointer(place.path, name), rule, kinds)
    for part, path, rules in _parts(place):
        for name, rule in rules.items():
            yield from _text_problems(part.get(name), pointer(path, name), rule, kinds)
    yield from _source_problems(place, kinds)


def _parts(place: Place) -> Iterator[tuple[Json, str, dict[str, Property]]]:
    for option, path in objects(place.component.get("data-source"), pointer(place.path, "data-source")):
        yield option, path, OPTION
    for item, path in objects(place.component.get("list-items"), pointer(place.path, "list-items")):
        yield item, path, LIST_ITEM
        for name, rules in LIST_ITEM_PARTS.items():
            if isinstance(item.get(name), dict):
                yield item[name], pointer(path, name), rules


def _text_problems(value: Any, path: str, rule: Property, kinds: Kinds) -> Problems:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _text_problems(item, pointer(path, index), Property((STRING,)), kinds)
    elif isinstance(value, str) and is_dynamic(value):
        yield from expression_problems(value, path, rule.kinds, kinds)
    elif isinstance(value, str) and "${" in value:
        yield Problem("INVALID_PROPERTY_VALUE", path, "Fixed and bound text stand together only in an expression in backticks.")


def _choice_problems(place: Place, kinds: Kinds) -> Problems:
    """The condition of an If comes to true or false, the value of a Switch to a text or a number."""
    name, allowed = ("condition", (BOOLEAN,)) if place.type == "If" else ("value", (STRING, NUMBER, BOOLEAN))
    text, path = place.component.get(name), pointer(place.path, name)
    if not isinstance(text, str) or not text.strip():
        return
    if "${" not in text:
        yield Problem("INVALID_PROPERTY_VALUE", path, f"The {name} must be bound to something.")
        return
    try:
        node = parse(text[1:-1] if is_nested(text) else text)
    except BadExpression as bad:
        yield Problem("INVALID_PROPERTY_VALUE", path, str(bad))
        return
    yield from _node_problems(node, path, allowed, kinds)


def _source_problems(place: Place, kinds: Kinds) -> Problems:
    """A bound data source is an array of objects that have at least an id and a title."""
    source = place.component.get("data-source")
    if not isinstance(source, str) or not is_binding(source):
        return
    declared = kinds.declaration(source)
    items = declared.get("items") if declared and declared.get("type") == ARRAY else None
    if not isinstance(items, dict):
        return
    path = pointer(place.path, "data-source")
    properties = items.get("properties")
    if items.get("type") != OBJECT or not isinstance(properties, dict):
        yield Problem("INVALID_SCREEN_DYNAMIC_DATA", path, "The options must be objects with an id and a title.")
        return
    for name in _OPTION_NEEDS:
        if not isinstance(properties.get(name), dict):
            yield Problem("INVALID_SCREEN_DYNAMIC_DATA", path, f"The options need a {name}.")
    for name, inner in properties.items():
        rule = OPTION.get(name)
        kind = declared_kind(inner) if isinstance(inner, dict) else UNKNOWN
        if rule is None or kind not in rule.kinds:
            yield Problem("INVALID_SCREEN_DYNAMIC_DATA", path, f"{name} of type {kind} is not a property of an option.")
