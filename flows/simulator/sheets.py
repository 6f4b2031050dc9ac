"""A Flow open on a phone: finds its screens and its endpoint, asks through that phone's network, tells the chat when it ends."""

import json
import secrets
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flows.definitions import DEFINITIONS
from flows.simulator.business import Business
from flows.simulator.chat import Item
from flows.simulator.graph_messages import Json
from flows.simulator.phone import CannotTap, Phone, Shown, Transport
from flows.simulator.phone_book import ChatPhone, NotThere
from flows.simulator.records import FlowRecord

DEMO_FLOWS = {"1000000000000001": "payment_whatsapp_flow", "1000000000000002": "booking_whatsapp_flow"}
"""Flows of a fresh demonstration, which nobody has uploaded."""
ENDPOINTS = {
    "payment_whatsapp_flow": "/crm-api/flows/paynow-payment-webhook/",
    "booking_whatsapp_flow": "/crm-api/flows/booking-webhook/",
}

MOST_SHEETS = 200
"""Pages go away without a word; the oldest forms are forgotten."""

SENTENCES = {
    "timeout_error": "There was no answer in time. Check your connection and tap again.",
    "no_http_response_error": "There is no connection. Check it and tap again.",
}
WENT_WRONG = "Something went wrong. Try again."
WAS_CLOSED = "The form was closed before the answer came."


class Sheet:
    """One Flow message, opened. `act` takes what the page did; one step at a time."""

    def __init__(self, chat: ChatPhone, item: Item, phone: Phone) -> None:
        self.id = secrets.token_urlsafe(12)
        self.flow = phone.flow
        self._chat, self._item, self._phone = chat, item, phone
        self._turn = threading.Lock()

    def open(self) -> Shown:
        """INIT; with `repeat_init` twice, as when a person closes the form and opens it again."""
        with self._turn:
            for _ in range(2 if self._chat.network.repeat_init else 1):
                shown = self._phone.open()
                if self._phone.is_disabled:
                    break
            return self._ended(shown)

    def submit(self, screen: str, payload: Mapping[str, Any]) -> Shown:
        """Send the resolved payload from this screen, which the page may have reached by a `navigate` action."""
        with self._turn:
            problem = self._phone.go_to(screen)
            if problem is not None:
                return problem
            shown = self._phone.tap(payload)
            if self._chat.network.close_midway:
                return Shown(closed=True, snackbar=WAS_CLOSED)
            return self._ended(shown)

    def back(self, screen: str) -> Shown:
        """The screen before. Raises CannotTap on the first."""
        with self._turn:
            if screen and self._phone.go_to(screen) is not None:
                raise CannotTap(f"The form is not on {screen}.")
            return self._phone.back()

    def complete(self, params: Mapping[str, Any]) -> Shown:
        """The Flow ends on the phone, by a `complete` action: our endpoint is not asked."""
        with self._turn:
            return self._ended(Shown("SUCCESS", closed=True, completion={"flow_token": self._phone.flow_token} | dict(params)))

    def _ended(self, shown: Shown) -> Shown:
        if self._phone.is_disabled:
            with self._chat.book.changed:
                self._item.disabled = True
                self._chat.touch()
        if shown.completion is not None:
            self._chat.complete_flow(self._item.id, shown.completion)
        return shown


class FlowDesk:
    """Opens Flow messages. `flows` and `public_keys` are those that were uploaded."""

    def __init__(self, business: Business, flows: dict[str, FlowRecord], public_keys: dict[str, str]) -> None:
        self._business, self._flows, self._public_keys = business, flows, public_keys
        self.sheets: dict[str, Sheet] = {}
        self.stopping = threading.Event()

    def open(self, chat: ChatPhone, wamid: str) -> Sheet:
        """The sheet of this message, not yet asked for its first screen. Raises NotThere or CannotTap."""
        item = chat.item(wamid)
        if not item.flow:
            raise CannotTap("This message opens no form.")
        if item.disabled:
            raise CannotTap("The button of this message is grey.")
        flow, endpoint = self._flow(item.flow)
        phone = Phone(
            flow,
            flow_token=str(item.flow.get("flow_token", "unused")),
            app_secret=self._business.app_secret,
            public_key=self._public_key,
            transport=self._through(chat, endpoint),
            pause=self._pause,
        )
        sheet = Sheet(chat, item, phone)
        self.sheets[sheet.id] = sheet
        for forgotten in list(self.sheets)[:-MOST_SHEETS]:
            self.sheets.pop(forgotten, None)
        return sheet

    def sheet(self, name: str) -> Sheet:
        """Raises NotThere."""
        if name not in self.sheets:
            raise NotThere("This form is no longer open. Open it from its message.")
        return self.sheets[name]

    def close(self, name: str) -> None:
        self.sheets.pop(name, None)

    def _flow(self, named: Json) -> tuple[Json, str]:
        """The Flow JSON, and the address of its endpoint."""
        flow_id, name = str(named.get("flow_id", "")), str(named.get("flow_name", ""))
        record = self._flows.get(flow_id) or next((each for each in self._flows.values() if each.name == name), None)
        name = record.name if record else name or DEMO_FLOWS.get(flow_id, "")
        flow = (record.flow_json if record else None) or DEFINITIONS.get(name)
        if not flow:
            raise NotThere(f"The Flow {flow_id or name} was not uploaded here, and this project has none of that name.")
        return dict(flow), (record.endpoint_uri if record else "") or ENDPOINTS.get(name, "")

    def _public_key(self) -> str:
        pem = self._public_keys.get(self._business.phone_number_id) or next(iter(self._public_keys.values()), "")
        if not (pem or self._business.public_key):
            raise CannotTap("No key was uploaded for this number, so no form can be opened: run `./manage.py upload_flow_key`.")
        return pem or self._business.public_key

    def _through(self, chat: ChatPhone, endpoint: str) -> Transport:
        """The way to the endpoint over this phone's network."""

        def deliver(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
            network = chat.network
            self._pause(network.delay_seconds)
            if network.drop == "requests":
                raise ConnectionError("The request was lost on its way.")
            answer = self._business.post(self._reachable(endpoint), body, headers)
            if network.duplicate:
                self._business.post(self._reachable(endpoint), body, headers)  # the phone shows the first answer
            if network.drop == "answers":
                raise TimeoutError("The answer was lost on its way.")
            return answer

        return deliver

    def _reachable(self, endpoint: str) -> str:
        """In a test the app is not at the public address of the endpoint."""
        return urlsplit(endpoint).path if self._business.deliver is not None else endpoint

    def _pause(self, seconds: float) -> None:
        if seconds:
            self.stopping.wait(seconds)


def demo_flows(app_url: str) -> list[FlowRecord]:
    """The Flows of this project as a fresh demonstration has them at Meta: published, under the ids that its rows have."""
    return [
        FlowRecord(
            flow_id,
            name,
            ["OTHER"],
            f"{app_url.rstrip('/')}{ENDPOINTS[name]}",
            "PUBLISHED",
            json.loads(json.dumps(DEFINITIONS[name])),
        )
        for flow_id, name in DEMO_FLOWS.items()
        if name in DEFINITIONS
    ]


def shown_as_json(shown: Shown) -> Json:
    """For the page; `message` is what the customer reads when something went wrong or the form closed."""
    message = SENTENCES.get(shown.failure, WENT_WRONG) if shown.failure else shown.snackbar if shown.closed else ""
    return {
        "screen": shown.screen,
        "data": shown.data,
        "snackbar": shown.snackbar,
        "status": shown.status,
        "closed": shown.closed,
        "completed": shown.completion is not None,
        "failure": shown.failure,
        "problems": list(shown.problems),
        "message": message,
    }
