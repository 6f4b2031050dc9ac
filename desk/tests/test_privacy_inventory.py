"""Every field of every model is classified, every personal one has its purpose, and the page about it says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from customer_data.models import Change, Customer
from customer_data.privacy.rows import ROWS
from customer_data.sealed import SealedTextField
from customer_data.tests import make
from desk.privacy.erasing import PART as DESK
from desk.privacy.fields import FIELDS
from desk.privacy.inventory import table
from desk.privacy.purposes import KEPT_ON_ERASURE, PURPOSES
from desk.retention import TIMETABLE
from flows.privacy import PART as TALK

PAGE = Path(settings.BASE_DIR) / "docs" / "personal-data.md"
BEGIN, END = "<!-- every kind of row that holds personal data -->", "<!-- end -->"

OTHERWISE_ERASED: dict[type[models.Model], tuple[str, ...]] = {
    Change: ("before", "after", "why"),
    apps.get_model("admin.LogEntry"): ("object_repr", "change_message"),
    apps.get_model("desk.Export"): ("filters",),
}
"""Personal fields that an erasure goes through in its own way."""


def all_models() -> list[Any]:
    return list(apps.get_models(include_auto_created=True))


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model._meta.label)
def test_every_field_is_classified_and_no_field_twice(model: type[models.Model]) -> None:
    classified = FIELDS[model._meta.label].all
    assert sorted(classified) == sorted(field.name for field in model._meta.concrete_fields)


def test_no_model_is_classified_that_is_not_there() -> None:
    assert set(FIELDS) == {model._meta.label for model in all_models()}


def test_a_new_field_would_be_noticed() -> None:
    """Control."""
    model = apps.get_model("customer_data.Customer")
    names = {field.name for field in model._meta.concrete_fields} | {"passport_number"}
    assert names != set(FIELDS["customer_data.Customer"].all)


def test_every_row_with_personal_data_has_its_purpose_and_no_other_has() -> None:
    assert set(PURPOSES) == {label for label, fields in FIELDS.items() if fields.personal}


def test_what_is_sealed_is_secret_or_personal() -> None:
    for model in all_models():
        sealed = {field.name for field in model._meta.concrete_fields if isinstance(field, SealedTextField)}
        fields = FIELDS[model._meta.label]
        assert sealed <= {*fields.keys.split(), *fields.personal_ones}, model._meta.label


def test_every_time_of_the_timetable_is_named_for_what_it_takes() -> None:
    taken = {rule.setting for rule in TIMETABLE}
    assert {purpose.days for purpose in PURPOSES.values() if purpose.days} <= taken


@pytest.mark.django_db
def test_an_erasure_goes_through_every_personal_field_or_the_reason_why_not_is_written_down() -> None:
    customer = make.customer()
    gone = set()
    for rule in (*ROWS, *TALK.rows, *DESK.rows):
        label = rule.of(customer).model._meta.label
        gone |= {f"{label}.{name}" for name in rule.fields}
    gone |= {f"{model._meta.label}.{name}" for model, names in OTHERWISE_ERASED.items() for name in names}
    for label, fields in FIELDS.items():
        deleted = label in PURPOSES and PURPOSES[label].erased == "deleted"
        left = {f"{label}.{name}" for name in fields.personal_ones if not deleted} - gone - set(KEPT_ON_ERASURE)
        assert left == set(), left


def test_what_is_kept_on_an_erasure_is_personal_at_all() -> None:
    for path in KEPT_ON_ERASURE:
        label, _, name = path.rpartition(".")
        assert name in FIELDS[label].personal_ones, path


@pytest.mark.django_db
def test_an_erasure_touches_no_field_of_the_books() -> None:
    customer = Customer(pk=1)
    for rule in (*ROWS, *TALK.rows, *DESK.rows):
        label = rule.of(customer).model._meta.label
        assert set(rule.fields) & set(FIELDS[label].books.split()) == set(), label


def test_the_page_shows_the_table_as_it_is() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == table()
