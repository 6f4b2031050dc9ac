"""The parts a conversation is declared with: names of steps, templates, sources, readers and actions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """Something to tap. Its words are the label of the same name in `templates/whatsapp/talk/labels.txt`."""

    answer: str
    label: str
    value: Any = None  # kept under the step's `stores`; None: it answers something else, not for the step's `run` and `go_to`
    run: str = ""  # instead of the step's action
    go_to: str = ""  # instead of where the step goes
    only_if: str = ""  # a named condition
    words: tuple[str, ...] = ()  # keywords that mean it on this step, such as "yes"


@dataclass(frozen=True)
class Step:
    """One question and what may follow: `says` it, offers `options` and a `source`'s choices, understands what a `reader` reads."""

    name: str
    says: str  # templates/whatsapp/talk/<says>.txt
    options: tuple[Option, ...] = ()
    source: str = ""  # a named source of choices, such as "tours"; they come before the options
    reader: str = ""  # a named reader of typed text
    stores: str = ""  # the name under which the answer is kept
    run: str = ""  # the named action that runs with the answer
    go_to: str = ""  # unless the action or the option says otherwise
    needs: tuple[str, ...] = ()  # answers without which this cannot be asked
    about: str = ""  # the answer that a tap on an old message of this step is about
    on_enter: str = ""  # the named action that runs before it is asked
    if_empty: str = ""  # said when the source has nothing
    if_empty_go_to: str = ""
    is_quiet: bool = False  # what an action said is enough: asked only when the customer writes something else
    is_draft: bool = False  # an unfinished booking stands here
    button: str = "choose"  # the label of the list's button
    escapes: frozenset[str] = frozenset()  # commands that work here


@dataclass(frozen=True)
class Command:
    """What a customer may write anywhere."""

    run: str = ""
    go_to: str = ""


@dataclass(frozen=True)
class Named:
    """A named action: where it may lead by itself, and whether its button works from anywhere, months later too."""

    may_go_to: tuple[str, ...] = ()
    from_anywhere: bool = False


@dataclass(frozen=True)
class Talk:
    """A whole conversation."""

    start: str
    steps: Mapping[str, Step]
    commands: Mapping[str, Command]
    actions: Mapping[str, Named]
