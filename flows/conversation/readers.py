"""What customers type in answer to a question, read as the answer, or refused with a sentence that says what to write instead."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from customer_data.phones import NotAPhoneNumber, national, parse_phone
from flows.conversation.facts import Talking
from flows.conversation.keywords import NUMBERS, meaning_of, plain


class NotRead(Exception):
    """Not an answer to this question. `template` says why and what to write; empty: it is simply something else."""

    def __init__(self, template: str = "", **facts: Any) -> None:
        super().__init__(template)
        self.template = template
        self.facts = facts


Reader = Callable[[Talking, str], Any]

ALONE = frozenset({"just me", "me", "only me", "myself", "alone", "1 person", "me alone", "single", "solo"})
TOGETHER = frozenset(
    {"me and my wife", "me and my husband", "couple", "a couple", "the two of us", "both of us", "me and my friend"}
)
_PEOPLE = r"(?:people|persons?|adults?|child(?:ren)?|kids?|pax|travell?ers?|guests?|seats?|friends?|others?)"
_COUNT = re.compile(rf"(\d+) ?{_PEOPLE}?\b")
_INTRODUCTION = re.compile(r"^(?:my name is|my names are|i am|i'm|it is|it's|name:)\s+", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_DAY_OF_MONTH = re.compile(rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH}(?: the)? \d{{1,2}})\b")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def tour_name(talking: Talking, text: str) -> str:
    """The tour whose name was typed, wholly or in part, or nearly, or whose place is in a sentence."""
    names = {plain(tour.name): str(tour.pk) for tour in talking.tours}
    wanted = plain(text)
    hits = [pk for name, pk in names.items() if name in wanted or (len(wanted) > 3 and wanted in name)]
    near = [names[name] for name in get_close_matches(wanted, names, n=1, cutoff=0.8)]
    found = hits or near or [str(tour.pk) for tour in talking.tours if f" {_place(tour.name)} " in f" {wanted} "]
    if len(found) == 1:
        return found[0]
    raise NotRead


def _place(name: str) -> str:
    """What people call a tour in a sentence: `hwange` for *Hwange, 3 days*, `victoria falls` for *Victoria Falls walk*."""
    return " ".join(plain(name.split(",", maxsplit=1)[0]).split()[:2])


def travellers(talking: Talking, text: str) -> str:
    """`4`, `just me`, `two adults and one child`."""
    wanted = plain(text)
    if wanted in ALONE:
        return _party(talking, 1)
    if wanted in TOGETHER:
        return _party(talking, 2)
    digits = " ".join(str(NUMBERS.index(word) + 1) if word in NUMBERS else word for word in wanted.split())
    if is_a_date(text):
        raise NotRead("travellers_not_understood")
    counts = [int(found[:9]) for found in _COUNT.findall(digits)]
    if not counts or "." in digits:
        raise NotRead("travellers_not_understood")
    me_too = 1 if digits.startswith(("me and ", "me plus ", "myself and ")) else 0
    return _party(talking, sum(counts) + me_too)


def is_a_date(text: str) -> bool:
    """Whether a day of a month by its name was typed, which is no number of people and nobody's name."""
    return _DAY_OF_MONTH.search(plain(text)) is not None


def date(talking: Talking, text: str) -> str:
    """The departure on the date typed: `12 Dec`, `2026-12-12`, `12/12`, `next Saturday`, `Dec 12th 2026`."""
    wanted = _read_date(plain(text.replace("/", " ").replace(".", " ")), talking.today)
    free = talking.dates
    for each in free:
        if wanted(each.departure.starts_on):
            return str(each.departure.pk)
    raise NotRead("no_such_date")


def name(talking: Talking, text: str) -> str:
    """A name: some letters, not too many."""
    wanted = _INTRODUCTION.sub("", " ".join(text.split()))
    if (
        meaning_of(wanted)
        or not 2 <= len(wanted) <= 80
        or sum(letter.isalpha() for letter in wanted) < 2
        or re.search(r"\d|://|@", wanted)
    ):
        raise NotRead("name_not_understood")
    return wanted


def email(talking: Talking, text: str) -> str:
    address = next((word for word in text.split() if "@" in word), text)
    wanted = address.strip(".,;:<>()\"' ").removeprefix("mailto:")
    try:
        validate_email(wanted)
    except ValidationError:
        raise NotRead("email_not_understood") from None
    if len(wanted) > 254:
        raise NotRead("email_not_understood")
    return wanted


def payer_in_zimbabwe(talking: Talking, text: str) -> str:
    """Somebody else's wallet: a number in Zimbabwe."""
    phone = _phone(text)
    if not national(phone):
        raise NotRead("payer_is_abroad")
    return phone


def payer_abroad(talking: Talking, text: str) -> str:
    """Somebody who gets a link to pay by card: a WhatsApp number of any country."""
    return _phone(text)


READERS: dict[str, Reader] = {
    "tour_name": tour_name,
    "date": date,
    "travellers": travellers,
    "name": name,
    "email": email,
    "payer_in_zimbabwe": payer_in_zimbabwe,
    "payer_abroad": payer_abroad,
}


def _phone(text: str) -> str:
    try:
        return parse_phone(text)
    except NotAPhoneNumber:
        raise NotRead("phone_not_understood") from None


def _party(talking: Talking, count: int) -> str:
    if count < 1:
        raise NotRead("travellers_not_understood")
    if talking.tour is not None and count > talking.tour.most_travellers:
        raise NotRead("too_many_travellers", most=talking.tour.most_travellers)
    return str(count)


def _read_date(text: str, today: dt.date) -> Callable[[dt.date], bool]:
    """A test for the dates that the words mean. Raises NotRead."""
    plainer = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", text).replace("-", " ")
    words = [word for word in plainer.split() if word not in ("on", "the", "of")]
    if words in (["tomorrow"], ["today"]):
        offset = dt.timedelta(days=int(words == ["tomorrow"]))
        return lambda day: day == today + offset
    numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 4]
    months = [_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS and word.isalpha()]
    weekdays = [_DAYS.index(word[:3]) for word in words if word[:3] in _DAYS and word.isalpha()]
    if weekdays and not numbers and not months:
        return lambda day: day.weekday() == weekdays[0]
    if months and not numbers:
        return lambda day: day.month == months[0]
    return _matching(_parts(numbers, months))


def _parts(numbers: list[int], months: list[int]) -> tuple[int, int, int]:
    """Year, month and day, as far as they were said; 0 for what was not. Raises NotRead."""
    match (numbers, months):
        case ([year, month, day], []) if year > 31:
            said = (year, month, day)
        case ([day, month, year], []):
            said = (_full(year), month, day)
        case ([day, month], []):
            said = (0, month, day)
        case ([year], [month]) if year > 31:
            said = (year, month, 0)
        case ([day], [*month]) if len(month) < 2:
            said = (0, month[0] if month else 0, day)
        case ([year, day], [month]) if year > 31:
            said = (year, month, day)
        case ([day, year], [month]):
            said = (_full(year), month, day)
        case _:
            raise NotRead("no_such_date")
    return said


def _matching(parts: tuple[int, int, int]) -> Callable[[dt.date], bool]:
    return lambda day: all(said in (0, real) for said, real in zip(parts, (day.year, day.month, day.day), strict=True))


def _full(year: int) -> int:
    return year + 2000 if year < 100 else year
