"""A screen with its bindings filled in, as the phone shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.flow_json.component_rules import INPUTS
from flows.flow_json.expressions import BadExpression, Binding, evaluate, is_dynamic, is_nested, parse, read
from flows.flow_json.problem import Json
from flows.flow_json.walk import Place, objects, pointer


@dataclass(frozen=True)
class Values:
    """What bindings on a screen point to: its data, what was typed, and the same of the other screens by id."""

    data: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, "Values"] = field(default_factory=dict)

    def of(self, binding: Binding) -> Any:
        """The value that `binding` points to; None when there is none."""
        values = self.others.get(binding.screen, Values()) if binding.screen else self
        value: Any = values.data if binding.source == "data" else values.form
        for step in binding.path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value


def filled(value: Any, values: Values) -> Any:
    """`value` with every binding replaced; what is bound to nothing is left out. Keys `on-…` are left as they are."""
    if isinstance(value, dict):
        pairs = ((key, inner if key.startswith("on-") else filled(inner, values)) for key, inner in value.items())
        return {key: inner for key, inner in pairs if inner is not None}
    if isinstance(value, list):
        return [inner for inner in (filled(item, values) for item in value) if inner is not None]
    if not isinstance(value, str) or not is_dynamic(value):
        return value
    try:
        return evaluate(read(value), values.of)
    except BadExpression:
        return value


def rendered(screen: Json, values: Values) -> Iterator[Place]:
    """The components that are shown, in their order and filled in; Form, If and Switch are replaced by what is in them."""
    layout = screen.get("layout")
    children = layout.get("children") if isinstance(layout, dict) else None
    yield from _rendered(children, "/layout/children", values, {}, {})


def _rendered(children: Any, path: str, values: Values, typed: Json, errors: Json) -> Iterator[Place]:
    for component, where in objects(children, path):
        kind = component.get("type")
        if kind == "Form":
            inner_typed, inner_errors = (_object(filled(component.get(name), values)) for name in ("init-values", "error-messages"))
            yield from _rendered(component.get("children"), pointer(where, "children"), values, inner_typed, inner_errors)
        elif kind in ("If", "Switch"):
            name = _branch(component, values)
            branch = component.get(name) if kind == "If" else _object(component.get("cases")).get(name)
            yield from _rendered(branch, pointer(where, name), values, typed, errors)
        else:
            shown = filled(component, values)
            if shown.pop("visible", True) is not False:
                yield Place(_with_form_values(shown, typed, errors), where)


def _branch(component: Json, values: Values) -> str:
    """The name of the branch that is shown: then or else, or the case of a Switch."""
    text = str(component.get("condition") or component.get("value"))
    try:
        value = evaluate(parse(text[1:-1] if is_nested(text) else text), values.of)
    except BadExpression:
        value = None
    if component.get("type") == "If":
        return "then" if value is True else "else"
    return str(value)


def _with_form_values(component: Json, typed: Json, errors: Json) -> Json:
    name = component.get("name")
    if component.get("type") in INPUTS and isinstance(name, str):
        if name in typed:
            component["init-value"] = typed[name]
        if name in errors:
            component["error-message"] = errors[name]
    return component


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
