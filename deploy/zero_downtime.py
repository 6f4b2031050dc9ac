"""May this migration run while the old code serves? What it would break or hold up, as sentences.

The rule (docs/operations.md, "Migrations without a pause"): a step only adds, and what it adds the old code may leave out. What is
no longer read is taken away one release later, by a migration that says so: `NOTHING_READS_IT_SINCE = "2026-11-21"` in its module.
"""

import sys
from collections.abc import Iterator

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection, migrations
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Field, UniqueConstraint

TAKES_AWAY = (
    migrations.DeleteModel,
    migrations.RemoveField,
    migrations.RenameModel,
    migrations.RenameField,
    migrations.AlterModelTable,
)
DATA = (migrations.RunPython, migrations.RunSQL)
CONCURRENTLY = (AddIndexConcurrently, RemoveIndexConcurrently)
SCHEMA = (migrations.AddField, migrations.AlterField, migrations.CreateModel, *TAKES_AWAY)


def complaints(migration: Migration, before: ProjectState) -> list[str]:
    """One sentence for each thing that the old code, or a customer who pays meanwhile, would notice. `before`: as it was."""
    state, found = before.clone(), []
    new_models: set[str] = set()
    for operation in migration.operations:
        found += [
            f"{migration.app_label}.{migration.name}: {sentence}" for sentence in _about(operation, migration, state, new_models)
        ]
        if isinstance(operation, migrations.CreateModel):
            new_models.add(operation.name_lower)
        operation.state_forwards(migration.app_label, state)
    kinds = {isinstance(operation, DATA) for operation in migration.operations if isinstance(operation, DATA + SCHEMA)}
    if len(kinds) > 1:
        found.append(f"{migration.app_label}.{migration.name}: rows and schema are changed in one transaction; make two migrations")
    return found


def _about(operation: Operation, migration: Migration, state: ProjectState, new_models: set[str]) -> Iterator[str]:
    """Whatever is done to a model that this migration makes is done to an empty table that nobody knows."""
    model = str(getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")))
    if model in new_models:
        return
    if isinstance(operation, TAKES_AWAY) and not _nothing_reads_it(migration):
        yield f"{operation.describe()}: the old code still reads it; take it away one release later"
    elif isinstance(operation, migrations.AddField):
        yield from _about_new_field(operation)
    elif isinstance(operation, migrations.AlterField):
        yield from _about_changed_field(operation, migration.app_label, state)
    elif isinstance(operation, migrations.AddIndex | migrations.RemoveIndex) and not isinstance(operation, CONCURRENTLY):
        yield f"{operation.describe()}: nobody can write to the table meanwhile; use the operation that works concurrently"
    elif isinstance(operation, migrations.AddConstraint):
        yield from _about_constraint(operation)


def _about_new_field(operation: migrations.AddField) -> Iterator[str]:
    field = operation.field
    may_be_left_out = field.many_to_many or field.null or field.generated or field.has_db_default()
    if not may_be_left_out:
        yield f"{operation.describe()}: the old code writes rows without it; give it a db_default, or null=True"
    elif field.unique or getattr(field, "db_index", False):
        yield f"{operation.describe()}: its index is built while nobody can write; add the field, then the index concurrently"


def _about_changed_field(operation: migrations.AlterField, app_label: str, state: ProjectState) -> Iterator[str]:
    after_it = state.clone()
    operation.state_forwards(app_label, after_it)
    was, now = (each.apps.get_model(app_label, operation.model_name)._meta.get_field(operation.name) for each in (state, after_it))
    if was.null and not now.null and not now.has_db_default():
        yield f"{operation.describe()}: the old code writes nothing there; give it a db_default first"
    before, after = was.db_type(connection), now.db_type(connection)
    if before != after and not _only_grows(was, now):
        yield f"{operation.describe()}: {before} becomes {after}, which may write the whole table anew; add a second field instead"


def _only_grows(was: "Field[object, object]", now: "Field[object, object]") -> bool:
    """A longer text is a change of the catalogue alone."""
    return type(was) is type(now) and bool(was.max_length) and (now.max_length is None or now.max_length >= (was.max_length or 0))


def _about_constraint(operation: migrations.AddConstraint) -> Iterator[str]:
    if isinstance(operation.constraint, UniqueConstraint):
        yield f"{operation.describe()}: its index is built while nobody can write; build a unique index concurrently"
    elif not isinstance(operation, AddConstraintNotValid):
        yield f"{operation.describe()}: every row is read while nobody can write; AddConstraintNotValid, then ValidateConstraint"


def _nothing_reads_it(migration: Migration) -> bool:
    return bool(getattr(sys.modules[migration.__module__], "NOTHING_READS_IT_SINCE", ""))
