"""Beside the API: a page for people, and calls with which a script reads what was sent and asks for faults."""

import html
import json
from dataclasses import asdict
from typing import Any, Protocol

from flows.simulator.files import Files
from flows.simulator.graph_messages import Json, Refused
from flows.simulator.postman import Postman
from flows.simulator.records import FlowRecord, SentMessage
from flows.simulator.server import FaultBoard, Page, Request


class Kept(Protocol):
    """What the simulator holds."""

    messages: list[SentMessage]
    files: Files
    flows: dict[str, FlowRecord]
    faults: FaultBoard
    postman: Postman

    def messages_to(self, recipient: str) -> list[SentMessage]: ...
    def tell_status(self, wamid: str, status: str, *, error: tuple[int, str] | None = None) -> None: ...


def beside(kept: Kept, request: Request) -> Page:
    """`/`, `/simulator/messages?to=…` (GET, DELETE), `/simulator/messages/<wamid>/status` (POST),

    `/simulator/flows/<id>.json`, `/simulator/media/<id>`, `/simulator/faults` (POST, DELETE), `/simulator/webhooks`.
    """
    match (request.method, request.steps):
        case ("GET", []):
            return Page(_page(kept.messages), type="text/html")
        case ("GET", ["simulator", *steps]):
            return _shown(kept, steps, request)
        case ("POST", ["simulator", "messages", wamid, "status"]):
            return _tell_status(kept, wamid, request)
        case ("POST", ["simulator", "faults"]):
            return _add_fault(kept.faults, request)
        case ("DELETE", ["simulator", "messages" | "faults" as what]):
            (kept.messages if what == "messages" else kept.faults).clear()
            return _json({"success": True})
    return _nothing()


def _shown(kept: Kept, steps: list[str], request: Request) -> Page:
    match steps:
        case ["messages"]:
            found = kept.messages_to(request.query["to"]) if "to" in request.query else kept.messages
            return _json([asdict(message) for message in found])
        case ["flows", name]:
            flow = kept.flows.get(name.removesuffix(".json"))
            return _json(flow.flow_json) if flow else _json({"error": "There is no such Flow."}, status=404)
        case ["webhooks"]:
            return _json(_webhooks(kept.postman, brief="brief" in request.query))
        case ["media", name] if name in kept.files.kept:
            file = kept.files.kept[name]
            return Page(file.content, type=file.mime_type)
    return _nothing()


def _webhooks(postman: Postman, *, brief: bool) -> Json:
    """What our app answered to webhooks, and unless `brief` what it took, as JSON texts in the order of taking."""
    return {
        "answers": dict(postman.answers),
        "refusals": list(postman.refusals),
        "given_up": len(postman.given_up),
        "waiting": postman.waiting,
        "taken": [] if brief else [body.decode() for body in list(postman.taken)],
    }


def _nothing() -> Page:
    return _json({"error": "There is nothing here. Meta's API is below /v25.0/."}, status=404)


def _add_fault(faults: FaultBoard, request: Request) -> Page:
    try:
        faults.add(**request.json())
    except (Refused, TypeError, ValueError) as error:
        return _json({"error": str(error)}, status=400)
    return _json({"success": True})


def _tell_status(kept: Kept, wamid: str, request: Request) -> Page:
    """`{"status": "failed", "code": 131026, "details": …}`: our app hears that of its message."""
    try:
        wanted = request.json()
        error = (int(wanted["code"]), str(wanted.get("details", "A failure was asked for."))) if "code" in wanted else None
        kept.tell_status(wamid, str(wanted["status"]), error=error)
    except (Refused, KeyError, TypeError, ValueError) as reason:
        return _json({"error": str(reason)}, status=400)
    return _json({"success": True})


def _json(value: Any, *, status: int = 200) -> Page:
    return Page(json.dumps(value, ensure_ascii=False), status=status)


# --- The page -------------------------------------------------------------------------------------
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b2b26;background:#f5f3ee}"
    "li{list-style:none;background:#fff;border-radius:8px;padding:.8rem 1rem;margin:.6rem 0}ul{padding:0}"
    "small{color:#5c6b66}b{display:block}pre{white-space:pre-wrap;font:inherit;margin:.2rem 0}"
)


def _page(messages: list[SentMessage]) -> str:
    items = "".join(_item(message) for message in reversed(messages)) or "<li>Nothing was sent yet.</li>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Messages sent</title><style>{_STYLE}</style>"
        "<h1>Messages sent</h1><p>A simulator: nothing reached a real phone. Newest first. "
        f'<a href="/phone">The phone in the browser</a></p><ul>{items}</ul></html>'
    )


def _item(message: SentMessage) -> str:
    header, body, button = (html.escape(part) for part in _parts(message.body))
    lines = [f"<small>{html.escape(message.accepted_at)} to {html.escape(message.to)}</small>", f"<pre>{body}</pre>"]
    if header:
        lines.insert(1, f"<b>{header}</b>")
    if button:
        lines.append(f"<small>Button: {button}</small>")
    return f"<li>{''.join(lines)}</li>"


def _parts(message: Json) -> tuple[str, str, str]:
    """Header, body and button of a message; empty where it has none."""
    if message.get("type") == "text":
        return "", str(message["text"]["body"]), ""
    interactive = message.get("interactive")
    if not isinstance(interactive, dict):
        return "", f"A message of type {message.get('type')}.", ""
    parameters = interactive["action"].get("parameters", {})
    header = interactive.get("header", {}).get("text", "")
    return str(header), str(interactive["body"]["text"]), str(parameters.get("flow_cta") or parameters.get("display_text") or "")
