"""A reply of our endpoint, held against the Flow as Meta's client does before it shows the screen, and a little stricter.

The client tolerates undeclared and missing data and then fails at the component that needed it; here every declared value
must be there, and none that is not declared.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flows.flow_json.component_rules import SELECTS
from flows.flow_json.data_model import misfit
from flows.flow_json.problem import Json
from flows.flow_json.rendering import Values, filled, rendered
from flows.flow_json.routing import entries_of, routes_of
from flows.flow_json.rules import LONGEST_REPLY_BYTES
from flows.flow_json.schema import component_problems, version_of
from flows.flow_json.walk import Place, model_of, screen_named

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_COMPLETION = "extension_message_response"
_BESIDE_THE_DATA = ("error_message", _COMPLETION)


def reply_problems(flow: Mapping[str, Any], request: Mapping[str, Any], reply: Any) -> list[str]:
    """Why Meta's client would refuse the decrypted `reply` to the decrypted `request`, as sentences; empty: it shows it."""
    if not isinstance(reply, dict):
        return ["The reply is not an object."]
    try:
        size = len(json.dumps(reply, allow_nan=False))
    except (TypeError, ValueError):
        return ["The reply cannot be written as JSON."]
    if size > LONGEST_REPLY_BYTES:
        return ["The reply is larger than 1 MB."]
    return list(_problems(dict(flow), request, reply))


def is_error_notice(request: Mapping[str, Any]) -> bool:
    """Whether the phone tells of a reply it could not use, rather than asks for a screen."""
    data = request.get("data")
    return isinstance(data, Mapping) and ("error" in data or "error_key" in data)


def _problems(flow: Json, request: Mapping[str, Any], reply: Json) -> Iterator[str]:
    if request.get("action") == "ping":
        yield from [] if reply.get("data") == {"status": "active"} else ["A ping is answered with data.status active."]
        return
    if is_error_notice(request):
        yield from (
            [] if reply.get("data") == {"acknowledged": True} else ["An error notice is answered with data.acknowledged true."]
        )
        return
    name, data = reply.get("screen"), reply.get("data")
    if not isinstance(name, str) or not name:
        yield "The reply names no screen."
    elif not isinstance(data, dict):
        yield "The reply has no object data."
    elif name == "SUCCESS":
        yield from _completion_problems(data, request)
    else:
        yield from transition_problems(flow, request, name)
        screen = screen_named(flow, name)
        if screen is not None:
            yield from _screen_problems(flow, screen, data)


def _completion_problems(data: Json, request: Mapping[str, Any]) -> Iterator[str]:
    response = data.get(_COMPLETION)
    params = response.get("params") if isinstance(response, dict) else None
    if not isinstance(params, dict):
        yield f"SUCCESS without {_COMPLETION}.params closes the Flow and tells nobody."
        return
    if not params.get("flow_token"):
        yield "The params of SUCCESS do not carry the flow_token."
    elif request.get("flow_token") and params["flow_token"] != request["flow_token"]:
        yield "The params of SUCCESS carry another flow_token."
    yield from (f"params.{name} is null." for name, value in params.items() if value is None)


def transition_problems(flow: Json, request: Mapping[str, Any], target: str) -> Iterator[str]:
    """Why the screen `target` cannot follow where the request came from."""
    routes = routes_of(flow)
    if target not in routes:
        yield f"There is no screen {target}."
        return
    current = "" if request.get("action") == "INIT" else str(request.get("screen") or "")
    if not current:
        if target not in entries_of(flow):
            yield f"A Flow cannot open with {target}: a way leads to it from another screen."
    elif target != current and target not in routes.get(current, ()) and current not in routes[target]:
        yield f"There is no way from {current} to {target}."


# --- The data of a screen -------------------------------------------------------------------------
def _screen_problems(flow: Json, screen: Json, data: Json) -> Iterator[str]:
    message = data.get("error_message")
    if "error_message" in data and not (isinstance(message, str) and message.strip()):
        yield "error_message is not a text."
    if _COMPLETION in data:
        yield f"{_COMPLETION} belongs to SUCCESS only."
    model = model_of(screen)
    given = {name: value for name, value in data.items() if name not in _BESIDE_THE_DATA}
    yield from (f"data.{name} is missing." for name in model if name not in given)
    yield from (f"data.{name} is not declared." for name in given if name not in model)
    reasons = (misfit(value, model[name], f"data.{name}") for name, value in given.items() if isinstance(model.get(name), dict))
    found = [reason for reason in reasons if reason]
    yield from found
    if not found:
        yield from _component_problems(flow, screen, given)


def _component_problems(flow: Json, screen: Json, data: Json) -> Iterator[str]:
    """A component filled in is a fixed one, and must keep the same rules."""
    for place in rendered(screen, Values(data=data)):
        for problem in component_problems(place, version_of(flow)):
            yield f"{place.type} {problem.path.removeprefix(place.path).strip('/')}: {problem.message}"
        yield from _choice_problems(place)
        yield from _address_problems(place, data)


def _choice_problems(place: Place) -> Iterator[str]:
    source, chosen = place.component.get("data-source"), place.component.get("init-value")
    if place.type not in SELECTS or not isinstance(source, list) or chosen is None:
        return
    ids = [option.get("id") for option in source if isinstance(option, dict)]
    for one in chosen if isinstance(chosen, list) else [chosen]:
        if one not in ids:
            yield f"{place.type} {place.component.get('name')}: {one!r} is chosen, but is no option."


def _address_problems(place: Place, data: Json) -> Iterator[str]:
    action = place.component.get("on-click-action")
    if isinstance(action, dict) and action.get("name") == "open_url":
        url = filled(action.get("url"), Values(data=data))
        if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
            yield f"{place.type}: {url!r} is not an address that can be opened."
