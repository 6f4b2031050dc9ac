"""Flows and the Flow key in Meta's care: create, upload, publish, deprecate, and what Meta says of them."""

import itertools
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from flows.flow_json import Problem, problems_of
from flows.flow_json.lines import line_at, lines_of
from flows.simulator.graph_messages import INVALID, Json, Refused
from flows.simulator.records import FlowRecord
from flows.simulator.server import Request

CATEGORIES = {"SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER"}


class FlowShelf:
    """`url` says where this server listens; `on_status` hears of a Flow with another status. The caller holds the lock."""

    def __init__(self, url: Callable[[], str], *, on_status: Callable[[str, str, str], None]) -> None:
        self.flows: dict[str, FlowRecord] = {}
        self.public_keys: dict[str, str] = {}
        self.unsigned_numbers: set[str] = set()
        """Numbers whose key Meta has, but reports with a signature that does not fit."""
        self._url = url
        self._on_status = on_status
        self._numbers = itertools.count(800_000_000_000_001)
        self.calls: dict[tuple[str, str], Callable[[str, Request], Json]] = {
            ("POST", "flows"): self._create_flow,
            ("GET", "flows"): self._list_flows,
            ("POST", "assets"): self._upload,
            ("GET", "assets"): self._assets,
            ("POST", "publish"): self._publish,
            ("POST", "deprecate"): self._deprecate,
            ("POST", "whatsapp_business_encryption"): self._keep_key,
            ("GET", "whatsapp_business_encryption"): self._show_key,
        }

    # --- Flows --------------------------------------------------------------------------------------
    def _create_flow(self, _owner: str, request: Request) -> Json:
        wanted = request.fields()
        name, categories = str(wanted.get("name") or ""), _categories(wanted.get("categories"))
        if not name or any(flow.name == name for flow in self.flows.values()):
            raise Refused(100, "The name of a Flow must be given, and be unique.")
        if not categories or not CATEGORIES.issuperset(categories):
            raise Refused(100, "The categories of a Flow are missing or not known.")
        flow = FlowRecord(str(next(self._numbers)), name, categories, str(wanted.get("endpoint_uri") or ""))
        self.flows[flow.id] = flow
        if wanted.get("flow_json"):
            self._keep_json(flow, str(wanted["flow_json"]))
        return {"id": flow.id, "success": True, "validation_errors": flow.validation_errors}

    def _list_flows(self, _owner: str, _request: Request) -> Json:
        return {"data": [_described(flow) for flow in self.flows.values()], "paging": {"cursors": {"before": "a", "after": "z"}}}

    def about(self, method: str, flow_id: str, request: Request) -> Json:
        """Show, change or delete one Flow. Raises Refused."""
        flow = self._known(flow_id)
        if method == "GET":
            return _described(flow) | self._of_meta(flow)
        if method == "DELETE":
            if flow.status != "DRAFT":
                raise Refused(139004, "Only a draft can be deleted.")
            del self.flows[flow_id]
            return {"success": True}
        changes = request.fields()
        flow.name = str(changes.get("name") or flow.name)
        flow.endpoint_uri = str(changes.get("endpoint_uri") or flow.endpoint_uri)
        flow.categories = _categories(changes.get("categories")) or flow.categories
        return {"success": True}

    def _of_meta(self, flow: FlowRecord) -> Json:
        """What Meta adds: a public page that shows the Flow for 30 days, and whether it can be sent."""
        expires = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S+0000")
        preview = {"preview_url": f"{self._url()}/simulator/flows/{flow.id}.json", "expires_at": expires}
        can_send = "BLOCKED" if flow.status in ("BLOCKED", "THROTTLED") else "AVAILABLE"
        entity: Json = {"entity_type": "FLOW", "id": flow.id, "can_send_message": can_send}
        if can_send == "BLOCKED":
            error = {"error_code": 132068, "error_description": f"The Flow is {flow.status.lower()}."}
            entity["errors"] = [error | {"possible_solution": "Repair the endpoint and wait for the next check."}]
        return {"preview": preview, "health_status": {"can_send_message": can_send, "entities": [entity]}}

    def _upload(self, flow_id: str, request: Request) -> Json:
        flow, fields = self._known(flow_id), request.fields()
        if fields.get("asset_type") != "FLOW_JSON" or "file" not in fields:
            raise Refused(100, "Send a file with asset_type FLOW_JSON.")
        self._keep_json(flow, str(fields["file"]))
        flow.status = "DRAFT"
        return {"success": True, "validation_errors": flow.validation_errors}

    def _keep_json(self, flow: FlowRecord, text: str) -> None:
        try:
            flow.flow_json = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(139001, "The Flow JSON cannot be read.") from None
        lines = lines_of(flow.flow_json) if isinstance(flow.flow_json, dict) else []
        flow.validation_errors = [
            _validation_error(problem, line_at(lines, problem.path)) for problem in problems_of(flow.flow_json)
        ]

    def _assets(self, flow_id: str, _request: Request) -> Json:
        flow = self._known(flow_id)
        address = f"{self._url()}/simulator/flows/{flow.id}.json"
        return {"data": [{"name": "flow.json", "asset_type": "FLOW_JSON", "download_url": address}]}

    def _publish(self, flow_id: str, _request: Request) -> Json:
        flow = self._known(flow_id)
        reasons = {
            "the Flow JSON is missing": not flow.flow_json,
            "the Flow JSON has errors": bool(flow.validation_errors),
            "the endpoint_uri is missing": "data_api_version" in flow.flow_json and not flow.endpoint_uri,
            "the public key is missing": "data_api_version" in flow.flow_json and not self.public_keys,
            "it is not a draft": flow.status != "DRAFT",
        }
        if found := [reason for reason, is_so in reasons.items() if is_so]:
            raise Refused(139002, f"The Flow cannot be published: {', '.join(found)}.")
        flow.status = "PUBLISHED"
        self._on_status(flow.id, "DRAFT", "PUBLISHED")
        return {"success": True}

    def _deprecate(self, flow_id: str, _request: Request) -> Json:
        flow = self._known(flow_id)
        if flow.status != "PUBLISHED":
            raise Refused(139003, "Only a published Flow can be deprecated.")
        flow.status = "DEPRECATED"
        self._on_status(flow.id, "PUBLISHED", "DEPRECATED")
        return {"success": True}

    def _known(self, flow_id: str) -> FlowRecord:
        if flow_id not in self.flows:
            raise Refused(100, f"Object with ID '{flow_id}' does not exist.")
        return self.flows[flow_id]

    def check_can_be_sent(self, parameters: Json) -> None:
        """Whether a Flow message with these parameters may go out. Raises Refused."""
        flow = self.flows.get(parameters.get("flow_id", ""))
        if flow is None:
            return
        codes = {"BLOCKED": 132068, "THROTTLED": 132069}
        if flow.status in codes:
            raise Refused(codes[flow.status], f"The Flow is {flow.status.lower()}.")
        if (flow.status == "DRAFT") != (parameters.get("mode") == "draft"):
            raise Refused(
                INVALID, f"The Flow is {flow.status}, the message was sent for mode {parameters.get('mode', 'published')}."
            )

    # --- Keys ---------------------------------------------------------------------------------------
    def _keep_key(self, number_id: str, request: Request) -> Json:
        pem = str(request.fields().get("business_public_key") or "")
        try:
            key = load_pem_public_key(pem.encode())
        except ValueError:
            key = None
        if not isinstance(key, RSAPublicKey) or key.key_size != 2048:
            raise Refused(100, "business_public_key must be an RSA key of 2048 bits as PEM.")
        self.public_keys[number_id] = pem
        return {"success": True}

    def _show_key(self, number_id: str, _request: Request) -> Json:
        pem = self.public_keys.get(number_id)
        signature = "MISMATCH" if number_id in self.unsigned_numbers else "VALID"
        shown = {"business_public_key": pem, "business_public_key_signature_status": signature} if pem else {}
        return {"data": [shown]} if shown else {"data": []}


def _validation_error(problem: Problem, line: int) -> Json:
    place = {"line_start": line, "line_end": line, "column_start": 1, "column_end": 2} if line else {}
    pointer = {**place, "path": problem.path}
    return {"error": problem.error, "error_type": "FLOW_JSON_ERROR", "message": problem.message, **place, "pointers": [pointer]}


def _described(flow: FlowRecord) -> Json:
    known = asdict(flow)
    definition = known.pop("flow_json")
    versions = {
        name: definition[key] for name, key in (("json_version", "version"), ("data_api_version",) * 2) if key in definition
    }
    return known | versions


def _categories(value: Any) -> list[str]:
    """A list, or the JSON text of one, as forms carry it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    return [str(item) for item in value] if isinstance(value, list) else []
