"""What one page may hold besides its fields: buttons to press, panels with rows, a heading. Any part may add to any page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model, QuerySet

MOST_ROWS = 100
MOST_LINES = 200
LEAST_REASON = 3
LONGEST_REASON = 300


class NotDone(Exception):
    """The button did nothing; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Press:
    """Who pressed a button, why where the button asks for it, and what was typed beside it."""

    actor: str
    user: Any
    reason: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)  # Django's UploadedFile by name


@dataclass(frozen=True)
class Ask:
    """One thing to be typed or chosen beside a button. `kind`: text, amount, date, choice or file."""

    name: str
    label: str
    kind: str = "text"
    initial: Callable[[Any], str] = lambda _: ""
    choices: Callable[[Any], Iterable[tuple[str, str]]] = lambda _: ()
    is_required: bool = True
    accept: str = ""  # of a file: image/*,application/pdf


@dataclass(frozen=True)
class Button:
    """Something a member of staff can have done about one row. `press` returns a sentence, or raises NotDone with one.

    `name` stands in the address. With `asks_why` a reason is required. `in_lists`: also for rows ticked in a list.
    `permission`: who may press it, as `customer_data.approve_refund`; empty: who may change the row's model.
    `is_for` says whether this user may, beyond the permission: who asked for a refund does not approve it.
    """

    name: str
    label: str
    press: Callable[[Any, Press], str]
    hint: str = ""
    asks_why: str = ""
    is_offered: Callable[[Any], bool] = lambda _: True
    in_lists: bool = False
    permission: str = ""
    asks: tuple[Ask, ...] = ()
    is_for: Callable[[Any, Any], bool] = lambda _row, _user: True
    is_grave: bool = False  # shown in red: it moves money or cannot be undone


@dataclass(frozen=True)
class Panel:
    """Rows about one row, newest first, for those who may see `model`. `rows` gives cells that are text or safe HTML.

    A panel without rows is not shown, unless `nothing` says what staff want to know.
    """

    title: str
    model: type[Model]
    headers: tuple[str, ...]
    rows: Callable[[Any], Iterable[Sequence[object]]]
    nothing: str = ""


@dataclass(frozen=True)
class Heading:
    """The first thing read on a page: an amount or a name, a coloured mark, and what is true now in sentences."""

    title: str
    mark: str = ""
    colour: str = ""  # success, danger, warning, info, or empty
    is_test: bool = False
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimelineLine:
    """One thing that happened to a row. `title` and `words` are text or safe HTML; `who` did it, or through what it came.

    `kind` is a key of `customer_data.admin.timeline.KINDS`; `icon` a name of Material Symbols, by default the kind's.
    """

    at: datetime
    kind: str
    title: str
    words: str = ""
    who: str = ""
    colour: str = ""  # success, danger, warning, info, or empty
    icon: str = ""


@dataclass(frozen=True)
class Reading:
    """From which end a timeline is read. A source gives its first lines from there; more than `most` are not shown."""

    is_oldest_first: bool = False
    most: int = MOST_LINES

    def first_of(self, rows: QuerySet[Any], moment: str) -> list[Any]:
        """The rows to make lines of, by the field `moment`, in one query."""
        order = (moment, "pk") if self.is_oldest_first else (f"-{moment}", "-pk")
        return list(rows.order_by(*order)[: self.most + 1])


TimelineSource = Callable[[Any, Reading], Iterable[TimelineLine]]


@dataclass(frozen=True)
class ListTool:
    """Something above a list, for who has `permission`: a template, which is given the list's address and `name`."""

    name: str
    template: str
    permission: str


_list_tools: defaultdict[type[Model], list[ListTool]] = defaultdict(list)
_buttons: defaultdict[type[Model], list[Button]] = defaultdict(list)
_panels: defaultdict[type[Model], list[Panel]] = defaultdict(list)
_timelines: defaultdict[type[Model], list[tuple[type[Model], TimelineSource]]] = defaultdict(list)


def add_button(model: type[Model], button: Button) -> None:
    """Put `button` on the pages of `model`. A part of the house that `model` must not know adds its buttons so."""
    _buttons[model].append(button)


def add_panel(model: type[Model], panel: Panel) -> None:
    """Put `panel` below the fields on the pages of `model`."""
    _panels[model].append(panel)


def add_timeline(model: type[Model], source: TimelineSource, *, seen_with: type[Model]) -> None:
    """Put the lines of `source` in the timeline on the pages of `model`, for those who may see rows of `seen_with`.

    A source asks the database a fixed number of questions, however much has happened.
    """
    _timelines[model].append((seen_with, source))


def add_list_tool(model: type[Model], tool: ListTool) -> None:
    """Put `tool` above the list of `model`."""
    _list_tools[model].append(tool)


def list_tools_of(model: type[Model]) -> list[ListTool]:
    return list(_list_tools[model])


def buttons_of(model: type[Model]) -> list[Button]:
    return list(_buttons[model])


def panels_of(model: type[Model]) -> list[Panel]:
    return list(_panels[model])


def timelines_of(model: type[Model], user: AbstractBaseUser | AnonymousUser) -> list[TimelineSource]:
    """The sources whose lines this user may read."""
    return [source for seen_with, source in _timelines[model] if may_see(user, seen_with)]


def may_see(user: AbstractBaseUser | AnonymousUser, model: type[Model]) -> bool:
    """Whether Django's permissions let `user` see rows of `model`."""
    return any(_has(user, verb, model) for verb in ("view", "change"))


def may_change(user: AbstractBaseUser | AnonymousUser, model: type[Model]) -> bool:
    """Whether Django's permissions let `user` do something about rows of `model`."""
    return _has(user, "change", model)


def may_press(user: AbstractBaseUser | AnonymousUser, button: Button, model: type[Model]) -> bool:
    """Whether `user` may press `button` on rows of `model`."""
    if not button.permission:
        return may_change(user, model)
    return bool(user.has_perm(button.permission))  # type: ignore[union-attr]


def read_reason(text: str) -> str:
    """A reason as it is kept. Raises NotDone for one that says nothing."""
    reason = " ".join(text.replace("\0", "").split())
    said = sum(character.isprintable() and not character.isspace() for character in reason)
    if said < LEAST_REASON:
        raise NotDone("Nothing was done: say why, in a few words. The reason stays in the trail.")
    if len(reason) > LONGEST_REASON:
        raise NotDone(f"Nothing was done: say why in {LONGEST_REASON} characters or fewer.")
    return reason


def _has(user: Any, verb: str, model: type[Model]) -> bool:
    return bool(user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}"))
