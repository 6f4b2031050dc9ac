"""The only HTTP to Meta: messages to customers, and our Flows and keys in WhatsApp's care.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (edition of 2026-04-23)
"""

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from customer_data import correlation
from flows import transport
from flows.flow_json.lines import flow_text
from flows.flow_problems import FlowProblem, read_health, read_problems
from flows.message_json import Parts, message_json
from flows.outgoing import FlowButton, Outgoing, Text, within
from flows.refusals import PAIR_RATE, Advice, NotSent, SendRefused, SendUnknown, WhatsAppError

__all__ = [
    "PAIR_RATE",
    "Advice",
    "FlowDetails",
    "NotSent",
    "PublicKeyStatus",
    "SendRefused",
    "SendUnknown",
    "WhatsAppClient",
    "WhatsAppError",
    "client_from_settings",
]

CATEGORIES = frozenset(
    "SIGN_UP SIGN_IN APPOINTMENT_BOOKING LEAD_GENERATION CONTACT_US CUSTOMER_SUPPORT SURVEY OTHER".split()  # noqa: SIM905
)

_BUSINESS_SCOPED_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_DETAIL_FIELDS = (
    "id,name,status,json_version,data_api_version,endpoint_uri,validation_errors,preview.invalidate(false),health_status"
)
_MOST_PAGES = 50

logger = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True)
class FlowDetails:
    """A Flow as Meta has it. `status` is Meta's word: DRAFT, PUBLISHED, DEPRECATED, BLOCKED, THROTTLED.

    `can_send` is AVAILABLE, LIMITED or BLOCKED, with Meta's `reasons`; `preview_expires_at` is Meta's text of the moment.
    """

    flow_id: str
    name: str
    status: str
    json_version: str = ""
    data_api_version: str = ""
    endpoint_uri: str = ""
    preview_url: str = ""
    preview_expires_at: str = ""
    validation_errors: tuple[FlowProblem, ...] = ()
    can_send: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublicKeyStatus:
    """The key that phones seal requests with; `signature` is VALID, MISMATCH, or empty when there is none."""

    public_key: str
    signature: str


@dataclass(frozen=True)
class WhatsAppClient:
    """One WhatsApp business number. Safe to share between threads.

    Everything raises ValueError (with a sentence) for what WhatsApp would refuse anyway, before anything is sent; NotSent;
    SendUnknown; SendRefused. `base_url` has the version, like `https://graph.facebook.com/v25.0`.
    """

    base_url: str
    access_token: str = field(repr=False)
    phone_number_id: str
    business_account_id: str
    session: requests.Session | None = field(default=None, repr=False)

    # --- Messages ---------------------------------------------------------------------------------
    def send_text(self, to: str, body: str, *, opaque: str = "") -> str:
        """Send a text; WhatsApp's id for it (accepted, not yet delivered).

        `to` is a number with + and country code, or a business-scoped user id. `opaque` comes back in status webhooks.
        """
        return self.send(to, Text(body), opaque=opaque)

    def send(self, to: str, outgoing: Outgoing, *, parts: Parts | None = None, opaque: str = "") -> str:
        """Send anything of `flows.outgoing`, with the `parts` that only its sender knows; WhatsApp's id for it."""
        return self._send(to, message_json(outgoing, parts or Parts()), opaque)

    def upload_media(self, content: bytes, *, file_name: str, mime_type: str) -> str:
        """Give Meta a file to send; its id, good for 30 days. A file whose id got lost may be uploaded again."""
        file = {"file": (file_name, content, mime_type)}
        form = {"messaging_product": "whatsapp", "type": mime_type}
        answer = self._call("POST", f"{self._number()}/media", files=file, data=form)
        if not answer.get("id"):
            raise SendUnknown("Meta took the file, but did not say under which id.")
        return str(answer["id"])

    def media_address(self, media_id: str) -> str:
        """Where the file with this id can be fetched, for the next five minutes; only with our token."""
        answer = self._call("GET", media_id, params={"phone_number_id": self._number()})
        if not answer.get("url"):
            raise SendUnknown("Meta knows the file, but did not say where it is.")
        return str(answer["url"])

    def download(self, url: str, *, most_bytes: int) -> bytes:
        """The file at an address that `media_address` gave. Raises what `transport.download` raises."""
        token = _configured(self.access_token, "WHATSAPP_ACCESS_TOKEN")
        return transport.download(self.session or transport.shared_session(), url, token, most_bytes=most_bytes)

    def mark_read(self, wamid: str) -> None:
        """Show the customer that this message of theirs was read."""
        self._call(
            "POST", f"{self._number()}/messages", json={"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        )

    def templates(self) -> list[Json]:
        """Every message template of our account, as Meta describes it: name, language, status, components."""
        return list(self._pages("message_templates", "name,language,status,components"))

    def send_flow(  # noqa: PLR0913  the parts of the message
        self,
        to: str,
        *,
        flow_id: str = "",
        flow_name: str = "",
        flow_token: str,
        header: str = "",
        body: str,
        footer: str = "",
        cta: str,
        mode: str = "published",
        opaque: str = "",
    ) -> str:
        """Send a message whose button `cta` opens the Flow, which then asks our endpoint for its first screen."""
        if bool(flow_id) == bool(flow_name):
            raise ValueError("Name the Flow by its id or by its name, and only by one.")
        if mode not in ("draft", "published"):
            raise ValueError("The mode of a Flow message is draft or published.")
        button = FlowButton(body, cta=cta, header=header, footer=footer)
        parts = Parts(flow_id=flow_id, flow_name=flow_name, flow_token=flow_token, flow_mode=mode)
        return self.send(to, button, parts=parts, opaque=opaque)

    def _send(self, to: str, content: Json, opaque: str) -> str:
        message = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(to), **content}
        if opaque:
            message["biz_opaque_callback_data"] = within(opaque, "The callback data", 512)
        answer = self._call("POST", f"{self._number()}/messages", json=message)
        match answer:
            case {"messages": [{"id": str(wamid)}, *_]} if wamid:
                return wamid
        raise SendUnknown("WhatsApp accepted the message, but did not say under which id.")

    # --- Flows ------------------------------------------------------------------------------------
    def find_flow(self, name: str) -> str:
        """The id of our Flow called `name`; empty when Meta has none."""
        return next((str(flow.get("id", "")) for flow in self._pages("flows", "id,name") if flow.get("name") == name), "")

    def _pages(self, what: str, fields: str) -> Iterator[Json]:
        """Each object of a list of our account, page by page."""
        query = {"fields": fields, "limit": "100"}
        for _ in range(_MOST_PAGES):
            answer = self._call("GET", f"{self._account()}/{what}", params=query)
            found = answer.get("data")
            yield from (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))
            match answer:
                case {"paging": {"next": str(), "cursors": {"after": str(after)}}}:
                    query = {**query, "after": after}
                case _:
                    return

    def create_flow(self, name: str, *, categories: Sequence[str] = ("OTHER",), endpoint_uri: str = "") -> str:
        """Create an empty draft; its id."""
        form = {"name": within(name, "The name of a Flow", 200), "categories": _categories(categories)}
        answer = self._call(
            "POST", f"{self._account()}/flows", json=form | ({"endpoint_uri": endpoint_uri} if endpoint_uri else {})
        )
        if not answer.get("id"):
            raise SendUnknown("Meta answered, but did not say under which id it created the Flow.")
        return str(answer["id"])

    def update_flow(self, flow_id: str, *, name: str = "", categories: Sequence[str] = (), endpoint_uri: str = "") -> None:
        """Change what is given; what is empty stays as it is."""
        changes: Json = {"name": name, "endpoint_uri": endpoint_uri, "categories": _categories(categories) if categories else None}
        self._call("POST", flow_id, json={key: value for key, value in changes.items() if value})

    def upload_flow_json(self, flow_id: str, flow: Mapping[str, Any]) -> list[FlowProblem]:
        """Give Meta the Flow JSON; the errors its validator found. A draft keeps it with errors, too."""
        content = flow_text(flow).encode()
        answer = self._call(
            "POST",
            f"{flow_id}/assets",
            files={"file": ("flow.json", content, "application/json")},
            data={"name": "flow.json", "asset_type": "FLOW_JSON"},
        )
        return list(read_problems(answer))

    def publish_flow(self, flow_id: str) -> None:
        """Publish the draft. SendRefused says which of Meta's checks it failed."""
        self._call("POST", f"{flow_id}/publish")

    def flow_details(self, flow_id: str) -> FlowDetails:
        answer = self._call("GET", flow_id, params={"fields": _DETAIL_FIELDS})
        texts = {
            name: str(answer.get(name) or "") for name in ("name", "status", "json_version", "data_api_version", "endpoint_uri")
        }
        shown = answer.get("preview")
        preview = shown if isinstance(shown, dict) else {}
        can_send, reasons = read_health(answer)
        return FlowDetails(
            flow_id=flow_id,
            preview_url=str(preview.get("preview_url") or ""),
            preview_expires_at=str(preview.get("expires_at") or ""),
            validation_errors=read_problems(answer),
            can_send=can_send,
            reasons=reasons,
            **texts,
        )

    # --- The key of our Flows ---------------------------------------------------------------------
    def upload_public_key(self, pem: str) -> None:
        """Give Meta the public key for this number; phones fetch it from there."""
        self._call("POST", f"{self._number()}/whatsapp_business_encryption", data={"business_public_key": pem})

    def public_key_status(self) -> PublicKeyStatus:
        answer = self._call("GET", f"{self._number()}/whatsapp_business_encryption")
        data = answer.get("data")
        found = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else answer
        return PublicKeyStatus(
            str(found.get("business_public_key") or ""), str(found.get("business_public_key_signature_status") or "")
        )

    # --- Below all --------------------------------------------------------------------------------
    def _number(self) -> str:
        return _configured(self.phone_number_id, "WHATSAPP_PHONE_NUMBER_ID")

    def _account(self) -> str:
        return _configured(self.business_account_id, "WHATSAPP_BUSINESS_ACCOUNT_ID")

    def _call(self, method: str, path: str, **content: Any) -> Json:
        """One exchange with Meta. Never logs what it carries: message ids have the phone number in them."""
        token = _configured(self.access_token, "WHATSAPP_ACCESS_TOKEN")
        began, outcome = time.monotonic(), "answered"
        try:
            return transport.exchange(self.session or transport.shared_session(), method, f"{self.base_url}/{path}", token, content)
        except WhatsAppError as error:
            outcome = f"{type(error).__name__} {getattr(error, 'code', '')}".strip()
            raise
        finally:
            facts = {"call": f"{method} {path.rpartition('/')[2]}", "outcome": outcome}
            correlation.step(logger, "whatsapp called", **facts, ms=round((time.monotonic() - began) * 1000))


def client_from_settings() -> WhatsAppClient:
    """The client for our number. Raises nothing: what is not configured is said when something is sent."""
    return WhatsAppClient(
        base_url=settings.WHATSAPP_GRAPH_BASE_URL.rstrip("/"),
        access_token=settings.WHATSAPP_ACCESS_TOKEN,
        phone_number_id=settings.WHATSAPP_PHONE_NUMBER_ID,
        business_account_id=settings.WHATSAPP_BUSINESS_ACCOUNT_ID,
    )


# --- What WhatsApp would refuse -------------------------------------------------------------------
def _recipient(to: str) -> dict[str, str]:
    if _BUSINESS_SCOPED_ID.fullmatch(to):
        return {"recipient": to}
    if not _PHONE.fullmatch(to):
        raise ValueError("The recipient must be a number with + and country code, like +263771234567, or a user id of WhatsApp's.")
    return {"to": to}


def _categories(categories: Sequence[str]) -> list[str]:
    if not categories or not CATEGORIES.issuperset(categories):
        raise ValueError(f"The categories of a Flow are of {', '.join(sorted(CATEGORIES))}.")
    return list(categories)


def _configured(value: str, name: str) -> str:
    if not value:
        raise NotSent(f"{name} is not set, so nothing can be sent on WhatsApp.")
    return value
