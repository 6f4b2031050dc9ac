"""How rows lose what names a person: for each kind of row its fields, and what stands there afterwards. Never an amount."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pgtrigger
from django.db.models import Model, QuerySet

from customer_data.models import Customer
from customer_data.privacy.known import ERASED, Known

Change = Callable[[Any, Any, Customer, Known], Any]
"""Row, value, customer, what they are known by → the value without them."""


@dataclass(frozen=True)
class Emptied:
    """`of`: whose rows. `blank`: field → what stands there afterwards. `exact`: texts and JSON of ours, from which full names,
    numbers and addresses go. `free`: what people typed: single words of a name go too. `by`: fields with a rule of their own.
    `past`: the triggers that otherwise keep such a row as it is.
    """

    of: Callable[[Customer], QuerySet[Any]]
    blank: Mapping[str, Any] = field(default_factory=dict)
    exact: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    by: Mapping[str, Change] = field(default_factory=dict)
    past: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.blank, *self.exact, *self.free, *self.by)

    def value(self, row: Any, name: str, value: Any, customer: Customer, known: Known) -> Any:
        """What stands in the row's field afterwards."""
        if name in self.blank:
            return self.blank[name]
        if name in self.by:
            return self.by[name](row, value, customer, known)
        if name in self.free:
            return _free(value, known)
        return known.leaves_of(value)

    def value_in_record(self, row: Any, name: str, value: Any, customer: Customer, known: Known) -> Any:
        """What an entry of the record says afterwards: that something stood there, where something did."""
        if name in self.blank:
            return ERASED if value not in (None, "", [], {}, self.blank[name]) and not _is_digest(value) else value
        afterwards = self.value(row, name, value, customer, known)
        if name in self.by and isinstance(value, str) and value != afterwards:
            return ERASED  # only the newest entry says what stands there now
        return afterwards

    def empty(self, customer: Customer, known: Known) -> tuple[list[Any], int]:
        """All their rows of this kind, and how many of them were changed. One transaction is the caller's."""
        rows, changed = list(self.of(customer)), 0
        for row in rows:
            news = {name: self.value(row, name, getattr(row, name), customer, known) for name in self.fields}
            news = {name: value for name, value in news.items() if value != getattr(row, name)}
            if news:
                self._write(row, news)
                changed += 1
        return rows, changed

    def _write(self, row: Model, news: Mapping[str, Any]) -> None:
        model = type(row)
        uris = [f"{model._meta.label}:{name}" for name in self.past]
        if not uris:
            model._base_manager.filter(pk=row.pk).update(**news)
            return
        with pgtrigger.ignore(*uris):
            model._base_manager.filter(pk=row.pk).update(**news)


def _free(value: Any, known: Known) -> Any:
    match value:
        case str():
            return known.leaves_of_free_text(value)
        case list():
            return [_free(each, known) for each in value]
        case dict():
            return {name: _free(each, known) for name, each in value.items()}
        case _:
            return value


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and len(value) == 71
