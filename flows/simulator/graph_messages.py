"""Which messages Meta's Cloud API accepts: shapes and limits, with the code and words of the refusal.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (edition of 2026-04-23)
"""

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

MISSING, INVALID = 131008, 131009

_BUSINESS_SCOPED_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")


class Refused(Exception):
    """Meta's refusal: its code, its words, and the HTTP status."""

    def __init__(self, code: int, details: str, status: int = 400) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.status = status


def recipient_of(message: Any) -> str:
    """Who gets the message: a number in digits, or a business-scoped id. Raises Refused for a message Meta would not take."""
    if not isinstance(message, dict) or message.get("messaging_product") != "whatsapp":
        raise Refused(100, "messaging_product must be whatsapp.")
    kind = _text(message, "type", 20)
    if kind not in _CHECKS:
        raise Refused(INVALID, f"type {kind} is not known.")
    if "biz_opaque_callback_data" in message:
        _text(message, "biz_opaque_callback_data", 512)
    _CHECKS[kind](_object(message, kind))
    return _recipient(message)


def _recipient(message: Json) -> str:
    if "recipient" in message:
        user_id = _text(message, "recipient", 131)
        if not _BUSINESS_SCOPED_ID.fullmatch(user_id):
            raise Refused(INVALID, "recipient is not a business-scoped user id.")
        return user_id
    digits = re.sub(r"\D", "", _text(message, "to", 30))
    if not 7 <= len(digits) <= 15:
        raise Refused(INVALID, "to is not a phone number.")
    return digits


def _check_text(text: Json) -> None:
    _text(text, "body", 4096)


def _check_template(template: Json) -> None:
    _text(template, "name", 512)
    _text(_object(template, "language"), "code", 20)


def _check_interactive(interactive: Json) -> None:
    kind = _text(interactive, "type", 30)
    if kind not in _INTERACTIVE:
        raise Refused(INVALID, f"interactive.type {kind} is not known.")
    _text(_object(interactive, "body"), "text", 4096 if kind == "list" else 1024)
    if "header" in interactive and _object(interactive, "header").get("type") == "text":
        _text(_object(interactive, "header"), "text", 60)
    if "footer" in interactive:
        _text(_object(interactive, "footer"), "text", 60)
    _INTERACTIVE[kind](_object(interactive, "action"))


def _check_flow(action: Json) -> None:
    parameters = _object(action, "parameters")
    if action.get("name") != "flow":
        raise Refused(INVALID, "action.name must be flow.")
    if parameters.get("flow_message_version") != "3":
        raise Refused(INVALID, "flow_message_version must be the text 3.")
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        raise Refused(MISSING, "Give flow_id or flow_name.")
    _text(parameters, "flow_cta", 20)
    if parameters.get("mode", "published") not in ("draft", "published"):
        raise Refused(INVALID, "mode must be draft or published.")
    kind = parameters.get("flow_action", "navigate")
    if kind not in ("navigate", "data_exchange"):
        raise Refused(INVALID, "flow_action must be navigate or data_exchange.")
    if kind == "data_exchange" and "flow_action_payload" in parameters:
        raise Refused(INVALID, "flow_action_payload goes with navigate only.")


def _check_buttons(action: Json) -> None:
    buttons = _list(action, "buttons", 3)
    for button in buttons:
        if button.get("type") != "reply":
            raise Refused(INVALID, "The type of a button must be reply.")
        reply = _object(button, "reply")
        _text(reply, "title", 20)
        _text(reply, "id", 256)
    _check_different([button["reply"] for button in buttons])


def _check_list(action: Json) -> None:
    _text(action, "button", 20)
    rows: list[Json] = []
    sections = _list(action, "sections", 10)
    for section in sections:
        if len(sections) > 1:
            _text(section, "title", 24)
        rows += _list(section, "rows", 10)
    for row in rows:
        _text(row, "id", 200)
        _text(row, "title", 24)
        if "description" in row:
            _text(row, "description", 72)
    if len(rows) > 10:
        raise Refused(INVALID, "A list has 10 rows at most, in all its sections.")
    _check_different(rows)


def _check_different(choices: list[Json]) -> None:
    if len({choice["id"] for choice in choices}) < len(choices):
        raise Refused(INVALID, "Two choices have the same id.")


def _check_link(action: Json) -> None:
    parameters = _object(action, "parameters")
    _text(parameters, "display_text", 20)
    if not _text(parameters, "url", 2000).startswith(("https://", "http://")):
        raise Refused(INVALID, "url is not a web address.")


def _check_document(document: Json) -> None:
    _check_file(document)
    if "filename" in document:
        _text(document, "filename", 240)


def _check_file(file: Json) -> None:
    if ("id" in file) == ("link" in file):
        raise Refused(MISSING, "Give id or link.")
    _text(file, "id" if "id" in file else "link", 2000)
    if "caption" in file:
        _text(file, "caption", 1024)


_INTERACTIVE = {"flow": _check_flow, "button": _check_buttons, "list": _check_list, "cta_url": _check_link}
_CHECKS = {
    "text": _check_text,
    "interactive": _check_interactive,
    "template": _check_template,
    "document": _check_document,
    "image": _check_file,
}


# --- Parts ----------------------------------------------------------------------------------------
def _object(owner: Mapping[str, Any], name: str) -> Json:
    value = owner.get(name)
    if not isinstance(value, dict):
        raise Refused(MISSING, f"{name} is missing.")
    return value


def _list(owner: Mapping[str, Any], name: str, most: int) -> list[Json]:
    value = owner.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise Refused(MISSING, f"{name} is missing.")
    if len(value) > most:
        raise Refused(INVALID, f"{name} has {len(value)} items; {most} are possible.")
    return value


def _text(owner: Mapping[str, Any], name: str, most: int) -> str:
    value = owner.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(MISSING, f"{name} is missing.")
    if len(value) > most:
        raise Refused(INVALID, f"{name} has {len(value)} characters; {most} are possible.")
    return value
