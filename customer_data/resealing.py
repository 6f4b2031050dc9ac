"""Everything that is sealed at rest, brought under the newest of FIELD_ENCRYPTION_KEYS; and which keys are still needed.

Safe while everything runs, to kill and to repeat: a value is replaced only where it is still the one that was read, and what is
under the newest key already is passed over. Values are never shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from customer_data.models import Erasure, Seal
from customer_data.privacy.record import sign_again
from customer_data.sealed import SealedTextField, key_of, seal, unseal
from customer_data.sealing import key_names, newest_key_name, seal_changes

AT_ONCE = 500
NO_KEY = -1
"""Stands for a value that none of our keys opens."""


@dataclass(frozen=True)
class Column:
    """One sealed column. `name` is read by people."""

    model: type[models.Model]
    field: SealedTextField

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"


@dataclass
class Standing:
    """Under which keys what stands: column → place of the key in FIELD_ENCRYPTION_KEYS, newest first from 0 → how many values."""

    values: dict[str, Counter[int]] = field(default_factory=dict)
    resealed: int = 0

    def uses_of(self, place: int) -> dict[str, int]:
        return {name: counts[place] for name, counts in self.values.items() if counts[place]}


def sealed_columns() -> Iterator[Column]:
    """Every sealed column of the house, found in the models themselves."""
    for model in apps.get_models():
        for each in model._meta.concrete_fields:
            if isinstance(each, SealedTextField):
                yield Column(model, each)


def look() -> Standing:
    """Under which keys everything stands. Reads every sealed value once; writes nothing."""
    standing = Standing()
    for column in sealed_columns():
        standing.values[column.name] = Counter(_place(sealed) for _, sealed in _values(column))
    standing.values |= _signatures()
    return standing


def reseal(*, say: Callable[[str], None] = lambda _: None) -> Standing:
    """Bring every sealed value, and what vouches for the record of changes, under the newest key. `say` hears how far it is."""
    resealed = sum(_reseal_column(column, say) for column in sealed_columns())
    for erasure in Erasure.objects.exclude(key_name=newest_key_name()):
        resealed += sign_again(erasure)
    seal_changes()
    standing = look()
    standing.resealed = resealed
    return standing


def _reseal_column(column: Column, say: Callable[[str], None]) -> int:
    done, old = 0, []
    for key, sealed in _values(column):
        if _place(sealed) > 0:
            old.append((key, sealed))
        if len(old) >= AT_ONCE:
            done += _replace(column, old)
            old = []
            say(f"{column.name}: {done:,}")
    return done + _replace(column, old)


def _replace(column: Column, old: list[tuple[Any, str]]) -> int:
    """Only where the value is still the one that was read: who wrote meanwhile wrote under the newest key."""
    quote = connection.ops.quote_name
    table, name, key = column.model._meta.db_table, str(column.field.column), _key_column(column)
    replaced = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for row, sealed in old:
            cursor.execute(
                f"UPDATE {quote(table)} SET {quote(name)} = %s WHERE {quote(key)} = %s AND {quote(name)} = %s",  # noqa: S608  our own names
                [seal(unseal(sealed)), row, sealed],
            )
            replaced += cursor.rowcount
    return replaced


def _values(column: Column) -> Iterator[tuple[Any, str]]:
    """Key and sealed text of every row that has one, a page at a time in the order of keys, as the database holds it."""
    quote = connection.ops.quote_name
    table, name, key = (quote(each) for each in (column.model._meta.db_table, str(column.field.column), _key_column(column)))
    last: list[Any] = []
    while True:
        with connection.cursor() as cursor:
            further = f"AND {key} > %s" if last else ""
            cursor.execute(f"SELECT {key}, {name} FROM {table} WHERE {name} <> '' {further} ORDER BY {key} LIMIT {AT_ONCE}", last)  # noqa: S608
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        last = [rows[-1][0]]


def _signatures() -> dict[str, Counter[int]]:
    """What vouches for the record: the last seal, which vouches for all before it, and every erasure."""
    places = {name: place for place, name in enumerate(key_names())}
    last = Seal.objects.order_by("-number").values_list("key_name", flat=True)[:1]
    erasures = Erasure.objects.values_list("key_name", flat=True)
    return {
        "last seal of the record of changes": Counter(places.get(name, NO_KEY) for name in last),
        "erasures of customers": Counter(places.get(name, NO_KEY) for name in erasures),
    }


def _place(sealed: str) -> int:
    place = key_of(sealed)
    return NO_KEY if place is None else place


def _key_column(column: Column) -> str:
    key = column.model._meta.pk
    assert key is not None  # noqa: S101  every model of Django has one
    return str(key.column)
