"""What can be said in a WhatsApp chat, as values. Each checks WhatsApp's limits when it is made. Pure.

Limits: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (edition of 2026-04-23)
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass
from typing import Any


class TooLong(ValueError):
    """WhatsApp would refuse it; the sentence names the part and its limit."""


@dataclass(frozen=True)
class Choice:
    """A reply button or a row of a list. `id` comes back when it is tapped; `flows.buttons` writes ids."""

    id: str
    title: str
    description: str = ""  # rows of a list only


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Choice, ...]


@dataclass(frozen=True)
class Outgoing:
    """Anything that can be said. `body` is the words, for people who read the talk."""

    body: str


@dataclass(frozen=True)
class Text(Outgoing):
    def __post_init__(self) -> None:
        within(self.body, "The text", 4096)


@dataclass(frozen=True)
class Buttons(Outgoing):
    """Up to three reply buttons."""

    choices: tuple[Choice, ...] = ()
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _check_frame(self.body, 1024, self.header, self.footer)
        _check_choices(self.choices, most=3, title=20, id_most=256)


@dataclass(frozen=True)
class ListMenu(Outgoing):
    """A button that opens a list of up to ten rows in all."""

    button: str = ""
    sections: tuple[Section, ...] = ()
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _check_frame(self.body, 4096, self.header, self.footer)
        within(self.button, "The list's button", 20)
        rows = tuple(row for section in self.sections for row in section.rows)
        _check_choices(rows, most=10, title=24, id_most=200)
        for section in self.sections:
            if len(self.sections) > 1:
                within(section.title, "A section's title", 24)


@dataclass(frozen=True)
class FlowButton(Outgoing):
    """A button that opens a Flow. The token stays on the session's row; the sender puts it in."""

    session_id: int = 0
    cta: str = ""
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _check_frame(self.body, 1024, self.header, self.footer)
        plain(within(self.cta, "The button", 20))


@dataclass(frozen=True)
class LinkButton(Outgoing):
    """A button that opens an address in the phone's browser. The words before it say that this needs internet data."""

    label: str = ""
    url: str = ""
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        _check_frame(self.body, 1024, self.header, self.footer)
        within(self.label, "The link's button", 20)
        if not self.url.startswith(("https://", "http://")) or len(self.url) > 2000:
            raise TooLong("The link must be a web address of at most 2000 characters.")


@dataclass(frozen=True)
class Document(Outgoing):
    """A file of ours. `source` names what makes its bytes when it is sent, such as `receipt:R-000012`; `body` is its caption."""

    source: str = ""
    file_name: str = ""

    def __post_init__(self) -> None:
        _within_or_empty(self.body, "The caption", 1024)
        within(self.file_name, "The file's name", 240)
        within(self.source, "The file's source", 200)


@dataclass(frozen=True)
class Image(Outgoing):
    """A picture of ours, PNG or JPEG. `source` as for a document, such as `qr:<code>`."""

    source: str = ""

    def __post_init__(self) -> None:
        _within_or_empty(self.body, "The caption", 1024)
        within(self.source, "The picture's source", 4000)


@dataclass(frozen=True)
class Template(Outgoing):
    """A message for outside the 24-hour window. `purpose` finds the approved template; `facts` fill its places by name."""

    purpose: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    session_id: int = 0  # of the Flow that its button opens; 0: it has no such button


KINDS: dict[str, type[Outgoing]] = {
    "text": Text,
    "buttons": Buttons,
    "list": ListMenu,
    "flow": FlowButton,
    "link": LinkButton,
    "document": Document,
    "image": Image,
    "template": Template,
}


KEPT_BESIDE = ("fallback", "as_template", "media_id", "failed_wamids")
"""What the outbox keeps with a message's content that is no part of it."""


def kind_of(outgoing: Outgoing) -> str:
    """The stored name of its kind."""
    return next(name for name, kind in KINDS.items() if type(outgoing) is kind)


def to_content(outgoing: Outgoing) -> dict[str, Any]:
    """As the outbox keeps it."""
    return asdict(outgoing)


def from_content(kind: str, content: dict[str, Any]) -> Outgoing:
    """The value that was kept. Raises ValueError for a kind or a field that does not exist, or is over a limit."""
    fields = {name: value for name, value in content.items() if name not in KEPT_BESIDE}
    if "choices" in fields:
        fields["choices"] = tuple(Choice(**choice) for choice in fields["choices"])
    if "sections" in fields:
        fields["sections"] = tuple(
            Section(each["title"], tuple(Choice(**row) for row in each["rows"])) for each in fields["sections"]
        )
    if "facts" in fields:
        fields["facts"] = tuple((name, value) for name, value in fields["facts"])
    try:
        return KINDS[kind](**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"There is no such message: {kind}, {error}.") from None


def within(text: str, what: str, most: int) -> str:
    """`text`, when it is neither blank nor over `most` characters. Raises TooLong."""
    if not text.strip():
        raise TooLong(f"{what} is empty.")
    return _within_or_empty(text, what, most)


def plain(text: str) -> str:
    """`text`, when it has no emoji: WhatsApp refuses them on a Flow's button. Raises ValueError."""
    if any(unicodedata.category(character) in ("So", "Sk", "Cs", "Cf") for character in text):
        raise ValueError("The button must not have an emoji.")
    return text


def _within_or_empty(text: str, what: str, most: int) -> str:
    if len(text) > most:
        raise TooLong(f"{what} has {len(text)} characters; WhatsApp takes {most} at most.")
    return text


def _check_frame(body: str, most: int, header: str, footer: str) -> None:
    within(body, "The body", most)
    _within_or_empty(header, "The header", 60)
    _within_or_empty(footer, "The footer", 60)


def _check_choices(choices: tuple[Choice, ...], *, most: int, title: int, id_most: int) -> None:
    if not 1 <= len(choices) <= most:
        raise TooLong(f"WhatsApp takes 1 to {most} choices here, not {len(choices)}.")
    if len({choice.id for choice in choices}) < len(choices):
        raise TooLong("Two choices have the same id.")
    for choice in choices:
        within(choice.id, "A choice's id", id_most)
        within(choice.title, "A choice's title", title)
        _within_or_empty(choice.description, "A choice's description", 72)
