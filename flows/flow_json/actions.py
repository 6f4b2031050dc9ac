"""Does every button, link and choice do something that may be done there, with a payload that can be filled?"""

from collections.abc import Iterator
from typing import Any

from flows.flow_json.bindings import Kinds, Unbound, expression_problems
from flows.flow_json.component_rules import COMPONENTS, PICKERS
from flows.flow_json.data_model import declared_kind
from flows.flow_json.expressions import BadExpression, BadTypes, Binding, bindings_in, is_dynamic, kind_of, kind_of_value, read
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.rules import ACTION_PROPERTIES, ACTION_SINCE, LIST_ITEM, OPTION, Property, Version
from flows.flow_json.schema import version_of
from flows.flow_json.walk import Place, id_of, model_of, objects, places, pointer, screen_named, screens_of


def action_problems(flow: Json) -> Problems:
    for screen, path in screens_of(flow):
        for place in places(screen, path):
            for action, where, rule in actions_of(place):
                yield from _ActionCheck(flow, screen, place, action, where, rule).problems()


def actions_of(place: Place) -> Iterator[tuple[Any, str, Property]]:
    """Every action of a component and of its options or items, with its place and its rule."""
    yield from _actions_in(place.component, place.path, COMPONENTS[place.type].properties if place.type in COMPONENTS else {})
    for option, path in objects(place.component.get("data-source"), pointer(place.path, "data-source")):
        yield from _actions_in(option, path, OPTION)
    for item, path in objects(place.component.get("list-items"), pointer(place.path, "list-items")):
        yield from _actions_in(item, path, LIST_ITEM)


def next_screen_of(action: Any) -> str:
    """The id of the screen that a navigate action leads to; empty for another action."""
    if not isinstance(action, dict) or action.get("name") != "navigate" or not isinstance(action.get("next"), dict):
        return ""
    name = action["next"].get("name")
    return name if isinstance(name, str) else ""


def _actions_in(owner: Json, path: str, rules: dict[str, Property]) -> Iterator[tuple[Any, str, Property]]:
    yield from ((owner[name], pointer(path, name), rule) for name, rule in rules.items() if rule.actions and name in owner)


class _ActionCheck:
    def __init__(self, flow: Json, screen: Json, place: Place, action: Any, path: str, rule: Property) -> None:
        self._flow, self._screen, self._place = flow, screen, place
        self._action, self._path, self._rule = action, path, rule
        self._kinds = Kinds(flow, screen)

    def problems(self) -> Problems:
        if not isinstance(self._action, dict):
            return
        name = self._action.get("name")
        if not isinstance(name, str) or name not in ACTION_PROPERTIES or _is_too_new(name, version_of(self._flow)):
            yield self._problem("INVALID_ENUM_VALUE", f"An action is one of {', '.join(ACTION_PROPERTIES)}.", "name")
            return
        yield from self._property_problems(name)
        yield from self._permission_problems(name)
        if name == "navigate":
            yield from self._navigate_problems()
        if isinstance(self._action.get("payload"), dict):
            yield from self._payload_problems(name, self._action["payload"])
        url = self._action.get("url")
        if name == "open_url" and isinstance(url, str):
            yield from self._url_problems(url)

    def _problem(self, error: str, message: str, *steps: str) -> Problem:
        return Problem(error, pointer(self._path, *steps), message)

    def _property_problems(self, name: str) -> Problems:
        needed = {"next": dict, "payload": dict, "url": str}
        for key in ACTION_PROPERTIES[name]:
            if key not in self._action:
                yield self._problem("MISSING_REQUIRED_PROPERTY", f"{name} needs a {key}.", key)
            elif not isinstance(self._action[key], needed[key]):
                yield self._problem("INVALID_PROPERTY_TYPE", f"The {key} has the wrong type.", key)
        for key in self._action.keys() - {"name", *ACTION_PROPERTIES[name]}:
            yield self._problem("INVALID_PROPERTY_KEY", f"{name} has no {key}.", key)

    def _permission_problems(self, name: str) -> Problems:
        is_terminal = self._screen.get("terminal") is True
        if name == "complete" and not (self._place.type == "Footer" and is_terminal):
            yield self._problem("INVALID_COMPLETE_ACTION", "Only the Footer of a terminal screen completes a Flow.", "name")
        elif name not in self._rule.actions:
            yield self._problem("INVALID_PROPERTY_VALUE", f"{name} is not possible here.", "name")
        elif name == "navigate" and is_terminal and self._place.type == "Footer":
            yield self._problem("INVALID_PROPERTY_VALUE", "The Footer of a terminal screen leads nowhere else.", "name")
        elif name == "data_exchange" and "data_api_version" not in self._flow:
            yield self._problem("INVALID_PROPERTY_VALUE", "data_exchange needs an endpoint, and so a data_api_version.", "name")

    # --- navigate -----------------------------------------------------------------------------
    def _navigate_problems(self) -> Problems:
        following = self._action.get("next")
        if isinstance(following, dict) and following.get("type") != "screen":
            yield self._problem("INVALID_ENUM_VALUE", "The type of next is screen.", "next", "type")
        target = screen_named(self._flow, next_screen_of(self._action))
        if target is None or target is self._screen:
            message = "next names no other screen of this Flow."
            yield self._problem("INVALID_NAVIGATE_ACTION_NEXT_SCREEN_NAME", message, "next", "name")
            return
        routes = self._flow.get("routing_model")
        ways = routes.get(id_of(self._screen)) if isinstance(routes, dict) else None
        if isinstance(ways, list) and id_of(target) not in ways:
            message = f"The routing model has no way from {id_of(self._screen)} to {id_of(target)}."
            yield Problem("INVALID_ROUTING_MODEL", "/routing_model", message)
        if isinstance(self._action.get("payload"), dict):
            yield from self._handover_problems(self._action["payload"], model_of(target))

    def _handover_problems(self, payload: Json, model: Json) -> Problems:
        """What is handed over is what the next screen declares; with an endpoint the rest may come from there."""
        missing = model.keys() - payload.keys() if "data_api_version" not in self._flow else set()
        for name in sorted(missing | (payload.keys() - model.keys())):
            state = "missing" if name in missing else "not declared on the next screen"
            yield self._problem("INVALID_NAVIGATE_ACTION_PAYLOAD", f"{name} is {state}.", "payload", name)
        for name in sorted(model.keys() & payload.keys()):
            kind = self._kind_of(payload[name])
            wanted = declared_kind(model[name]) if isinstance(model[name], dict) else ""
            if kind and wanted and kind != wanted:
                message = f"{name} is declared as {wanted} on the next screen, not {kind}."
                yield self._problem("INVALID_NAVIGATE_ACTION_PAYLOAD", message, "payload", name)

    def _kind_of(self, value: Any) -> str:
        try:
            kind = kind_of(read(value), self._kinds) if is_dynamic(value) else kind_of_value(value)
        except (BadExpression, BadTypes, Unbound):
            return ""  # told by the check of the payload itself
        return "" if kind == "unknown" else kind

    # --- payload and url ----------------------------------------------------------------------
    def _payload_problems(self, name: str, payload: Json) -> Problems:
        model = model_of(self._screen)
        for key, value in payload.items():
            if name == "update_data" and key not in model:
                yield self._problem("INVALID_ACTION_PAYLOAD_PROPERTY", f"{key} is not declared on this screen.", "payload", key)
            yield from self._bound_problems(name, value, pointer(self._path, "payload", key), top=True)

    def _bound_problems(self, name: str, value: Any, path: str, *, top: bool) -> Problems:
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            for key, part in inner:
                yield from self._bound_problems(name, part, pointer(path, key), top=False)
        elif value is None:
            yield Problem("INVALID_PROPERTY_TYPE", path, "null cannot be sent; leave it out.")
        elif isinstance(value, str) and is_dynamic(value):
            for problem in expression_problems(value, path, (), self._kinds):
                yield _missing_input(problem, value)
            if self._is_picker(value) and (name == "navigate" or not top):
                message = "Photos and documents are sent only to an endpoint, each under a name of its own."
                yield Problem("INVALID_ACTION_PAYLOAD_PROPERTY", path, message)

    def _is_picker(self, text: str) -> bool:
        try:
            names = {binding.path[0] for binding in bindings_in(read(text)) if binding.source == "form"}
        except BadExpression:
            return False
        return any(place.type in PICKERS and place.component.get("name") in names for place in places(self._screen))

    def _url_problems(self, url: str) -> Problems:
        if is_dynamic(url):
            yield from expression_problems(url, pointer(self._path, "url"), ("string",), self._kinds)
        elif not url.startswith(("https://", "http://")):
            yield self._problem("INVALID_PROPERTY_VALUE_FORMAT", "The url must be a whole address.", "url")


def _missing_input(problem: Problem, text: str) -> Problem:
    """A payload that names no input of the screen has an error name of its own."""
    node = read(text) if problem.error == "INVALID_SCREEN_DYNAMIC_DATA" else None
    if isinstance(node, Binding) and node.source == "form":
        return Problem("INVALID_ON_CLICK_ACTION_PAYLOAD", problem.path, problem.message)
    return problem


def _is_too_new(name: str, version: Version) -> bool:
    return version < ACTION_SINCE.get(name, (0, 0))
