"""What Meta tells our app, as JSON: messages of customers, statuses of ours, the health of Flows. Pure.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview (edition of 2026-04-23)
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from flows.simulator.business import Business
from flows.simulator.graph_messages import Json
from flows.simulator.records import MediaFile


@dataclass(frozen=True)
class Person:
    """Who a customer is to our app. `wa_id` is empty where the number is hidden behind a user name."""

    name: str
    wa_id: str = ""
    user_id: str = ""

    def contact(self) -> Json:
        return {"profile": {"name": self.name}} | _given(wa_id=self.wa_id, user_id=self.user_id)


def message_from(business: Business, person: Person, wamid: str, content: Json, *, answers: str = "") -> Json:
    """The update about one message of a customer; `content` has its type and what belongs to it."""
    message = _given(**{"from": person.wa_id, "from_user_id": person.user_id}) | {"id": wamid, "timestamp": _now()}
    if answers:
        message["context"] = {"from": business.display_number, "id": answers}
    return _update(business, {"contacts": [person.contact()], "messages": [message | content]})


def status_of(
    business: Business, person: Person, wamid: str, status: str, *, opaque: str = "", error: tuple[int, str] | None = None
) -> Json:
    """The update that a message of ours is `sent`, `delivered`, `read` or `failed` (with Meta's code and words)."""
    told: Json = {"id": wamid, "status": status, "timestamp": _now()}
    told |= _given(recipient_id=person.wa_id, recipient_user_id=person.user_id, biz_opaque_callback_data=opaque)
    if status == "sent":
        told["pricing"] = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
    if error:
        code, words = error
        told["errors"] = [{"code": code, "title": words, "message": words, "error_data": {"details": words}}]
        return _update(business, {"statuses": [told]})
    return _update(business, {"contacts": [person.contact()], "statuses": [told]})


def flow_health(business: Business, value: Json) -> Json:
    """The update about a Flow; `value` has `event` and what belongs to it."""
    change = {"field": "flows", "value": value}
    return {"object": "whatsapp_business_account", "entry": [_entry(business, change) | {"time": int(time.time())}]}


def batch(updates: Iterable[Json]) -> Json:
    """Many updates in one body, as Meta sends up to a thousand."""
    return {"object": "whatsapp_business_account", "entry": [entry for update in updates for entry in update["entry"]]}


# --- What a customer does -------------------------------------------------------------------------
def text(words: str) -> Json:
    return {"type": "text", "text": {"body": words}}


def button_reply(choice_id: str, title: str) -> Json:
    reply = {"id": choice_id, "title": title}
    return {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}


def list_reply(choice_id: str, title: str, description: str = "") -> Json:
    reply = {"id": choice_id, "title": title} | _given(description=description)
    return {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": reply}}


def template_button(payload: str, label: str) -> Json:
    return {"type": "button", "button": {"payload": payload, "text": label}}


def flow_reply(params: Json) -> Json:
    """A completed Flow: its parameters as the text of a JSON object."""
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(params, ensure_ascii=False)}
    return {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}}


def place() -> Json:
    return {"type": "location", "location": {"latitude": -17.9243, "longitude": 25.8572, "name": "Victoria Falls"}}


def media(kind: str, file: MediaFile, *, caption: str = "") -> Json:
    """An image, voice note, sticker or document; `caption` is what was written beside an image or a document."""
    facts: Json = {"id": file.id, "mime_type": file.mime_type, "sha256": file.sha256}
    if kind in ("image", "document"):
        facts |= _given(caption=caption)
    if kind == "voice":
        return {"type": "audio", "audio": facts | {"voice": True}}
    if kind == "sticker":
        return {"type": "sticker", "sticker": facts | {"animated": False}}
    if kind == "document":
        return {"type": "document", "document": facts | {"filename": file.name}}
    return {"type": "image", "image": facts}


MIME_TYPES = {"image": "image/jpeg", "voice": "audio/ogg; codecs=opus", "sticker": "image/webp", "document": "application/pdf"}
MEDIA_KINDS = (*MIME_TYPES, "location")


def _update(business: Business, told: Json) -> Json:
    metadata = {"display_phone_number": business.display_number, "phone_number_id": business.phone_number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata} | told}
    return {"object": "whatsapp_business_account", "entry": [_entry(business, change)]}


def _entry(business: Business, change: Json) -> Json:
    return {"id": business.account_id, "changes": [change]}


def _given(**parts: str) -> Json:
    """Those parts that are not empty: what Meta does not know it leaves out."""
    return {name: value for name, value in parts.items() if value}


def _now() -> str:
    return str(int(time.time()))
