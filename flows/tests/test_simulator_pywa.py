"""A client that others wrote, pywa, on our app's side: it reads the simulator's webhooks, and its messages are taken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pywa import types as pywa_types
from pywa.client import WhatsApp
from pywa.errors import ReEngagementMessage, WhatsAppError

from flows.simulator import Business, ChatPhone, GraphSimulator
from flows.tests.app_server import SECRET

NUMBER = "263771234567"
types: Any = pywa_types  # it does not say to type checkers what it exports


class ToSimulator(httpx.HTTPTransport):
    """Sends what is meant for Meta's address to the simulator."""

    url = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = urlsplit(self.url)
        request.url = request.url.copy_with(scheme="http", host=target.hostname, port=target.port)
        return super().handle_request(request)


@dataclass
class OtherApp:
    """What pywa made of each update."""

    client: Any
    messages: list[Any] = field(default_factory=list)
    taps: list[Any] = field(default_factory=list)
    ends: list[Any] = field(default_factory=list)
    statuses: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for hook, kept in (
            (self.client.on_message, self.messages),
            (self.client.on_callback_button, self.taps),
            (self.client.on_callback_selection, self.taps),
            (self.client.on_flow_completion, self.ends),
            (self.client.on_message_status, self.statuses),
        ):
            hook()(self._keep_in(kept))

    @staticmethod
    def _keep_in(kept: list[Any]) -> Any:
        def keep(_client: Any, update: Any) -> None:
            kept.append(update)

        return keep

    def take(self, _address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        refusal = self.client.webhook_update_validator(body, headers["X-Hub-Signature-256"])
        _, status = refusal or self.client.webhook_update_handler(body)
        return status, b""


@pytest.fixture
def other() -> Iterator[OtherApp]:
    with httpx.Client(transport=ToSimulator()) as session:
        client = WhatsApp(
            "100000000000001", "a-token", session=session, server=None, app_secret=SECRET, filter_updates=True, verify_token="v"
        )
        yield OtherApp(client)


@pytest.fixture
def meta(other: OtherApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphSimulator]:
    with GraphSimulator(business=Business(deliver=other.take, app_secret=SECRET)) as simulator:
        monkeypatch.setattr(ToSimulator, "url", simulator.url)
        yield simulator


@pytest.fixture
def tendai(meta: GraphSimulator) -> ChatPhone:
    return meta.phones.open(NUMBER, "Tendai")


def test_pywa_reads_what_a_customer_writes(meta: GraphSimulator, other: OtherApp, tendai: ChatPhone) -> None:
    tendai.write("Mhoro 👋")
    for kind in ("image", "voice", "sticker", "document", "location"):
        tendai.send_media(kind)
    meta.settle()
    assert [str(message.type) for message in other.messages] == ["text", "image", "audio", "sticker", "document", "location"]
    first, image, voice = other.messages[:3]
    assert (first.text, first.from_user.name, first.from_user.wa_id) == ("Mhoro 👋", "Tendai", NUMBER)
    assert image.image is not None
    assert voice.audio is not None
    assert voice.audio.voice


def test_pywa_sends_every_kind_and_hears_of_it(meta: GraphSimulator, other: OtherApp, tendai: ChatPhone) -> None:
    wa = other.client
    rows = [types.SectionRow(title="July", callback_data="r1", description="US$ 10.00")]
    wa.send_message(NUMBER, "Hello", tracker="message-1")
    asked = wa.send_message(NUMBER, "Which?", buttons=[types.Button(title="Hwange", callback_data="b1")])
    listed = wa.send_message(NUMBER, "When?", buttons=types.SectionList("Choose", [types.Section(title="Dates", rows=rows)]))
    wa.send_message(NUMBER, "Pay", buttons=types.URLButton(title="Open", url="https://pay.example/1"))
    form = types.FlowButton(title="Pay now", flow_id="1000000000000001", flow_token="a-token", mode=types.FlowStatus.PUBLISHED)
    opened = wa.send_message(NUMBER, "Pay", buttons=form)
    wa.send_document(NUMBER, b"%PDF-1.7", filename="R-1.pdf", mime_type="application/pdf", caption="Receipt")
    assert [item.kind for item in tendai.items] == ["text", "buttons", "list", "link", "flow", "document"]
    assert tendai.items[-1].file is not None
    assert tendai.items[-1].file["bytes"] == len(b"%PDF-1.7")
    tendai.tap(asked.id, "b1")
    tendai.tap(listed.id, "r1")
    tendai.complete_flow(opened.id, {"flow_token": "a-token", "status": "pending"})
    tendai.read_all()
    meta.settle()
    assert [(tap.data, tap.title) for tap in other.taps] == [("b1", "Hwange"), ("r1", "July")]
    (end,) = other.ends
    assert (end.token, end.response["status"]) == ("a-token", "pending")
    told = [str(status.status) for status in other.statuses if status.tracker == "message-1"]
    assert told == ["sent", "delivered", "read"]


def test_pywa_sees_the_refusals_it_knows(meta: GraphSimulator, other: OtherApp) -> None:
    meta.closed_windows.add(NUMBER)
    with pytest.raises(ReEngagementMessage):
        other.client.send_message(NUMBER, "Hello")
    with pytest.raises(WhatsAppError):
        other.client.send_message("263719999999", "x" * 4097)


def test_an_update_that_another_key_signed_is_not_read(other: OtherApp) -> None:
    with GraphSimulator(business=Business(deliver=other.take, app_secret="another")) as meta:
        meta.phones.open(NUMBER).write("Hi")
        meta.settle()
    assert other.messages == []
