"""What can be tapped on a step: the choices of its source, then its options. And which of them a customer has typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flows.buttons import answer_id
from flows.conversation.facts import Talking
from flows.conversation.keywords import place_of, plain
from flows.definitions.steps import Option, Step
from flows.labels import label
from flows.outgoing import Choice

MORE = "more"
"""The answer of the row that shows the next choices."""

SHOWN_AT_ONCE = 9
"""Rows of a source on one page: WhatsApp shows ten, and one of them may be *More*."""


@dataclass(frozen=True)
class Found:
    """One choice. `option` is where the definition has it; None for a choice of the step's source."""

    answer: str
    title: str
    description: str = ""
    option: Option | None = None

    @property
    def value(self) -> Any:
        return self.answer if self.option is None else self.option.value


def choices_of(talking: Talking, step: Step) -> list[Found]:
    """Every choice of the step, on whatever page."""
    found = list(SOURCES[step.source](talking)) if step.source else []
    offered = (option for option in step.options if not option.only_if or CONDITIONS[option.only_if](talking))
    return [*found, *(_labelled(talking, option) for option in offered)]


def page_of(talking: Talking, step: Step, found: list[Found]) -> list[Found]:
    """The choices of the page that is shown now, with *More* where there are more."""
    rows = [each for each in found if each.option is None]
    options = [each for each in found if each.option is not None]
    if not rows or len(rows) + len(options) <= SHOWN_AT_ONCE + 1:
        return found
    size = SHOWN_AT_ONCE - len(options)
    pages = -(-len(rows) // size)
    page = talking.page % pages
    more = label(MORE, language=talking.language)
    return [*rows[page * size : (page + 1) * size], *options, Found(MORE, more.title, more.description)]


def as_choice(talking: Talking, step: Step, found: Found) -> Choice:
    """As a button or row."""
    return Choice(answer_id(step.name, argument_of(talking, step, found.answer)), found.title, found.description)


def argument_of(talking: Talking, step: Step, answer: str) -> str:
    """`answer`, with what it is about, so that a tap on an old message is not taken for something else."""
    return f"{answer}/{talking.answers.get(step.about, '')}" if step.about else answer


def typed_choice(talking: Talking, step: Step, text: str, meaning: str) -> Found | None:
    """The choice that was typed: its word (*yes*), its title, its place (*2*, *the second*), or some of its title."""
    every = choices_of(talking, step)
    for found in every:
        if found.option is not None and meaning and meaning in found.option.words:
            return found
    offered = [found for found in every if found.option is None]
    if meaning == "yes" and len(offered) == 1:
        return offered[0]
    wanted, shown = plain(text), page_of(talking, step, every)
    exact = [found for found in [*every, *shown] if wanted and plain(found.title) == wanted]
    place = place_of(text)
    if exact or 1 <= place <= len(shown):
        return exact[0] if exact else shown[place - 1]
    if step.reader or len(wanted) < 4:
        return None
    near = [found for found in every if wanted in plain(found.title) or plain(found.title) in wanted]
    return near[0] if len(near) == 1 else None


def _labelled(talking: Talking, option: Option) -> Found:
    words = label(option.label, language=talking.language, talk=talking)
    return Found(option.answer, words.title, words.description, option)


# --- Sources --------------------------------------------------------------------------------------
def _tours(talking: Talking) -> Iterator[Found]:
    for tour in talking.tours:
        line = f"{tour.price_shown} · {tour.summary}" if tour.summary else tour.price_shown
        yield Found(str(tour.pk), tour.name, _cut(line, 72))


def _dates(talking: Talking) -> Iterator[Found]:
    for each in talking.dates:
        day = each.departure.starts_on
        seats = "1 seat free" if each.free == 1 else f"{each.free} seats free"
        yield Found(str(each.departure.pk), f"{day:%a} {each.departure.date_shown}", seats)


def _party_sizes(talking: Talking) -> Iterator[Found]:
    most = min(talking.free, talking.tour.most_travellers if talking.tour else 0, SHOWN_AT_ONCE + 1)
    for size in range(1, most + 1):
        yield Found(str(size), str(size))


def _known_name(talking: Talking) -> Iterator[Found]:
    name = " ".join(talking.customer.name.split())
    if 2 <= len(name) <= 20:
        yield Found(name, name)


def _bookings(talking: Talking) -> Iterator[Found]:
    for booking in talking.bookings:
        left = "Cancelled" if booking.cancelled_at else f"{booking.balance_shown} to pay" if booking.balance else "Paid"
        yield Found(booking.booking_reference, _cut(booking.booking_reference, 24), _cut(f"{left} · {booking.title}", 72))


def _bookings_to_pay(talking: Talking) -> Iterator[Found]:
    for booking in talking.bookings_to_pay:
        line = f"{booking.balance_shown} to pay · {booking.title}"
        yield Found(booking.booking_reference, _cut(booking.booking_reference, 24), _cut(line, 72))


def _languages(talking: Talking) -> Iterator[Found]:
    if talking.languages:
        yield Found("en", "English")
    for language in talking.languages:
        yield Found(language.code, language.get_code_display())


SOURCES: dict[str, Callable[[Talking], Iterator[Found]]] = {
    "tours": _tours,
    "dates": _dates,
    "party_sizes": _party_sizes,
    "known_name": _known_name,
    "my_bookings": _bookings,
    "bookings_to_pay": _bookings_to_pay,
    "languages": _languages,
}

CONDITIONS: dict[str, Callable[[Talking], bool]] = {
    "draft_is_unfinished": lambda talking: bool(talking.answers.get("left_at") and talking.tour),
    "booking_form_is_published": lambda talking: talking.form_is_published,
    "there_are_languages": lambda talking: bool(talking.languages),
    "email_is_known": lambda talking: bool(talking.customer.email),
    "nothing_is_paid": lambda talking: "full" in talking.amount_options,
    "deposit_is_offered": lambda talking: "deposit" in talking.amount_options,
    "part_is_paid": lambda talking: "balance" in talking.amount_options,
    "something_is_owed": lambda talking: talking.owed > 0,
    "something_is_paid": lambda talking: bool(talking.booking and talking.booking.amount_paid),
}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
