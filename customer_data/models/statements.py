"""Several writes as one statement of the database: it happens whole or not at all, and costs one question instead of four.

The parts are what Django would run one after the other, as `WITH` parts of one statement. All of them see the rows as they were
when it began, so no part may need what another one wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connection, models
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery

Row = TypeVar("Row", bound=models.Model)
Sql = tuple[str, tuple[Any, ...]]


def update_sql(rows: models.QuerySet[Any], **values: Any) -> Sql:
    """What `rows.update(**values)` would run."""
    query = cast(UpdateQuery, rows.query.chain(UpdateQuery))
    query.add_update_values(values)
    return cast(Sql, query.get_compiler(using=connection.alias).as_sql())


def update_returning(rows: models.QuerySet[Row], **values: Any) -> list[Row]:
    """Update, and the rows as they are then; in no order."""
    update, params = update_sql(rows, **values)
    return list(rows.model._base_manager.raw(f"{update} RETURNING *", params))


def expect_to_commit_at_once() -> None:
    """The next statement is a transaction of its own. Raises RuntimeError where somebody else's could still take it away."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("What is to be durable is written outside of any transaction.")


def insert_sql(row: models.Model) -> Sql:
    """What `row.save(force_insert=True)` would run, for a row that has its key."""
    query = InsertQuery(type(row))
    query.insert_values(list(row._meta.concrete_fields), [row])
    ((sql, params),) = query.get_compiler(using=connection.alias).as_sql()
    return sql, tuple(params)


def insert_new(rows: Sequence[models.Model], *, returning: tuple[str, str]) -> dict[Any, Any]:
    """Insert those of `rows` that no constraint knows already, in one statement. Of these, two columns as a dictionary."""
    if not rows:
        return {}
    meta = rows[0]._meta
    query = InsertQuery(type(rows[0]), on_conflict=OnConflict.IGNORE)
    query.insert_values([field for field in meta.concrete_fields if field is not meta.auto_field], list(rows))
    compiler = query.get_compiler(using=connection.alias)
    compiler.returning_fields = [meta.get_field(name) for name in returning]
    ((sql, params),) = compiler.as_sql()
    return dict(run(sql, params))


def insert_beside_sql(row: models.Model, beside: str) -> Sql:
    """An insert of `row`, once for every row of the part called `beside`: not at all where that changed nothing."""
    fields, insert, values = _inserting(type(row))
    given = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    return f"{insert} SELECT {values} FROM {beside}", tuple(given)  # noqa: S608  names of our own columns


@cache
def _inserting(model: type[models.Model]) -> tuple[list[models.Field[Any, Any]], str, str]:
    meta = model._meta
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return fields, f'INSERT INTO "{meta.db_table}" ({columns})', ", ".join(f"%s::{field.db_type(connection)}" for field in fields)


def run(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that the statement gives back."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def is_written(row: models.Model, key: Any) -> None:
    """`row` was written by a statement of ours, under `key`: from now on it is known as such."""
    row.pk = key
    row._state.adding, row._state.db = False, connection.alias
