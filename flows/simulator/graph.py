"""Meta's Graph API on this machine: messages, files, templates, Flows and the Flow key, with faults on request.

A message reaches the phones of this simulator only. What Meta checks outside of a request (billing, quality, the connected
app) is not played here. A Flow that this server has never seen may be sent, because it forgets everything when it stops.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from flows.simulator import phone_api, webhooks
from flows.simulator.business import Business
from flows.simulator.chat import item_of
from flows.simulator.control import beside
from flows.simulator.files import Files
from flows.simulator.graph_flows import FlowShelf
from flows.simulator.graph_messages import INVALID, Json, Refused, recipient_of
from flows.simulator.handset import Handset
from flows.simulator.limits import Limits
from flows.simulator.phone_book import ChatPhone, PhoneBook, new_wamid
from flows.simulator.postman import RETRY_GAPS_SECONDS, Postman
from flows.simulator.records import DEMO_TEMPLATES, SentMessage, Template
from flows.simulator.server import FaultBoard, Page, Request, Server
from flows.simulator.sheets import FlowDesk, demo_flows
from flows.simulator.templates import check_template, described


class GraphSimulator:
    """A Graph API of one's own. Listens from `start` (or `with`) to `stop`; `url` has no version, add `/v25.0`.

    `business` is our app: without an address it hears of nothing. `limits` are the 24-hour window and the pair rate.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        business: Business | None = None,
        limits: Limits | None = None,
        retry_gaps: tuple[float, ...] = RETRY_GAPS_SECONDS,
        postmen: int = 1,
    ) -> None:
        self.business = business or Business()
        self.limits = limits or Limits()
        self.messages: list[SentMessage] = []
        self.templates: list[Template] = list(DEMO_TEMPLATES)
        self.faults = FaultBoard()
        self._sent: dict[str, SentMessage] = {}
        self._undelivered: list[SentMessage] = []
        self._lock = threading.RLock()
        self._shelf = FlowShelf(lambda: self.url, on_status=self._flow_changed)
        self.files = Files(lambda: self.url)
        self.flows, self.public_keys = self._shelf.flows, self._shelf.public_keys
        self.unsigned_numbers = self._shelf.unsigned_numbers
        self.postman = Postman(self.business, retry_gaps=retry_gaps, hands=postmen)
        self.phones = PhoneBook(
            self.business,
            self.postman,
            changed=threading.Condition(self._lock),
            on_opened=self._phone_opened,
            on_written=self._customer_wrote,
            tell_status=self.tell_status,
            keep_media=self.files.keep_example,
        )
        self.desk = FlowDesk(self.business, self.flows, self.public_keys)
        self.handset = Handset(self.business.paynow_url)
        self._server = Server(self._answer, self.faults, self._beside, host=host, port=port)

    # --- Its life ---------------------------------------------------------------------------------
    def start(self) -> Self:
        """Raises OSError when the port is taken."""
        self._server.start()
        self.postman.start()
        return self

    def stop(self) -> None:
        self.desk.stopping.set()
        self.phones.close()
        self.postman.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self._server.url

    # --- What a test or a demonstration asks --------------------------------------------------------
    @property
    def closed_windows(self) -> set[str]:
        """Recipients who wrote more than 24 hours ago: only templates reach them."""
        return self.limits.closed_windows

    def publish_demo(self) -> None:
        """Have the Flows of a fresh demonstration, and its Flow key, as if our app had uploaded them."""
        with self._lock:
            self.flows.update({flow.id: flow for flow in demo_flows(self.business.url.partition(",")[0])})
            if self.business.public_key:
                self.public_keys[self.business.phone_number_id] = self.business.public_key

    def messages_to(self, recipient: str) -> list[SentMessage]:
        """What was accepted for this number (in any form) or id, oldest first."""
        digits = "".join(character for character in recipient if character.isdigit())
        with self._lock:
            return [message for message in self.messages if message.to in (recipient, digits)]

    def settle(self, timeout_seconds: float = 10) -> None:
        """Wait until our app has taken every webhook. Raises TimeoutError."""
        self.postman.settle(timeout_seconds)

    def tell_status(self, wamid: str, status: str, *, error: tuple[int, str] | None = None) -> None:
        """Tell our app that its message is `sent`, `delivered`, `read` or, with Meta's code and words, `failed`.

        Raises ValueError for a message that was never accepted.
        """
        with self._lock:
            message = self._sent.get(wamid)
            if message is None:
                raise ValueError(f"There is no message {wamid}.")
            phone = self.phones.phone_of(message.to)
            item = next((each for each in phone.items if each.id == wamid), None) if phone else None
            if phone is not None and item is not None:
                item.status = status
                phone.touch()
        person = phone.person if phone else _stranger(message.to)
        opaque = str(message.body.get("biz_opaque_callback_data", ""))
        update = webhooks.status_of(self.business, person, wamid, status, opaque=opaque, error=error)
        self.postman.post(update, network=lambda: phone.network if phone else self.phones.network)

    # --- Requests -----------------------------------------------------------------------------------
    def _answer(self, request: Request) -> Json:
        """The answer to one call. Raises Refused."""
        if not request.header("Authorization").removeprefix("Bearer ").strip():
            raise Refused(190, "Invalid OAuth access token.", 401)
        with self._lock:
            match (request.method, request.steps):
                case (method, [owner]) if owner in self.files.kept:
                    return self.files.about(method, owner)
                case (method, [owner]):
                    return self._shelf.about(method, owner, request)
                case (method, [owner, call]) if (method, call) in self._calls:
                    return self._calls[method, call](owner, request)
        raise Refused(100, f"Unsupported {request.method.lower()} request.")

    @property
    def _calls(self) -> dict[tuple[str, str], Callable[[str, Request], Json]]:
        own: dict[tuple[str, str], Callable[[str, Request], Json]] = {
            ("POST", "messages"): self._send,
            ("POST", "media"): self.files.upload,
            ("GET", "message_templates"): self._list_templates,
        }
        return own | self._shelf.calls

    def _list_templates(self, _owner: str, request: Request) -> Json:
        return described(self.templates, name=request.query.get("name", ""))

    # --- Messages -----------------------------------------------------------------------------------
    def _send(self, _owner: str, request: Request) -> Json:
        message = request.json()
        if isinstance(message, dict) and "status" in message:
            return self._mark_read(message)
        to = recipient_of(message)
        self.limits.check(to, self._aliases(to), is_template=message["type"] == "template")
        self._check_what_it_names(message)
        wamid, accepted_at = new_wamid(), datetime.now(UTC).isoformat(timespec="milliseconds")
        sent = SentMessage(wamid, to, message["type"], message, accepted_at)
        self.messages.append(sent)
        self._sent[wamid] = sent
        self._reach(sent)
        contact = {"input": message.get("to", to), **({"user_id": to} if "recipient" in message else {"wa_id": to})}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}

    def _reach(self, sent: SentMessage) -> None:
        """The message appears on the phone it is for; our app hears that. Without such a phone it waits at Meta."""
        phone = self.phones.phone_of(sent.to)
        if phone is None:
            self._undelivered.append(sent)
            self.tell_status(sent.wamid, "sent")
        else:
            phone.items.append(item_of(sent, media=self.files.kept, templates=self.templates))
            self.tell_status(sent.wamid, "sent")
            self.tell_status(sent.wamid, "delivered")

    def _phone_opened(self, phone: ChatPhone) -> None:
        """What waited for it arrives. The lock is held."""
        names = (phone.number, phone.user_id)
        waiting = [sent for sent in self._undelivered if sent.to in names]
        self._undelivered = [sent for sent in self._undelivered if sent.to not in names]
        for sent in waiting:
            phone.items.append(item_of(sent, media=self.files.kept, templates=self.templates))
            self.tell_status(sent.wamid, "delivered")

    def _mark_read(self, message: Json) -> Json:
        """Our app has read what a customer wrote: two blue ticks on that phone."""
        wamid = message.get("message_id")
        if message["status"] != "read" or not isinstance(wamid, str) or not wamid:
            raise Refused(INVALID, "status must be read, and message_id say of which message.")
        for phone in self.phones.phones.values():
            for item in phone.items:
                if item.id == wamid and item.sender == "customer":
                    item.status = "read"
                    phone.touch()
        return {"success": True}

    def _check_what_it_names(self, message: Json) -> None:
        """The file, template or Flow that it names is one that may be sent."""
        kind = message["type"]
        if kind in ("document", "image"):
            self.files.check(kind, message[kind])
        elif kind == "template":
            check_template(message["template"], self.templates)
        elif kind == "interactive":
            self._shelf.check_can_be_sent(message["interactive"]["action"].get("parameters", {}))

    def _flow_changed(self, flow_id: str, old: str, new: str) -> None:
        """Our app hears that one of its Flows has another status. The lock is held."""
        told = {"event": "FLOW_STATUS_CHANGE", "flow_id": flow_id, "old_status": old, "new_status": new}
        words = f"Flow {flow_id} changed its status from {old} to {new}."
        self.postman.post(webhooks.flow_health(self.business, told | {"message": words}))

    def _aliases(self, to: str) -> set[str]:
        phone = self.phones.phone_of(to)
        return {phone.number, phone.user_id} if phone else {to}

    def _customer_wrote(self, phone: ChatPhone) -> None:
        """The window opens for 24 hours. The lock is held."""
        self.limits.customer_wrote({phone.number, phone.user_id})

    # --- Beside the API -----------------------------------------------------------------------------
    def _beside(self, request: Request) -> Page:
        if request.steps[:1] == ["lookaside"]:
            with self._lock:
                return self.files.download(request)
        if request.steps[:1] == ["phone"]:
            return phone_api.answer(self, request)
        with self._lock:
            return beside(self, request)


def _stranger(recipient: str) -> webhooks.Person:
    """Somebody whose phone is not here."""
    is_number = recipient.isdigit()
    return webhooks.Person("", recipient if is_number else "", "" if is_number else recipient)
