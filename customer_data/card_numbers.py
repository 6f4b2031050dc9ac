"""Card numbers, recognised and taken out wherever people type: none may enter a field, a log or a table. Pure.

A card number has 13 to 19 digits, however they are grouped, begins as some issuer's numbers do, and satisfies Luhn's check (ISO/IEC
7812). Of ids, references and moments few do all three. What is left of a number is what PCI DSS lets be kept: its last four digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

MARK = "[card number removed: ended in "
"""How a text begins that stands where a number was; people and the chat know it by this."""

NEVER_SEND_ONE = "Never type a card number here. Card payments are made only on the payment page of the bank or gateway."

# Groups of digits with at most two signs between them that people put there, also such as nobody sees.
_SIGNS = r"[\s.,\-_/*|\u00a0\u200b-\u200f\u2009\u2010-\u2015\u2060\ufeff]{0,2}"
_RUN = re.compile(rf"\d(?:{_SIGNS}\d){{12,}}")
_GROUP = re.compile(r"\d+")
_AS_ON_CARDS = {(4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (6, 13)}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa: 13, 16, 19
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"  # Mastercard: 16
    r"|3[47]\d{13}"  # American Express: 15
    r"|3(?:0[0-5]|[689]\d)\d{11,16}"  # Diners Club: 14 to 19
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB: 16 to 19
    r"|6(?:011|5\d{2}|4[4-9]\d|2\d{2})\d{12,15}"  # Discover and UnionPay: 16 to 19
    r"|(?:50\d{2}|5[6-9]\d{2}|6[0137-9]\d{2})\d{9,15}"  # Maestro, Verve and Zimswitch: 13 to 19
)


def holds_card_number(text: str) -> bool:
    """Whether one stands anywhere in `text`."""
    return next(_found(text), None) is not None


def without_card_numbers(text: str) -> str:
    """`text` with each card number replaced by words that name its last four digits; the same object when there is none."""
    found = list(_found(text))
    for start, end in reversed(found):
        digits = "".join(_GROUP.findall(text[start:end]))
        text = f"{text[:start]}{MARK}{digits[-4:]}]{text[end:]}"
    return text


def without_card_numbers_inside(value: Any, *, but: frozenset[str] = frozenset()) -> Any:
    """The same for every text and number inside of JSON; what stands under a name in `but` stays as it is."""
    if isinstance(value, str):
        return without_card_numbers(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return without_card_numbers(str(value)) if holds_card_number(str(value)) else value
    if isinstance(value, list):
        return [without_card_numbers_inside(each, but=but) for each in value]
    if isinstance(value, dict):
        return {
            without_card_numbers(name): each if name in but else without_card_numbers_inside(each, but=but)
            for name, each in value.items()
        }
    return value


def form_without_card_numbers(body: str) -> str:
    """A body of a web form, where digits may be written as `%34`; the same object when there is none in it."""
    pairs = parse_qsl(body, keep_blank_values=True)
    if any(holds_card_number(name) or holds_card_number(value) for name, value in pairs):
        body = urlencode([(without_card_numbers(name), without_card_numbers(value)) for name, value in pairs])
    return without_card_numbers(body)


def _found(text: str) -> Iterator[tuple[int, int]]:
    """Where the card numbers stand. They begin and end where a group of digits does: of a longer number no part is one."""
    for run in _RUN.finditer(_UUID.sub(lambda found: "x" * len(found[0]), text)):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run[0])]
        yield from _in_groups(text, groups)


def _in_groups(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(groups):
        end = _card_from(text, groups, first)
        if end is None:
            first += 1
        else:
            yield groups[first][0], groups[end][1]
            first = end + 1


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the card number that begins with group `first`."""
    digits = ""
    for last in range(first, len(groups)):
        start, end = groups[last]
        digits += text[start:end]
        if len(digits) > 19:
            return None
        if len(digits) >= 13 and _is_grouped([end - start for start, end in groups[first : last + 1]]) and _is_card_number(digits):
            return last
    return None


def _is_grouped(lengths: list[int]) -> bool:
    """As people and cards group the digits: in fours, one by one, or as on the card. A date beside an amount is not."""
    first, *others = lengths
    return tuple(lengths) in _AS_ON_CARDS or (len(set(lengths[:-1])) <= 1 and all(each <= first for each in others))


def _is_card_number(digits: str) -> bool:
    plain = "".join(str(int(digit)) for digit in digits)  # as written in other scripts, too
    return len(set(plain)) > 1 and _ISSUERS.fullmatch(plain) is not None and _luhn(plain)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + sum(each // 10 + each % 10 for each in doubled)) % 10 == 0
