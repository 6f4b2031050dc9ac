"""Questions that every payment asks: Django composes their SQL once in the life of a process, not each time.

Composing the question for a wide row takes Django longer than PostgreSQL needs to answer it. What comes back are the same
objects that the query set would give.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=models.Model)


class Prepared(Generic[Row]):
    """`ask` makes a query set from one value per example; the examples stand in for the values when it is composed.

    The examples must be of the values' types, unlike each other, and unlike every other value in the question. The question must
    have the same SQL for all values: no None, no list whose length changes. Questions that lock are composed each time.
    """

    def __init__(self, ask: Callable[..., models.QuerySet[Row]], *examples: Any) -> None:
        self._ask, self._examples = ask, examples
        self._turn = Lock()
        self._done: _Composed | None = None

    def all(self, *values: Any) -> list[Row]:
        """The rows for these values."""
        return list(ModelIterable(cast(Any, self._asked(values))))

    def first(self, *values: Any) -> Row | None:
        """The first of them, if any."""
        return next(iter(self.all(*values)), None)

    def get(self, *values: Any) -> Row:
        """The only one. Raises the model's DoesNotExist."""
        found = self.first(*values)
        if found is None:
            model: Any = self._composed().model
            raise model.DoesNotExist(f"There is no {model._meta.verbose_name} for this.")
        return found

    def _asked(self, values: Sequence[Any]) -> _Asked:
        composed = self._composed()
        given = list(composed.params)
        for place, number in composed.places.items():
            given[place] = values[number]
        return _Asked(composed, tuple(given))

    def _composed(self) -> _Composed:
        with self._turn:  # threads share what is composed, and one composes it
            if self._done is None:
                self._done = self._compose()
            return self._done

    def _compose(self) -> _Composed:
        queryset = self._ask(*self._examples)
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        places = {place: self._examples.index(value) for place, value in enumerate(params) if value in self._examples}
        if sorted(places.values()) != list(range(len(self._examples))):
            raise ValueError("Each example must stand in the question once, as it was given.")
        return _Composed(queryset.model, compiler, sql, tuple(params), places)


@dataclass(frozen=True)
class _Composed:
    model: type[models.Model]
    compiler: SQLCompiler
    sql: str
    params: tuple[Any, ...]
    places: dict[int, int]
    """Which of the values are the caller's, by their places."""


class _Asked:
    """All that ModelIterable asks of a query set and its query; the compiler knows its SQL by heart."""

    _known_related_objects: ClassVar[dict[Any, Any]] = {}

    def __init__(self, composed: _Composed, params: tuple[Any, ...]) -> None:
        self._composed, self._params = composed, params
        self.model, self.db, self.query = composed.model, DEFAULT_DB_ALIAS, self

    def get_compiler(self, using: str) -> SQLCompiler:
        compiler = copy.copy(self._composed.compiler)
        compiler.connection = connections[using]  # each thread has its own
        compiler.as_sql = lambda *_, **__: (self._composed.sql, self._params)  # type: ignore[method-assign]
        return compiler
