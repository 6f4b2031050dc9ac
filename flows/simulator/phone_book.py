"""The phones of this simulator, by number: the chat of each, what its owner taps and writes, and what our app is told of it."""

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flows.simulator import webhooks
from flows.simulator.business import Business
from flows.simulator.chat import Item, file_of, summary_of
from flows.simulator.graph_messages import Json
from flows.simulator.network import Network
from flows.simulator.postman import Postman
from flows.simulator.records import MediaFile

MOST_PATIENT, SHORT_SECONDS = 3, 1.0
"""A browser keeps six connections to one server: with many phones on a page some must stay free for what people do."""
MEDIA_WORDS = {"image": "Photo", "voice": "Voice note", "sticker": "Sticker", "document": "Document", "location": "Location"}


class NotThere(Exception):
    """There is no such phone, message or choice; the message says which."""


def digits_of(number: str) -> str:
    """A number as WhatsApp writes it: `0771234567` and `+263 77 123 4567` are 263771234567. Raises ValueError."""
    digits = re.sub(r"\D", "", number)
    if re.fullmatch(r"0[1-9]\d{8}", digits):
        digits = f"263{digits[1:]}"
    if not 7 <= len(digits) <= 15 or digits.startswith("0"):
        raise ValueError("That is not a phone number. Write it like 0771234567 or +263771234567.")
    return digits


@dataclass(eq=False)
class ChatPhone:
    """One customer's phone. What its owner does goes to our app as webhooks."""

    number: str
    name: str
    user_id: str
    hides_number: bool
    book: "PhoneBook" = field(repr=False)
    network: Network = field(default_factory=Network)
    items: list[Item] = field(default_factory=list)
    version: int = 0

    @property
    def person(self) -> webhooks.Person:
        return webhooks.Person(self.name, "" if self.hides_number else self.number, self.user_id)

    @property
    def unread(self) -> int:
        return len(self._unseen)

    @property
    def _unseen(self) -> list[Item]:
        return [item for item in self.items if item.sender == "business" and item.status not in ("read", "failed")]

    def item(self, wamid: str) -> Item:
        """Raises NotThere."""
        found = next((item for item in self.items if item.id == wamid), None)
        if found is None:
            raise NotThere("There is no such message in this chat.")
        return found

    # --- What its owner does ----------------------------------------------------------------------
    def write(self, words: str) -> Item:
        """Raises ValueError for an empty text or one over WhatsApp's limit."""
        if not words.strip() or len(words) > 4096:
            raise ValueError("Write something, of at most 4096 characters.")
        return self._send(Item("", "customer", "", "text", words), webhooks.text(words))

    def tap(self, wamid: str, choice_id: str) -> Item:
        """Tap a reply button, a row of a list or a button of a template. Raises NotThere."""
        item = self.item(wamid)
        rows = [row for section in item.sections for row in section["rows"]]
        choice = next((each for each in (*item.choices, *rows) if each["id"] == choice_id), None)
        if choice is None:
            raise NotThere("There is no such button or row under this message.")
        if item.kind == "list":
            content = webhooks.list_reply(choice_id, choice["title"], choice["description"])
        elif item.kind == "template":
            content = webhooks.template_button(choice_id, choice["title"])
        else:
            content = webhooks.button_reply(choice_id, choice["title"])
        return self._send(Item("", "customer", "", "reply", choice["title"], answers=wamid), content)

    def send_media(self, kind: str) -> Item:
        """Send a photo, voice note, sticker, document or place. Raises ValueError for another kind."""
        if kind not in webhooks.MEDIA_KINDS:
            raise ValueError(f"kind is one of {', '.join(webhooks.MEDIA_KINDS)}.")
        content = webhooks.place() if kind == "location" else webhooks.media(kind, self.book.keep_media(kind))
        return self._send(Item("", "customer", "", "media", MEDIA_WORDS[kind]), content)

    def send_file(self, kind: str, file: MediaFile, *, caption: str = "") -> Item:
        """Send a photo (`image`) or a `document`, with words beside it."""
        item = Item("", "customer", "", kind, caption, file=file_of({"id": file.id}, {file.id: file}))
        return self._send(item, webhooks.media(kind, file, caption=caption))

    def complete_flow(self, wamid: str, params: Json) -> Item:
        """The Flow of this message ended with `params`."""
        item = Item("", "customer", "", "flow_reply", "Sent", answers=wamid, summary=summary_of(params))
        return self._send(item, webhooks.flow_reply(params))

    def read_all(self) -> None:
        """Every message of the business was seen."""
        with self.book.changed:
            for item in self._unseen:
                self.book.tell_status(item.id, "read")

    def switch_network(self, **changes: Any) -> None:
        """Raises ValueError."""
        self.network = self.network.switched(changes)

    def _send(self, item: Item, content: Json) -> Item:
        item.id, item.at, item.status = new_wamid(), now_text(), "sending"
        with self.book.changed:
            self.items.append(item)
            self.touch()
            self.book.on_written(self)
        update = webhooks.message_from(self.book.business, self.person, item.id, content, answers=item.answers)
        self.book.postman.post(update, network=lambda: self.network, on_taken=lambda: self._taken(item))
        return item

    def _taken(self, item: Item) -> None:
        with self.book.changed:
            if item.status == "sending":
                item.status = "delivered"
                self.touch()

    def touch(self) -> None:
        """Something changed: whoever waits for news hears of it. The lock is held."""
        self.version += 1
        self.book.changed.notify_all()


class PhoneBook:
    """`changed` is the lock of everything here, and rings when something changed.

    `on_opened` is called with a new phone, `on_written` when a customer wrote, `tell_status` tells our app about a message
    of its own, `keep_media` keeps a file that a customer sends.
    """

    def __init__(
        self,
        business: Business,
        postman: Postman,
        *,
        changed: threading.Condition,
        on_opened: Callable[[ChatPhone], None],
        on_written: Callable[[ChatPhone], None],
        tell_status: Callable[[str, str], None],
        keep_media: Callable[[str], MediaFile],
    ) -> None:
        self.business, self.postman, self.changed = business, postman, changed
        self.on_opened = on_opened
        self.on_written, self.tell_status, self.keep_media = on_written, tell_status, keep_media
        self.network = Network()
        self.phones: dict[str, ChatPhone] = {}
        self.is_closed = False
        self._waiting = 0

    def open(self, number: str, name: str = "", *, user_id: str = "", hides_number: bool = False) -> ChatPhone:
        """The phone with this number, made when there is none yet. Raises ValueError."""
        digits = digits_of(number)
        with self.changed:
            phone = self.phones.get(digits)
            if phone is None:
                own_id = user_id or f"ZW.{int(digits) * 7919 + 11}"
                phone = ChatPhone(digits, name.strip() or f"+{digits}", own_id, hides_number, self, self.network)
                self.phones[digits] = phone
                self.on_opened(phone)
            elif name.strip():
                phone.name = name.strip()
            return phone

    def phone(self, number: str) -> ChatPhone:
        """Raises NotThere."""
        digits = re.sub(r"\D", "", number)
        found = self.phones.get(digits)
        if found is None:
            raise NotThere("There is no phone with this number. Add it first.")
        return found

    def phone_of(self, recipient: str) -> ChatPhone | None:
        """By digits or business-scoped id."""
        with self.changed:
            return next((each for each in self.phones.values() if recipient in (each.number, each.user_id)), None)

    def wait_for_news(self, phone: ChatPhone, after: int, *, seconds: float) -> None:
        """Until `phone` is at another version than `after`, is forgotten, or the time is over; short where many wait."""
        with self.changed:
            self._waiting += 1
            try:
                patience = seconds if self._waiting <= MOST_PATIENT else min(seconds, SHORT_SECONDS)
                self.changed.wait_for(lambda: phone.version != after or self.is_closed or not self._has(phone), patience)
            finally:
                self._waiting -= 1

    def _has(self, phone: ChatPhone) -> bool:
        return self.phones.get(phone.number) is phone

    def switch_network(self, **changes: Any) -> None:
        """For all phones, and those to come. Raises ValueError."""
        self.network = self.network.switched(changes)
        with self.changed:
            for phone in self.phones.values():
                phone.network = replace(phone.network, **changes)

    def forget(self) -> None:
        with self.changed:
            self.phones.clear()
            self.network = Network()
            self.changed.notify_all()

    def close(self) -> None:
        """Lets go of everyone who waits."""
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()


def new_wamid() -> str:
    return f"wamid.{secrets.token_urlsafe(24)}"


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
