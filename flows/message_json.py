"""A message as Meta's Cloud API takes it, from what we want to say. Pure.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (edition of 2026-04-23)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flows.outgoing import (
    Buttons,
    Choice,
    Document,
    FlowButton,
    Image,
    LinkButton,
    ListMenu,
    Outgoing,
    Template,
    Text,
    kind_of,
    within,
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """What is not said in the words: where a Flow's button leads, the file's id at Meta, the approved template and its values."""

    flow_id: str = ""
    flow_name: str = ""  # in place of the id
    flow_token: str = field(default="", repr=False)
    flow_mode: str = "published"
    media_id: str = ""
    template_name: str = ""
    template_language: str = "en"
    values: tuple[str, ...] = ()


def message_json(outgoing: Outgoing, parts: Parts) -> Json:
    """`type` and what belongs to it. Raises ValueError when a part is missing."""
    return _WRITERS[kind_of(outgoing)](outgoing, parts)


def _text(text: Text, _: Parts) -> Json:
    return {"type": "text", "text": {"body": text.body, "preview_url": False}}


def _buttons(menu: Buttons, _: Parts) -> Json:
    replies = [{"type": "reply", "reply": {"id": choice.id, "title": choice.title}} for choice in menu.choices]
    return _interactive("button", menu, {"buttons": replies})


def _list(menu: ListMenu, _: Parts) -> Json:
    sections = [_given(title=section.title) | {"rows": [_row(row) for row in section.rows]} for section in menu.sections]
    return _interactive("list", menu, {"button": menu.button, "sections": sections})


def _row(row: Choice) -> Json:
    return {"id": row.id, "title": row.title} | _given(description=row.description)


def _flow(button: FlowButton, parts: Parts) -> Json:
    parameters = {
        "flow_message_version": "3",
        **({"flow_name": parts.flow_name} if parts.flow_name else {"flow_id": within(parts.flow_id, "The Flow's id", 64)}),
        "flow_token": within(parts.flow_token, "The Flow token", 4096),
        "flow_cta": button.cta,
        "flow_action": "data_exchange",
        "mode": parts.flow_mode,
    }
    return _interactive("flow", button, {"name": "flow", "parameters": parameters})


def _link(button: LinkButton, _: Parts) -> Json:
    return _interactive("cta_url", button, {"name": "cta_url", "parameters": {"display_text": button.label, "url": button.url}})


def _document(document: Document, parts: Parts) -> Json:
    return {"type": "document", "document": _file(document, parts) | {"filename": document.file_name}}


def _image(image: Image, parts: Parts) -> Json:
    return {"type": "image", "image": _file(image, parts)}


def _file(outgoing: Outgoing, parts: Parts) -> Json:
    return {"id": within(parts.media_id, "The file's id", 255)} | _given(caption=outgoing.body)


def _template(_: Template, parts: Parts) -> Json:
    components: list[Json] = []
    if parts.values:
        components.append({"type": "body", "parameters": [{"type": "text", "text": _on_one_line(value)} for value in parts.values]})
    if parts.flow_token:
        action = {"type": "action", "action": {"flow_token": within(parts.flow_token, "The Flow token", 4096)}}
        components.append({"type": "button", "sub_type": "flow", "index": "0", "parameters": [action]})
    template: Json = {
        "name": within(parts.template_name, "The template's name", 512),
        "language": {"code": within(parts.template_language, "The template's language", 20)},
    }
    return {"type": "template", "template": template | ({"components": components} if components else {})}


def _on_one_line(value: str) -> str:
    """Meta refuses a value with new lines, tabs or runs of spaces (132012)."""
    return within(" ".join(value.split()), "A fact in the template", 1024)


def _interactive(kind: str, outgoing: Any, action: Json) -> Json:
    interactive: Json = {"type": kind, "body": {"text": outgoing.body}, "action": action}
    if outgoing.header:
        interactive["header"] = {"type": "text", "text": outgoing.header}
    if outgoing.footer:
        interactive["footer"] = {"text": outgoing.footer}
    return {"type": "interactive", "interactive": interactive}


def _given(**parts: str) -> Json:
    return {name: value for name, value in parts.items() if value}


_WRITERS: dict[str, Callable[[Any, Parts], Json]] = {
    "text": _text,
    "buttons": _buttons,
    "list": _list,
    "flow": _flow,
    "link": _link,
    "document": _document,
    "image": _image,
    "template": _template,
}
