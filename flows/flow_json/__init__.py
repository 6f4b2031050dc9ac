"""Flow JSON held against Meta's published rules, before Meta does it: the Flow itself, and every reply of our endpoint.

Our own approximation: Meta publishes the rules in words and the names of the errors, but neither a schema nor its validator.
"""

import json
from typing import Any

from flows.flow_json.actions import action_problems
from flows.flow_json.bindings import binding_problems
from flows.flow_json.data_model import data_model_problems
from flows.flow_json.layout import layout_problems
from flows.flow_json.problem import Json, Problem
from flows.flow_json.replies import reply_problems
from flows.flow_json.routing import routing_problems
from flows.flow_json.rules import LONGEST_FLOW_BYTES
from flows.flow_json.schema import schema_problems

__all__ = ["Problem", "problems_of", "reply_problems"]

_CHECKS = (schema_problems, data_model_problems, routing_problems, layout_problems, binding_problems, action_problems)


def problems_of(flow: Any) -> list[Problem]:
    """What Meta would refuse to publish, and what the phone would stumble over. Empty: nothing found. Never raises."""
    if not isinstance(flow, dict):
        return [Problem("INVALID_FLOW_JSON", "", "A Flow is a JSON object.")]
    try:
        size = len(json.dumps(flow, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return [Problem("INVALID_FLOW_JSON", "", "The Flow cannot be written as JSON.")]
    if size > LONGEST_FLOW_BYTES:
        return [Problem("INVALID_FLOW_JSON", "", "A Flow may have 10 MB at most.")]
    try:
        return _found(flow)
    except RecursionError:
        return [Problem("INVALID_FLOW_JSON", "", "The Flow is nested too deeply.")]


def _found(flow: Json) -> list[Problem]:
    return list(dict.fromkeys(problem for check in _CHECKS for problem in check(flow)))
