"""Writing many rows at once: without triggers, checks of keys and secondary indexes, which are built anew afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models


def fill(cursor: Any, model: type[models.Model], columns: dict[str, str], source: str, facts: dict[str, Any]) -> None:
    """One INSERT of everything; columns that are not named get the field's default."""
    values = {**_defaults(cursor, model, facts), **columns}
    names = ", ".join(f'"{name}"' for name in values)
    run(cursor, f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values.values())} FROM {source}', facts)  # noqa: S608
    if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        table = f"'{model._meta.db_table}'"
        run(cursor, f"SELECT setval(pg_get_serial_sequence({table}, 'id'), (SELECT max(id) FROM {model._meta.db_table}))")  # noqa: S608


def _defaults(cursor: Any, model: type[models.Model], facts: dict[str, Any]) -> dict[str, str]:
    """Every column that may not be null and has no value of the database's own, with what Django would write there."""
    found = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.null or isinstance(field, models.GeneratedField):
            continue
        value = field.get_default()
        if value is None and getattr(field, "auto_now", False):
            found[str(field.column)] = "now()"
        elif value is not None and not isinstance(field, models.ForeignKey):
            facts[f"default_{field.column}"] = field.get_db_prep_save(value, connection)
            found[str(field.column)] = f"%(default_{field.column})s"
    return found


@contextmanager
def in_bulk(cursor: Any, model: type[models.Model]) -> Iterator[None]:
    """Without triggers, checks of keys and secondary indexes; those are built anew afterwards, which is far quicker."""
    table = model._meta.db_table
    cursor.execute(_SECONDARY_INDEXES, {"table": table})
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    with _without_triggers(cursor, model):
        yield
    for _, definition in indexes:
        cursor.execute(definition)


@contextmanager
def _without_triggers(cursor: Any, model: type[models.Model]) -> Iterator[None]:
    """Keys are right by construction; who may not switch their checks off has the owner's right over the other triggers."""
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    which = "ALL" if cursor.fetchone()[0] else "USER"
    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER {which}')
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" ENABLE TRIGGER {which}')


_SECONDARY_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %(table)s::regclass AND NOT indisunique
"""


def run(cursor: Any, statement: str, facts: dict[str, Any] | None = None) -> None:
    cursor.execute(statement, facts)
