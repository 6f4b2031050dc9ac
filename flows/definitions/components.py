"""Small builders for Flow JSON: components, actions and declared data, as plain dictionaries.

Names and limits: https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/components
"""

from typing import Any

Json = dict[str, Any]


# --- Declared data --------------------------------------------------------------------------------
def text_data(example: str) -> Json:
    return {"type": "string", "__example__": example}


def flag_data(*, example: bool) -> Json:
    return {"type": "boolean", "__example__": example}


def texts_data(example: dict[str, str], names: tuple[str, ...]) -> Json:
    """An object of texts, any of which may be left out."""
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "__example__": example}


def options_data(*examples: Json) -> Json:
    """A data source for a group of options, each with id, title and description; one that is not `enabled` cannot be chosen."""
    texts = {name: {"type": "string"} for name in ("id", "title", "description")}
    items = {"type": "object", "properties": {**texts, "enabled": {"type": "boolean"}}}
    return {"type": "array", "items": items, "__example__": list(examples)}


def option(id_: str, title: str, description: str) -> Json:
    return {"id": id_, "title": title, "description": description}


# --- Bindings and actions -------------------------------------------------------------------------
def data(name: str) -> str:
    return f"${{data.{name}}}"


def form(name: str) -> str:
    return f"${{form.{name}}}"


def data_exchange(**payload: str) -> Json:
    return {"name": "data_exchange", "payload": payload}


def open_url(url: str) -> Json:
    return {"name": "open_url", "url": url}


# --- Components -----------------------------------------------------------------------------------
def heading(text: str) -> Json:
    return {"type": "TextHeading", "text": text}


def subheading(text: str) -> Json:
    return {"type": "TextSubheading", "text": text}


def body(text: str) -> Json:
    return {"type": "TextBody", "text": text}


def caption(text: str) -> Json:
    return {"type": "TextCaption", "text": text}


def link(text: str, action: Json) -> Json:
    return {"type": "EmbeddedLink", "text": text, "on-click-action": action}


def footer(label: str, action: Json) -> Json:
    return {"type": "Footer", "label": label, "on-click-action": action}


def choice(name: str, *, label: str, options: str) -> Json:
    return {"type": "RadioButtonsGroup", "name": name, "label": label, "required": True, "data-source": options}


def dropdown(name: str, *, label: str, options: str) -> Json:
    return {"type": "Dropdown", "name": name, "label": label, "required": True, "data-source": options}


def text_input(name: str, *, label: str, kind: str, helper: str, required: bool) -> Json:
    shown = {"type": "TextInput", "name": name, "label": label, "input-type": kind}
    return shown | {"required": required, "helper-text": helper}


def only_if(condition: str, *then: Json) -> Json:
    """Shown when the flag is true. What is not shown is not checked by the phone either, so its texts may be empty."""
    return {"type": "If", "condition": condition, "then": list(then)}


def screen(id_: str, title: str, *, model: Json, children: list[Json], **ends: bool) -> Json:
    return {"id": id_, "title": title, **ends, "data": model, "layout": {"type": "SingleColumnLayout", "children": children}}
