"""A stage for the tests of the phone's page: Meta's simulator with the page, a server in the place of our app, and a browser.

Flows are uploaded as our app does; what the endpoint answers is put into `app.replies`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from flows.crypto import public_key_pem
from flows.simulator import Business, GraphSimulator
from flows.simulator.records import FlowRecord
from flows.tests.app_server import KEY, SECRET, AppServer, Json, app_server

NUMBER = "263771234567"
OWNER = "Rudo"
TOKEN = "a-flow-token"
WIDE: ViewportSize = {"width": 1280, "height": 860}
SMALL: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Stage:
    """`complaints` are what the browser wrote to its console, `asked` the addresses it asked."""

    meta: GraphSimulator
    app: AppServer
    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, query: str = "") -> None:
        """The page, with the first phone there."""
        self.page.goto(f"{self.meta.url}/phone{query}")
        expect(self.page.get_by_text("business account · simulated").first).to_be_visible()

    def phone(self, owner: str = OWNER) -> Locator:
        return self.page.get_by_role("article", name=f"Phone of {owner}")

    def sheet(self) -> Locator:
        """The sheet on top."""
        return self.page.get_by_role("dialog").last

    def last(self, owner: str = OWNER) -> Locator:
        """The newest message."""
        return self.phone(owner).get_by_test_id("message").last

    def receives(self, content: Json, *, number: str = NUMBER) -> str:
        """Our app sends this to the phone; its id."""
        message = {"messaging_product": "whatsapp", "to": f"+{number}"} | content
        headers = {"Authorization": "Bearer t"}
        answer = requests.post(f"{self.meta.url}/v25.0/1/messages", json=message, headers=headers, timeout=5)
        return str(answer.json()["messages"][0]["id"])

    def invites(self, definition: Json, *replies: Json | int, button: str = "Open the form") -> None:
        """Our app sends a message whose button opens this Flow; the endpoint will answer so, one after the other."""
        self.meta.flows["7"] = FlowRecord("7", "a_flow", ["OTHER"], f"{self.app.url}/flow/", "PUBLISHED", definition)
        self.app.replies[:] = list(replies)
        parameters = {"flow_message_version": "3", "flow_id": "7", "flow_cta": button, "flow_token": TOKEN}
        action = {"name": "flow", "parameters": parameters | {"flow_action": "data_exchange"}}
        self.receives(interactive("flow", action, body="Here is the form."))

    def opens(self, definition: Json, *replies: Json | int) -> Locator:
        """As `invites`, and the customer taps the button. The sheet."""
        self.invites(definition, *replies)
        self.page.get_by_role("button", name="Open the form").last.click()
        return self.page.get_by_test_id("flow")

    def sent(self) -> list[Json]:
        """The payloads that reached the endpoint by a tap in the Flow."""
        return [asked["data"] for asked in self.app.asked if asked["action"] == "data_exchange"]

    def told(self, count: int) -> list[Json]:
        """The first `count` messages of the customer, once our app has them. Raises AssertionError when they do not come."""
        with self.app.came:
            assert self.app.came.wait_for(lambda: len(self.app.messages) >= count, 5), self.app.messages
        return self.app.messages


@contextmanager
def stage(browser: Browser, *, viewport: ViewportSize = WIDE, paynow_url: str = "", **context: Any) -> Iterator[Stage]:
    """Nothing of one stage is left on the next. What the browser complains about fails the test."""
    with app_server() as app:
        known = Business(
            url=app.url, app_secret=SECRET, public_key=public_key_pem(KEY), name="Sunrise Tours", paynow_url=paynow_url
        )
        with GraphSimulator(business=known) as meta:
            tab = browser.new_context(viewport=viewport, reduced_motion="reduce", **context)
            page = tab.new_page()
            page.set_default_timeout(8000)
            built = Stage(meta, app, page)
            page.on("console", lambda message: built.complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: built.complaints.append(str(error)))
            page.on("request", lambda request: built.asked.append(request.url))
            yield built
            tab.close()
    assert built.complaints == []


def interactive(kind: str, action: Json, **parts: str) -> Json:
    """An interactive message with a body, and a header and footer if given."""
    frame: Json = {"body": {"text": parts.get("body", "Body")}}
    if "header" in parts:
        frame["header"] = {"type": "text", "text": parts["header"]}
    if "footer" in parts:
        frame["footer"] = {"text": parts["footer"]}
    return {"type": "interactive", "interactive": {"type": kind, **frame, "action": action}}


def text(words: str) -> Json:
    return {"type": "text", "text": {"body": words}}


def buttons(*titles: str, body: str = "Choose.") -> Json:
    """Reply buttons whose ids are their titles in small letters."""
    replies = [{"type": "reply", "reply": {"id": title.lower(), "title": title}} for title in titles]
    return interactive("button", {"buttons": replies}, body=body)


def screen(name: str, *children: Json, data: Json | None = None, **more: Any) -> Json:
    """A screen of a Flow."""
    layout = {"type": "SingleColumnLayout", "children": list(children)}
    return {"id": name, "title": name.capitalize(), "data": data or {}, "layout": layout} | more


def flow_of(*screens: Json, routes: dict[str, list[str]] | None = None) -> Json:
    """A Flow of these screens; without `routes` each leads to the next."""
    names = [each["id"] for each in screens]
    onward = {name: names[place + 1 : place + 2] for place, name in enumerate(names)}
    return {"version": "7.3", "data_api_version": "3.0", "routing_model": routes or onward, "screens": list(screens)}


def shows(name: str, **data: Any) -> Json:
    """A reply of the endpoint that shows this screen."""
    return {"screen": name, "data": data}


def sends(label: str = "Send", **payload: str) -> Json:
    """A Footer that sends these fields to the endpoint."""
    return {"type": "Footer", "label": label, "on-click-action": {"name": "data_exchange", "payload": payload}}


def fields(*names: str) -> dict[str, str]:
    """A payload with these inputs of the screen."""
    return {name: f"${{form.{name}}}" for name in names}
