"""What stands in the chat of a phone: messages of the business and of the customer, as the page shows them. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

from flows.simulator.graph_messages import Json
from flows.simulator.records import MediaFile, SentMessage, Template


@dataclass
class Item:
    """One bubble. `status`: sending, sent, delivered, read, failed. `disabled`: the Flow's button is grey."""

    id: str
    sender: str  # business or customer
    at: str
    kind: str
    body: str = ""
    header: str = ""
    footer: str = ""
    choices: list[Json] = field(default_factory=list)
    sections: list[Json] = field(default_factory=list)
    button: str = ""
    url: str = ""
    file: Json | None = None
    status: str = "sent"
    disabled: bool = False
    answers: str = ""
    summary: list[list[str]] = field(default_factory=list)
    flow: Json = field(default_factory=dict, repr=False)
    """flow_id or flow_name, and flow_token, of the Flow that its button opens; the page does not see it."""

    def as_json(self) -> Json:
        shown = {name: value for name, value in vars(self).items() if name not in ("sender", "flow")}
        return {"from": self.sender} | shown


def item_of(message: SentMessage, *, media: dict[str, MediaFile], templates: list[Template]) -> Item:
    """The bubble for a message that was accepted."""
    item = Item(message.wamid, "business", message.accepted_at, "text")
    content: Json = message.body.get(message.type, {})
    if message.type == "text":
        item.body = str(content["body"])
    elif message.type == "interactive":
        _interactive(item, content)
    elif message.type in ("document", "image"):
        item.kind, item.body, item.file = message.type, str(content.get("caption", "")), file_of(content, media)
    elif message.type == "template":
        _template(item, content, templates)
    return item


def file_of(content: Json, media: dict[str, MediaFile]) -> Json:
    """Name, address and size of a file that was sent by id or by link."""
    kept = media.get(str(content.get("id", "")))
    if kept is None:
        return {"name": str(content.get("filename", "")), "url": str(content.get("link", "")), "bytes": 0}
    name = str(content.get("filename") or kept.name)
    return {"name": name, "url": f"/simulator/media/{kept.id}", "bytes": len(kept.content)}


def _interactive(item: Item, content: Json) -> None:
    item.body = str(content["body"]["text"])
    item.header = str(content.get("header", {}).get("text", ""))
    item.footer = str(content.get("footer", {}).get("text", ""))
    action = content["action"]
    parameters = action.get("parameters", {})
    match content["type"]:
        case "button":
            item.kind = "buttons"
            item.choices = [_choice(button["reply"]) for button in action["buttons"]]
        case "list":
            item.kind, item.button = "list", str(action["button"])
            item.sections = [
                {"title": str(section.get("title", "")), "rows": [_choice(row) for row in section["rows"]]}
                for section in action["sections"]
            ]
        case "flow":
            item.kind, item.button = "flow", str(parameters["flow_cta"])
            item.flow = {name: parameters[name] for name in ("flow_id", "flow_name", "flow_token") if name in parameters}
        case "cta_url":
            item.kind, item.button, item.url = "link", str(parameters["display_text"]), str(parameters["url"])


def _choice(part: Json) -> Json:
    return {name: str(part.get(name, "")) for name in ("id", "title", "description")}


def _template(item: Item, content: Json, templates: list[Template]) -> None:
    name, language = str(content["name"]), str(content["language"]["code"])
    known = next((each for each in templates if (each.name, each.language) == (name, language)), None)
    item.kind, item.body = "template", f"Template {name}"
    components = [part for part in content.get("components", []) if isinstance(part, dict)]
    if known is not None:
        item.header, item.footer = _filled(known.header, _values(components, "header")), known.footer
        item.body = _filled(known.body, _values(components, "body"))
    for number, button in enumerate(known.buttons if known else []):
        _template_button(item, number, button, components)


def _template_button(item: Item, number: int, button: Json, components: list[Json]) -> None:
    sent: Json = next((part for part in components if part.get("type") == "button" and str(part.get("index")) == str(number)), {})
    parameter: Json = next(iter(sent.get("parameters", [])), {})
    if button["type"] == "FLOW":
        item.button = str(button["text"])
        token = parameter.get("action", {}).get("flow_token", "unused")
        item.flow = {name: button[name] for name in ("flow_id", "flow_name") if name in button} | {"flow_token": token}
    elif button["type"] == "URL":
        item.button, item.url = str(button["text"]), _filled(str(button["url"]), [str(parameter.get("text", ""))])
    elif button["type"] == "QUICK_REPLY":
        payload = str(parameter.get("payload") or button["text"])
        item.choices.append({"id": payload, "title": str(button["text"]), "description": ""})


def _values(components: list[Json], kind: str) -> list[str]:
    part: Json = next((each for each in components if str(each.get("type", "")).lower() == kind), {})
    return [str(parameter.get("text", "")) for parameter in part.get("parameters", [])]


def _filled(text: str, values: list[str]) -> str:
    def value(place: re.Match[str]) -> str:
        number = int(place[1])
        return values[number - 1] if 1 <= number <= len(values) else place[0]

    return re.sub(r"\{\{(\d+)\}\}", value, text)


def summary_of(params: dict[str, Any]) -> list[list[str]]:
    """What a completed Flow tells, as label and value; the token is nothing for people."""
    shown = {name: value for name, value in params.items() if name != "flow_token" and value not in (None, "")}
    return [[name.replace("_", " ").replace("-", " ").capitalize(), str(value)] for name, value in shown.items()]
