"""What the page of the phone asks, below `/phone`: JSON in and out, the page itself, and its files. On this machine only."""

import json
from collections.abc import Callable
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from flows.simulator import webhooks
from flows.simulator.business import Business
from flows.simulator.files import Files
from flows.simulator.graph_messages import Json, Refused
from flows.simulator.handset import Handset
from flows.simulator.phone import CannotTap
from flows.simulator.phone_book import ChatPhone, NotThere, PhoneBook
from flows.simulator.postman import Postman
from flows.simulator.records import MediaFile
from flows.simulator.server import Page, Request
from flows.simulator.sheets import FlowDesk, Sheet, shown_as_json

LONG_POLL_SECONDS = 25
_FILES = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}


class Kept(Protocol):
    """What the simulator holds."""

    business: Business
    phones: PhoneBook
    files: Files
    desk: FlowDesk
    handset: Handset
    postman: Postman


def answer(kept: Kept, request: Request) -> Page:
    """The answer to any request below `/phone`; a mistake is a 4xx with a sentence."""
    match (request.method, request.steps[1:]):
        case ("GET", []):
            return _file("phone.html")
        case ("GET", ["static", *path]):
            return _file("/".join(path))
        case (_, ["api", *_]) if not _is_from_here(request):
            return _json({"error": "Only the page of this simulator may ask: open it at 127.0.0.1."}, status=403)
        case (_, ["api", *steps]):
            return _api(kept, request, steps)
    return _json({"error": "There is nothing here."}, status=404)


def _api(kept: Kept, request: Request, steps: list[str]) -> Page:
    try:
        return _json(_route(kept, request, steps, _values(request)))
    except NotThere as reason:
        return _json({"error": str(reason)}, status=404)
    except CannotTap as reason:
        return _json({"error": str(reason)}, status=409)
    except (Refused, ValueError, TypeError, KeyError) as reason:
        text = f"{reason.args[0]} is missing." if isinstance(reason, KeyError) else str(reason)
        return _json({"error": text}, status=400)
    except OSError:
        return _json({"error": "Paynow's simulator does not answer."}, status=502)


def _route(kept: Kept, request: Request, steps: list[str], values: Json) -> Json:
    match (request.method, steps):
        case (method, [name]) if (method, name) in _ABOUT_ALL:
            return _ABOUT_ALL[method, name](kept, values)
        case (method, ["phones", number, name]) if (method, name) in _ABOUT_ONE:
            return _ABOUT_ONE[method, name](kept, kept.phones.phone(number), values | request.query)
        case ("POST", ["phones", number, "prompts", reference]):
            kept.phones.phone(number)
            kept.handset.answer(reference, str(values["answer"]), code=str(values.get("code", "")))
            return {"ok": True}
        case ("POST", ["flows", session]):
            return _step(kept, kept.desk.sheet(session), values)
    raise NotThere("There is nothing here.")


# --- Phones ---------------------------------------------------------------------------------------
def _phones(kept: Kept, _values: Json) -> Json:
    with kept.phones.changed:
        return {"phones": [_described(phone) for phone in kept.phones.phones.values()]}


def _add_phone(kept: Kept, values: Json) -> Json:
    phone = kept.phones.open(
        str(values["number"]),
        str(values.get("name", "")),
        user_id=str(values.get("user_id", "")),
        hides_number=bool(values.get("hides_number", False)),
    )
    return _described(phone)


def _described(phone: ChatPhone) -> Json:
    return {"number": phone.number, "name": phone.name, "unread": phone.unread}


def _chat(kept: Kept, phone: ChatPhone, values: Json) -> Json:
    if "after" in values:
        kept.phones.wait_for_news(phone, int(values["after"]), seconds=LONG_POLL_SECONDS)
    with kept.phones.changed:
        items = [item.as_json() for item in phone.items]
        return _described(phone) | {"business": {"name": kept.business.name}, "version": phone.version, "items": items}


def _write(kept: Kept, phone: ChatPhone, values: Json) -> Json:
    match values.get("type"):
        case "text":
            item = phone.write(str(values["text"]))
        case "tap" | "template_button":
            item = phone.tap(str(values["message"]), str(values["choice"]))
        case "media":
            item = phone.send_media(str(values["kind"]))
        case "file":
            item = phone.send_file(str(values["kind"]), _file_given(kept, values), caption=str(values.get("caption", ""))[:1024])
        case other:
            raise ValueError(f"type is text, tap, media, file or template_button, not {other}.")
    return {"id": item.id}


def _file_given(kept: Kept, values: Json) -> MediaFile:
    """The file chosen on the phone; without bytes, the sample slip."""
    if "content" not in values:
        return kept.files.keep_sample_slip()
    facts = {name: str(values[name]) for name in ("name", "mime_type", "content")}
    return kept.files.keep_sent(str(values["kind"]), **facts)


def _read(_kept: Kept, phone: ChatPhone, _values: Json) -> Json:
    phone.read_all()
    return {"ok": True}


def _reset(kept: Kept, _values: Json) -> Json:
    kept.phones.forget()
    kept.desk.sheets.clear()
    return {"ok": True}


# --- Flows ----------------------------------------------------------------------------------------
def _open_flow(kept: Kept, phone: ChatPhone, values: Json) -> Json:
    sheet = kept.desk.open(phone, str(values["message"]))
    shown = sheet.open()
    return {"session": sheet.id, "flow": sheet.flow, "shown": shown_as_json(shown)}


def _step(kept: Kept, sheet: Sheet, values: Json) -> Json:
    screen, payload = str(values.get("screen", "")), values.get("payload", {})
    if not isinstance(payload, dict):
        raise TypeError("payload is an object.")
    match values.get("do"):
        case "submit":
            shown = sheet.submit(screen, payload)
        case "complete":
            shown = sheet.complete(payload)
        case "back":
            shown = sheet.back(screen)
        case "init_again":
            shown = sheet.open()
        case "close":
            kept.desk.close(sheet.id)
            return {"shown": {"closed": True}}
        case other:
            raise ValueError(f"do is submit, complete, back, init_again or close, not {other}.")
    if shown.closed:
        kept.desk.close(sheet.id)
    return {"shown": shown_as_json(shown)}


# --- Around ---------------------------------------------------------------------------------------
def _prompts(kept: Kept, phone: ChatPhone, _values: Json) -> Json:
    return {"prompts": kept.handset.prompts(phone.number, set(kept.phones.phones))}


def _network(kept: Kept, _values: Json) -> Json:
    return asdict(kept.phones.network)


def _switch_network(kept: Kept, values: Json) -> Json:
    kept.phones.switch_network(**values)
    return asdict(kept.phones.network)


def _network_of(_kept: Kept, phone: ChatPhone, _values: Json) -> Json:
    return asdict(phone.network)


def _switch_network_of(_kept: Kept, phone: ChatPhone, values: Json) -> Json:
    phone.switch_network(**values)
    return asdict(phone.network)


def _health_event(kept: Kept, values: Json) -> Json:
    if not str(values.get("event", "")):
        raise ValueError("event is missing.")
    kept.postman.post(webhooks.flow_health(kept.business, values))
    return {"ok": True}


_ABOUT_ALL: dict[tuple[str, str], Callable[[Kept, Json], Json]] = {
    ("GET", "phones"): _phones,
    ("POST", "phones"): _add_phone,
    ("GET", "network"): _network,
    ("POST", "network"): _switch_network,
    ("POST", "reset"): _reset,
    ("POST", "health_event"): _health_event,
}
_ABOUT_ONE: dict[tuple[str, str], Callable[[Kept, ChatPhone, Json], Json]] = {
    ("GET", "chat"): _chat,
    ("POST", "messages"): _write,
    ("POST", "read"): _read,
    ("POST", "flows"): _open_flow,
    ("GET", "prompts"): _prompts,
    ("GET", "network"): _network_of,
    ("POST", "network"): _switch_network_of,
}


def _is_from_here(request: Request) -> bool:
    """A page of another site, open in the same browser, must not write messages here, nor under a name that leads here."""
    origin, host = request.header("Origin"), request.header("Host")
    return _is_address(urlsplit(f"//{host}").hostname or "") and (not origin or urlsplit(origin).netloc == host)


def _is_address(host: str) -> bool:
    """A number, which nobody can make lead elsewhere, or this machine."""
    try:
        return host == "localhost" or bool(ip_address(host))
    except ValueError:
        return False


# --- In and out -----------------------------------------------------------------------------------
def _values(request: Request) -> Json:
    if request.method == "GET" or not request.body:
        return {}
    values = request.json()
    if not isinstance(values, dict):
        raise TypeError("The body is not a JSON object.")
    return values


def _file(path: str) -> Page:
    """A file of the page; nothing outside of its folder."""
    file = (_FILES / path).resolve()
    if not file.is_relative_to(_FILES.resolve()) or not file.is_file() or file.suffix not in _TYPES:
        return _json({"error": "There is no such file."}, status=404)
    return Page(file.read_bytes(), type=_TYPES[file.suffix])


def _json(value: Any, *, status: int = 200) -> Page:
    return Page(json.dumps(value, ensure_ascii=False), status=status)
