"""The record of changes in words: which fields of a row went from what to what. Amounts read as money, secrets not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime

from customer_data.models import Change
from customer_data.money import Currency, show_amount

NOTHING = "nothing"
LONGEST_VALUE = 200
_NAMED = ("auth.User", "auth.Group", "auth.Permission")
"""Rows that are shown by name wherever an entry has their key; there are few of them."""


@dataclass(frozen=True)
class FieldChange:
    """One field of an entry. Of a row that was made `before` is empty, of one that was deleted `after` is."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """An entry with its fields in words; `about` names the kind of row."""

    entry: Change
    about: str
    fields: tuple[FieldChange, ...]


def changes_of(row: models.Model, *, most: int) -> list[Told]:
    """The newest changes of a row, and of the rows without a page that belong to it, newest first. A constant number of queries."""
    found = Q(table_name=row._meta.db_table, row_id=str(row.pk))
    for label, recorded in settings.RECORDED.items():
        if recorded.belongs_to and recorded.belongs_to[0] == row._meta.label:
            ours = {recorded.belongs_to[1]: row.pk}
            found |= Q(table_name=_table(label)) & (Q(after__contains=ours) | Q(before__contains=ours))
    return in_words(list(Change.objects.filter(found).order_by("-id")[:most]))


def in_words(entries: Sequence[Change]) -> list[Told]:
    """Every entry with its fields in words, whoever and whatever they name. A constant number of queries."""
    names, currencies = _names_in(entries), _currencies_of(entries)
    return [_told(entry, names, currencies.get((entry.table_name, entry.row_id), "")) for entry in entries]


def model_of(table: str) -> type[models.Model] | None:
    """The model of a recorded table; None when there is none (any more)."""
    return _models().get(table)


def kinds() -> list[tuple[str, str]]:
    """Every recorded table with what one of its rows is called."""
    return sorted(((table, _called(model)) for table, model in _models().items()), key=lambda kind: kind[1])


def _told(entry: Change, names: Mapping[tuple[str, str], str], currency: str) -> Told:
    model = model_of(entry.table_name)
    before, after = entry.before or {}, entry.after or {}
    currency = after.get("currency") or before.get("currency") or currency
    fields = [
        FieldChange(
            _label(model, column),
            _value(model, column, before.get(column), currency, names) if column in before else "",
            _value(model, column, after.get(column), currency, names) if column in after else "",
        )
        for column in dict.fromkeys([*before, *after])
        if not _says_nothing(model, column, entry)
    ]
    return Told(entry, _called(model) if model else entry.table_name, tuple(fields))


def _says_nothing(model: type[models.Model] | None, column: str, entry: Change) -> bool:
    """Of a row that was made or deleted, its key and what is empty."""
    if entry.operation == "update":
        return False
    value = (entry.after or entry.before or {}).get(column)
    return value in (None, "", False, [], {}) or (model is not None and column == cast(Any, model._meta.pk).column)


def _value(model: type[models.Model] | None, column: str, value: Any, currency: str, names: Mapping[tuple[str, str], str]) -> str:
    field = _field(model, column)
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, str) and value.startswith("sha256:") and len(value) == 71:
        return "(kept secret)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field is not None and field.related_model is not None:
        return names.get((cast(Any, field.related_model)._meta.label, str(value)), f"no. {value}")
    return _plain(field, column, value, currency)[:LONGEST_VALUE]


def _plain(field: models.Field[Any, Any] | None, column: str, value: Any, currency: str) -> str:
    if isinstance(field, models.DecimalField):
        if "percent" in column:
            return f"{value}%"
        return show_amount(Decimal(value), currency) if currency in Currency.values else f"{Decimal(value):,.2f}"
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(str(value))
        return date_format(localtime(moment), "j M Y, H:i:s") if isinstance(moment, datetime) else str(value)
    if isinstance(field, models.DateField):
        day = parse_date(str(value))
        return date_format(day, "j M Y") if day else str(value)
    if field is None or isinstance(value, list | dict):
        return str(value)
    return str(dict(field.flatchoices).get(value, value))


def _label(model: type[models.Model] | None, column: str) -> str:
    field = _field(model, column)
    label = str(field.verbose_name) if field is not None else column.replace("_", " ")
    return label[:1].upper() + label[1:]


def _field(model: type[models.Model] | None, column: str) -> models.Field[Any, Any] | None:
    try:
        return None if model is None else cast("models.Field[Any, Any]", model._meta.get_field(column))
    except FieldDoesNotExist:
        named = (field for field in model._meta.concrete_fields if field.column == column) if model else ()
        return next(iter(named), None)


def _names_in(entries: Iterable[Change]) -> dict[tuple[str, str], str]:
    """What the rows of `_NAMED` are called that these entries point to, by label and key."""
    keys: defaultdict[str, set[Any]] = defaultdict(set)
    for entry in entries:
        model = model_of(entry.table_name)
        for column, value in {**(entry.before or {}), **(entry.after or {})}.items():
            field = _field(model, column)
            label = cast(Any, field.related_model)._meta.label if field is not None and field.related_model is not None else ""
            if label in _NAMED and value is not None:
                keys[label].update(each[column] for each in (entry.before, entry.after) if each and each.get(column) is not None)
    return {
        (label, str(key)): str(row)
        for label, found in keys.items()
        for key, row in apps.get_model(label)._base_manager.select_related(*_BESIDE.get(label, ())).in_bulk(list(found)).items()
    }


_BESIDE = {"auth.Permission": ("content_type",)}


def _currencies_of(entries: Sequence[Change]) -> dict[tuple[str, str], str]:
    """In which currency the rows of these entries are: their first entry says it."""
    if not entries:
        return {}
    first = Change.objects.filter(
        number=1, table_name__in={entry.table_name for entry in entries}, row_id__in={entry.row_id for entry in entries}
    )
    return {
        (table, row): (after or {}).get("currency", "") for table, row, after in first.values_list("table_name", "row_id", "after")
    }


def _called(model: type[models.Model]) -> str:
    name = _CALLED.get(model._meta.label) or str(model._meta.verbose_name)
    return name[:1].upper() + name[1:]


_CALLED = {
    "auth.User_groups": "group of a user",
    "auth.User_user_permissions": "permission of a user",
    "auth.Group_permissions": "permission of a group",
}


def _models() -> dict[str, type[models.Model]]:
    return {_table(label): apps.get_model(label) for label in settings.RECORDED}


def _table(label: str) -> str:
    return str(apps.get_model(label)._meta.db_table)
