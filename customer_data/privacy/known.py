"""By what one person is known: names, numbers, addresses. And texts without them. Pure but for reading what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from customer_data.models import Change, Customer, Payment
from customer_data.phones import national

ERASED = "(erased)"

LEAST_NAME = 3
"""Shorter names, like *T*, stand in half of all words: they are taken out only where a name is all that stands."""

_PERSON = ("name", "wa_id", "bsuid", "phone", "email")
_BETWEEN_DIGITS = r"[\s().-]*"


@dataclass(frozen=True)
class Known:
    """All names, numbers in digits, and addresses that this customer ever had here."""

    names: frozenset[str]
    numbers: frozenset[str]
    addresses: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Every value as it is stored; for a search afterwards that must find none of them."""
        return self.names | self.numbers | self.addresses

    def leaves(self, text: str) -> str:
        """`text` without their full names, numbers (however spaced) and addresses."""
        return self._whole.sub(ERASED, text) if self._whole and text else text

    def leaves_of_free_text(self, text: str) -> str:
        """`text` that people typed: without single words of their names too."""
        shorter = self.leaves(text)
        return self._words.sub(ERASED, shorter) if self._words and shorter else shorter

    def leaves_of(self, value: Any) -> Any:
        """A JSON value with every text in it as `leaves` gives it; the names of its facts stay."""
        match value:
            case str():
                return self.leaves(value)
            case list():
                return [self.leaves_of(each) for each in value]
            case dict():
                return {name: self.leaves_of(each) for name, each in value.items()}
            case _:
                return value

    @cached_property
    def _whole(self) -> re.Pattern[str] | None:
        names = (_spaced(name) for name in self.names if len(name) >= LEAST_NAME)
        addresses = (re.escape(address) for address in self.addresses)
        return _any_of([*names, *addresses, *map(_number_in_any_form, self.numbers)])

    @cached_property
    def _words(self) -> re.Pattern[str] | None:
        return _any_of(re.escape(word) for name in self.names for word in name.split() if len(word) >= LEAST_NAME)


def known_of(customer: Customer) -> Known:
    """What their row holds, what the record says that it held, and the wallets and addresses they paid with."""
    held = list(_held(customer))
    paid = Payment.objects.filter(payer=customer) | Payment.objects.filter(booking__customer=customer, payer__isnull=True)
    for phone, email in paid.values_list("phone", "email"):
        held += [("phone", phone), ("email", email)]
    names = frozenset(" ".join(value.split()) for field, value in held if field == "name" and value and value != ERASED)
    numbers = {re.sub(r"\D", "", value) for field, value in held if field in ("phone", "wa_id")}
    addresses = frozenset(value for field, value in held if field in ("email", "bsuid") and value and value != ERASED)
    return Known(names, frozenset(number for number in numbers if len(number) >= 7), addresses)


def _held(customer: Customer) -> Iterator[tuple[str, str]]:
    yield from ((field, getattr(customer, field) or "") for field in _PERSON)
    entries = Change.objects.filter(table_name=Customer._meta.db_table, row_id=str(customer.pk))
    for before, after in entries.values_list("before", "after"):
        for said in (before or {}, after or {}):
            yield from ((field, str(said.get(field) or "")) for field in _PERSON)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(set(patterns), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE) if longest_first else None


def _spaced(name: str) -> str:
    return r"\s+".join(map(re.escape, name.split()))


def _number_in_any_form(digits: str) -> str:
    """`+263 77 123 4567`, `0771234567`, `771234567`: the same number, and its last three digits as receipts show them."""
    local = national(f"+{digits}")
    if not local:
        return rf"\+?{_BETWEEN_DIGITS.join(digits)}"
    return rf"(?:\+?{_BETWEEN_DIGITS.join('263')}{_BETWEEN_DIGITS}|0{_BETWEEN_DIGITS})?{_BETWEEN_DIGITS.join(local[1:])}"
