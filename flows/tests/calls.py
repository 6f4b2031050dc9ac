"""WhatsApp calls our webhook, for tests: bodies as Meta writes them, signed, over the real address."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings
from django.test import Client

from flows.simulator.envelope import sign

WEBHOOK = "/crm-api/whatsapp/webhook/"
NUMBER = "263771234567"


def message(wamid: str, text: str = "Hi", *, number: str = NUMBER, bsuid: str = "", at: int = 0, **parts: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"id": wamid, "timestamp": str(at or int(time.time())), "type": "text", "text": {"body": text}}
    identity = {"from": number, "from_user_id": bsuid}
    return {name: value for name, value in identity.items() if value} | said | parts


def status(wamid: str, word: str, *, at: int = 0, **parts: Any) -> dict[str, Any]:
    return {"id": wamid, "status": word, "timestamp": str(at or int(time.time())), "recipient_id": NUMBER} | parts


def call(
    *messages: dict[str, Any], statuses: tuple[dict[str, Any], ...] = (), contacts: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    """One call with one change."""
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "100000000000001"}}
    parts = {"contacts": list(contacts), "messages": list(messages), "statuses": list(statuses)}
    value |= {name: told for name, told in parts.items() if told}
    return wrapped({"field": "messages", "value": value})


def wrapped(*changes: Any, time: int | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": "100000000000002", "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry if time is None else entry | {"time": time}]}


def flow_event(flow_id: str, event: str, *, at: int, **facts: Any) -> dict[str, Any]:
    return wrapped({"field": "flows", "value": {"event": event, "flow_id": flow_id} | facts}, time=at)


def post(body: Any, *, secret: str = "", signature: str | None = None) -> Any:
    """As Meta delivers it; `body` may be bytes already."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    header = sign(raw, secret or settings.WHATSAPP_APP_SECRET[0]) if signature is None else signature
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.generic("POST", WEBHOOK, raw, content_type="application/json", headers={"X-Hub-Signature-256": header})
