"""What WhatsApp tells us, taken apart: one update for each message, status and Flow event of a call. Pure.

Meta's shapes: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks (editions of 2026).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from customer_data.card_numbers import without_card_numbers_inside
from flows.incoming import Incoming, IncomingKind

MESSAGE, STATUS, FLOW, OTHER = "message", "status", "flow", "other"

_NOT_TYPED = frozenset({"id", "wa_id", "user_id", "from", "from_user_id", "timestamp", "sha256", "url", "mime_type"})
LONGEST_WAMID = 255
LONGEST_SENDER = 160
LONGEST_TEXT = 4096
"""The longest text WhatsApp lets anybody write."""


class NotReadable(ValueError):
    """The body of a call is not JSON. Nothing of it can be kept."""


@dataclass(frozen=True)
class ReadUpdate:
    """One update as it is kept. `key` is the same however often and in whatever spelling it is delivered."""

    kind: str
    key: str
    body: str  # JSON, in ASCII
    sender: str = ""  # whose messages must stay in order
    at: int = 0  # Unix seconds, says WhatsApp; 0 where it does not


@dataclass(frozen=True)
class StatusNews:
    """What became of a message of ours. `status` is Meta's word: sent, delivered, read, failed, played, or a new one."""

    wamid: str
    status: str
    at: datetime | None
    opaque: str = ""  # what we gave with the message, so that it can be found before its wamid is known
    error_code: int | None = None
    error: str = ""


@dataclass(frozen=True)
class FlowNews:
    """What Meta says of a Flow. `facts` is all of it."""

    flow_id: str
    event: str
    at: datetime | None
    facts: Mapping[str, Any]


# --- Taking a call apart --------------------------------------------------------------------------
def read_updates(body: bytes) -> list[ReadUpdate]:
    """Every update of every entry and change, each key once, in the order in which they happened. Raises NotReadable.

    JSON of a shape that nobody foresaw is kept as OTHER: it is never an error, and nothing is thrown away.
    """
    try:
        called = json.loads(body)
        updates = {update.key: update for update in _updates(called)}
    except (ValueError, RecursionError):
        raise NotReadable("It is not JSON.") from None
    return sorted(updates.values(), key=lambda update: update.at)


def _updates(called: Any) -> Iterator[ReadUpdate]:
    entries = _dict(called).get("entry")
    if not isinstance(entries, list):
        yield _other(called)
        return
    for entry in entries:
        changes = _dict(entry).get("changes")
        if not isinstance(changes, list):
            yield _other(entry)
            continue
        for change in changes:
            yield from _of_change(change, _dict(entry).get("time"))


def _of_change(change: Any, time: Any) -> Iterator[ReadUpdate]:
    value = _dict(_dict(change).get("value"))
    if _dict(change).get("field") == "flows" and value:
        yield _flow(value, time)
        return
    messages, statuses = _list(value.get("messages")), _list(value.get("statuses"))
    for message in messages:
        yield _message(message, _dicts(value.get("contacts")))
    for status in statuses:
        yield _status(status)
    if not messages and not statuses:
        yield _other(change)


def _message(message: Any, contacts: list[dict[str, Any]]) -> ReadUpdate:
    """A message that cannot be told from others, or answered, is no message to us. A card number in it is not even kept."""
    message, contacts = without_card_numbers_inside(message, but=_NOT_TYPED), without_card_numbers_inside(contacts, but=_NOT_TYPED)
    wamid = _id(_dict(message).get("id"), LONGEST_WAMID)
    contact = _contact_of(_dict(message), contacts)
    wa_id, bsuid = _identity(_dict(message), contact)
    if not wamid or not (wa_id or bsuid) or message.get("type") == "system":
        return _other({"message": message, "contact": contact})
    kept = _dump({"message": message, "contact": contact})
    return ReadUpdate(MESSAGE, f"message:{wamid}", kept, sender=wa_id or bsuid, at=_seconds(message.get("timestamp")))


def _status(status: Any) -> ReadUpdate:
    facts = _dict(status)
    wamid, word = _id(facts.get("id"), LONGEST_WAMID), _id(facts.get("status"), 32)
    if not wamid or not word:
        return _other({"status": status})
    return ReadUpdate(STATUS, f"status:{wamid}:{word}", _dump({"status": status}), at=_seconds(facts.get("timestamp")))


def _flow(value: dict[str, Any], time: Any) -> ReadUpdate:
    body = _dump({"flow": value, "time": time})
    return ReadUpdate(FLOW, f"flow:{_hash(body)}", body, at=_seconds(time))


def _other(value: Any) -> ReadUpdate:
    body = _dump({"other": value})
    return ReadUpdate(OTHER, f"other:{_hash(body)}", body)


# --- Reading one of them again --------------------------------------------------------------------
def incoming_of(body: str, *, received_at: datetime) -> Incoming:
    """The message in the body of a kept update of kind MESSAGE."""
    kept = _dict(json.loads(body))
    message, contact = _dict(kept.get("message")), _dict(kept.get("contact"))
    wa_id, bsuid = _identity(message, contact)
    parts = _content_of(message)
    return Incoming(
        wamid=_id(message.get("id"), LONGEST_WAMID),
        sent_at=_moment(message.get("timestamp")) or received_at,
        wa_id=wa_id,
        bsuid=bsuid,
        name=_text(_dict(contact.get("profile")).get("name"))[:200],
        context_wamid=_id(_dict(message.get("context")).get("id"), LONGEST_WAMID),
        **parts,
    )


def status_of(body: str) -> StatusNews:
    """The status in the body of a kept update of kind STATUS."""
    status = _dict(_dict(json.loads(body)).get("status"))
    error = next(iter(_dicts(status.get("errors"))), {})
    code = error.get("code")
    words = _text(_dict(error.get("error_data")).get("details")) or _text(error.get("message")) or _text(error.get("title"))
    return StatusNews(
        wamid=_id(status.get("id"), LONGEST_WAMID),
        status=_id(status.get("status"), 32),
        at=_moment(status.get("timestamp")),
        opaque=_text(status.get("biz_opaque_callback_data"))[:512],
        error_code=code if type(code) is int and 0 <= code < 2**31 else None,
        error=words[:500],
    )


def flow_news_of(body: str) -> FlowNews:
    """The event in the body of a kept update of kind FLOW."""
    kept = _dict(json.loads(body))
    facts = _dict(kept.get("flow"))
    return FlowNews(
        flow_id=_text(facts.get("flow_id"))[:64],
        event=_text(facts.get("event"))[:64],
        at=_moment(kept.get("time")),
        facts=facts,
    )


# --- What a message holds -------------------------------------------------------------------------
_MEDIA = {
    "image": IncomingKind.IMAGE,
    "document": IncomingKind.DOCUMENT,
    "audio": IncomingKind.VOICE,
    "video": IncomingKind.VIDEO,
    "sticker": IncomingKind.STICKER,
}
_WITHOUT_WORDS = {"location": IncomingKind.LOCATION, "contacts": IncomingKind.CONTACT}


def _content_of(message: dict[str, Any]) -> dict[str, Any]:
    kind = _text(message.get("type"))
    part = _dict(message.get(kind))
    if kind == "text":
        return {"kind": IncomingKind.TEXT, "text": _text(part.get("body"))}
    if kind == "button":  # of a template
        return _tap(part.get("payload"), part.get("text"))
    if kind == "interactive":
        return _interactive(part)
    if kind in _MEDIA:
        media = {"media_id": _id(part.get("id"), 255), "mime_type": _text(part.get("mime_type"))[:100]}
        return {"kind": _MEDIA[kind], "text": _text(part.get("caption")), **media}
    if kind == "reaction":
        return {"kind": IncomingKind.REACTION, "text": _text(part.get("emoji"))}
    return {"kind": _WITHOUT_WORDS.get(kind, IncomingKind.OTHER)}


def _interactive(part: dict[str, Any]) -> dict[str, Any]:
    for name in ("button_reply", "list_reply"):
        if isinstance(part.get(name), dict):
            return _tap(part[name].get("id"), part[name].get("title"))
    if isinstance(part.get("nfm_reply"), dict):
        reply = part["nfm_reply"]
        return {
            "kind": IncomingKind.FLOW_REPLY,
            "text": _text(reply.get("body")),
            "flow_reply": _params(reply.get("response_json")),
        }
    return {"kind": IncomingKind.OTHER}


def _tap(button_id: Any, title: Any) -> dict[str, Any]:
    return {"kind": IncomingKind.BUTTON, "button_id": _text(button_id)[:256], "text": _text(title)}


def _params(response_json: Any) -> dict[str, Any]:
    """What a completed Flow gives: the text of a JSON object. A customer's words, however it looks."""
    try:
        return _dict(json.loads(response_json))
    except (TypeError, ValueError, RecursionError):
        return {}


# --- Who --------------------------------------------------------------------------------------------
def _identity(message: dict[str, Any], contact: dict[str, Any]) -> tuple[str, str]:
    """Number and business-scoped id; either may be missing, and Meta gives each in two places."""
    wa_id = _number(message.get("from")) or _number(contact.get("wa_id"))
    return wa_id, _id(message.get("from_user_id"), LONGEST_SENDER) or _id(contact.get("user_id"), LONGEST_SENDER)


def _contact_of(message: dict[str, Any], contacts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The contact who wrote the message; where the message does not say who that is, the only contact there is."""
    known = list(contacts)
    number, bsuid = message.get("from"), message.get("from_user_id")
    for contact in known:
        if (number and contact.get("wa_id") == number) or (bsuid and contact.get("user_id") == bsuid):
            return contact
    return known[0] if len(known) == 1 and not number and not bsuid else {}


# --- Odd values -------------------------------------------------------------------------------------
def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _text(value: Any) -> str:
    """The text as a database takes it: without the character zero and halves of emoji, which JSON can hold."""
    if not isinstance(value, str):
        return ""
    return value[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def _id(value: Any, longest: int) -> str:
    """An id is taken as it is, or not at all: half an id is somebody else's."""
    is_whole = isinstance(value, str) and len(value) <= longest and value.isascii() and value.isprintable()
    return value if is_whole else ""


def _number(value: Any) -> str:
    digits = _id(value, 32)
    return digits if digits.isdigit() else ""


def _seconds(value: Any) -> int:
    text = str(value) if type(value) is int and 0 <= value < 10**11 else value
    return int(text) if isinstance(text, str) and len(text) <= 11 and text.isascii() and text.isdigit() else 0


def _moment(value: Any) -> datetime | None:
    seconds = _seconds(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _dump(value: Any) -> str:
    """One spelling for each value: what is delivered again in another order or with other escapes has the same hash."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
