"""Meta's Graph API on this machine: messages, Flows and the Flow key, with faults on request. No message is delivered.

What Meta checks outside of a request (billing, quality, the connected app) is not played here. A Flow that this server has
never seen may be sent, because it forgets everything when it stops.
"""

import itertools
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from flows.flow_json import problems_of
from flows.simulator.control import beside
from flows.simulator.graph_messages import INVALID, Json, Refused, recipient_of
from flows.simulator.records import FlowRecord, SentMessage
from flows.simulator.server import FaultBoard, Page, Request, Server

CATEGORIES = {"SIGN_UP", "SIGN_IN", "APPOINTMENT_BOOKING", "LEAD_GENERATION", "CONTACT_US", "CUSTOMER_SUPPORT", "SURVEY", "OTHER"}


class GraphSimulator:
    """A Graph API of one's own. Listens from `start` (or `with`) to `stop`; `url` has no version, add `/v25.0`."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.messages: list[SentMessage] = []
        self.flows: dict[str, FlowRecord] = {}
        self.public_keys: dict[str, str] = {}
        self.closed_windows: set[str] = set()
        """Recipients who wrote more than 24 hours ago: only templates reach them."""
        self.faults = FaultBoard()
        self._lock = threading.RLock()
        self._numbers = itertools.count(800_000_000_000_001)
        self._server = Server(self._answer, self.faults, self._beside, host=host, port=port)

    # --- Its life ---------------------------------------------------------------------------------
    def start(self) -> Self:
        """Raises OSError when the port is taken."""
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self._server.url

    # --- What a test or a demonstration asks --------------------------------------------------------
    def messages_to(self, recipient: str) -> list[SentMessage]:
        """What was accepted for this number (in any form) or id, oldest first."""
        digits = "".join(character for character in recipient if character.isdigit())
        with self._lock:
            return [message for message in self.messages if message.to in (recipient, digits)]

    # --- Requests -----------------------------------------------------------------------------------
    def _answer(self, request: Request) -> Json:
        """The answer to one call. Raises Refused."""
        if not request.header("Authorization").removeprefix("Bearer ").strip():
            raise Refused(190, "Invalid OAuth access token.", 401)
        with self._lock:
            match (request.method, request.steps):
                case (method, [owner]):
                    return self._flow(method, owner, request)
                case (method, [owner, call]) if (method, call) in self._calls:
                    return self._calls[method, call](owner, request)
        raise Refused(100, f"Unsupported {request.method.lower()} request.")

    @property
    def _calls(self) -> dict[tuple[str, str], Callable[[str, Request], Json]]:
        return {
            ("POST", "messages"): self._send,
            ("POST", "flows"): self._create_flow,
            ("GET", "flows"): self._list_flows,
            ("POST", "assets"): self._upload,
            ("GET", "assets"): self._assets,
            ("POST", "publish"): self._publish,
            ("POST", "deprecate"): self._deprecate,
            ("POST", "whatsapp_business_encryption"): self._keep_key,
            ("GET", "whatsapp_business_encryption"): self._show_key,
        }

    # --- Messages -----------------------------------------------------------------------------------
    def _send(self, _owner: str, request: Request) -> Json:
        message = request.json()
        if isinstance(message, dict) and message.get("status") == "read":
            return {"success": True}
        to = recipient_of(message)
        if message["type"] != "template" and to in self.closed_windows:
            raise Refused(131047, "More than 24 hours have passed since the recipient last replied.")
        self._check_flow_can_be_sent(message)
        wamid = f"wamid.{secrets.token_urlsafe(24)}"
        accepted_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.messages.append(SentMessage(wamid, to, message["type"], message, accepted_at))
        contact = {"input": message.get("to", to), **({"user_id": to} if "recipient" in message else {"wa_id": to})}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}

    def _check_flow_can_be_sent(self, message: Json) -> None:
        parameters = message.get("interactive", {}).get("action", {}).get("parameters", {})
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

    def _flow(self, method: str, flow_id: str, request: Request) -> Json:
        flow = self._known(flow_id)
        if method == "GET":
            return _described(flow)
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
        flow.validation_errors = [
            {
                "error": problem.error,
                "error_type": "FLOW_JSON_ERROR",
                "message": problem.message,
                "pointers": [{"path": problem.path}],
            }
            for problem in problems_of(flow.flow_json)
        ]

    def _assets(self, flow_id: str, _request: Request) -> Json:
        flow = self._known(flow_id)
        address = f"{self.url}/simulator/flows/{flow.id}.json"
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
        return {"success": True}

    def _deprecate(self, flow_id: str, _request: Request) -> Json:
        flow = self._known(flow_id)
        if flow.status != "PUBLISHED":
            raise Refused(139003, "Only a published Flow can be deprecated.")
        flow.status = "DEPRECATED"
        return {"success": True}

    def _known(self, flow_id: str) -> FlowRecord:
        if flow_id not in self.flows:
            raise Refused(100, f"Object with ID '{flow_id}' does not exist.")
        return self.flows[flow_id]

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
        shown = {"business_public_key": pem, "business_public_key_signature_status": "VALID"} if pem else {}
        return {"data": [shown]} if shown else {"data": []}

    # --- Beside the API -----------------------------------------------------------------------------
    def _beside(self, request: Request) -> Page:
        with self._lock:
            return beside(self, request)


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
