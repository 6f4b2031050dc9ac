"""Migrations since the rule was made can run while the old code serves; deploy/drills/old_code_new_schema.py tries it for real."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.state import ModelState, ProjectState

from deploy.zero_downtime import complaints

OURS = ("config", "customer_data", "desk", "flows", "offline_payments", "paynow_integration")
BEFORE_THE_RULE = {"customer_data": 17, "desk": 6, "flows": 11, "offline_payments": 1, "paynow_integration": 3, "config": 1}
"""The last migration of each part that was made when nothing had been rolled out yet."""


def with_model(**fields: models.Field[Any, Any]) -> ProjectState:
    state = ProjectState()
    state.add_model(ModelState("shop", "Payment", [("id", models.BigAutoField(primary_key=True)), *fields.items()]))
    return state


def found(*operations: Any, before: ProjectState | None = None) -> list[str]:
    made = type("Migration", (Migration,), {"operations": list(operations), "__module__": __name__})
    return complaints(made("0002_next", "shop"), before or with_model(note=models.CharField(max_length=20, null=True)))


def add(field: models.Field[Any, Any]) -> migrations.AddField:
    return migrations.AddField("payment", "thread", field)


def alter(field: models.Field[Any, Any]) -> migrations.AlterField:
    return migrations.AlterField("payment", "note", field)


INDEX = models.Index(fields=["note"], name="by_note")
CHECK = models.CheckConstraint(condition=models.Q(id__gt=0), name="positive")
UNIQUE = models.UniqueConstraint(fields=["note"], name="once")

REFUSED = {
    "a field that the old code does not fill": add(models.CharField(max_length=8, default="")),
    "a unique field": add(models.CharField(max_length=8, null=True, unique=True)),
    "a field taken away": migrations.RemoveField("payment", "note"),
    "a field renamed": migrations.RenameField("payment", "note", "remark"),
    "a table taken away": migrations.DeleteModel("Payment"),
    "nothing allowed where the old code writes nothing": alter(models.CharField(max_length=20)),
    "another type": alter(models.DecimalField(max_digits=9, decimal_places=2, null=True, default=Decimal("0.00"))),
    "a shorter text": alter(models.CharField(max_length=10, null=True)),
    "an index that holds up writing": migrations.AddIndex("payment", INDEX),
    "a check of every row": migrations.AddConstraint("payment", CHECK),
    "a unique constraint": migrations.AddConstraint("payment", UNIQUE),
}
TAKEN = {
    "a field with a value of the database's own": add(models.CharField(max_length=8, default="", db_default="")),
    "a field that may be empty": add(models.CharField(max_length=8, null=True)),
    "a longer text": alter(models.CharField(max_length=40, null=True)),
    "an index beside the work": AddIndexConcurrently("payment", INDEX),
    "a check of new rows": AddConstraintNotValid("payment", CHECK),
    "a table that nobody knows": migrations.CreateModel("Denial", [("id", models.BigAutoField(primary_key=True))]),
    "rows alone": migrations.RunPython(migrations.RunPython.noop),
}


@pytest.mark.parametrize("operation", REFUSED.values(), ids=list(REFUSED))
def test_what_the_old_code_would_notice_is_refused(operation: Any) -> None:
    assert len(found(operation)) == 1


@pytest.mark.parametrize("operation", TAKEN.values(), ids=list(TAKEN))
def test_what_it_would_not_notice_is_taken(operation: Any) -> None:
    assert found(operation) == []


def test_rows_and_schema_are_changed_apart() -> None:
    assert len(found(TAKEN["a field that may be empty"], TAKEN["rows alone"])) == 1


def test_a_new_table_may_have_whatever_it_likes_from_the_start() -> None:
    made = migrations.CreateModel("Denial", [("id", models.BigAutoField(primary_key=True)), ("note", models.TextField())])
    assert found(made, migrations.AddIndex("denial", INDEX), migrations.AddConstraint("denial", UNIQUE)) == []


def test_every_migration_since_the_rule_keeps_it() -> None:
    loader = MigrationLoader(None)
    new = [key for key in loader.graph.nodes if key[0] in OURS and int(key[1][:4]) > BEFORE_THE_RULE[key[0]]]
    said = [sentence for key in sorted(new) for sentence in complaints(loader.graph.nodes[key], state_before(loader, key))]
    assert said == []
    assert new, "the rule is tried on something"


def state_before(loader: MigrationLoader, key: tuple[str, str]) -> ProjectState:
    state: ProjectState = loader.graph.make_state(nodes=[key], at_end=False, real_apps=loader.unmigrated_apps)
    return state
