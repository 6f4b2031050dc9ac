"""The record of changes over every part: each model is in it or has a reason why not, and no key of a gateway ever is."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from config.recorded import NOT_RECORDED
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import desk
from customer_data.tests.entries import entries, last
from paynow_integration.models import PaynowConfig

pytestmark = pytest.mark.django_db


def test_every_model_is_recorded_or_has_a_reason_why_not() -> None:
    models = {model._meta.label for model in apps.get_models(include_auto_created=True) if not model._meta.proxy}
    listed = [*settings.RECORDED, *NOT_RECORDED]
    assert len(listed) == len(set(listed))
    assert models == set(listed), "Add the model to RECORDED or, with a reason, to NOT_RECORDED in config/recorded.py."
    for label, recorded in settings.RECORDED.items():
        columns = {field.column for field in apps.get_model(label)._meta.concrete_fields}
        assert {*recorded.left_out, *recorded.as_digest} <= columns, label


def test_no_secret_stands_in_the_record() -> None:
    config = PaynowConfig.objects.create(
        name="Live", currency="USD", integration_id="1", integration_key="3e9fed89-60e1", merchant_email="a@example.com"
    )
    user = User.objects.create_user("rudo", password="a long secret one")
    payment = make.payment(Status.PENDING, otp="908172", poll_url="https://paynow.example/guid=77")
    text = "".join(f"{entry.before}{entry.after}" for row in (config, user, payment) for entry in entries(row))
    for secret in ("3e9fed89-60e1", user.password, "guid=77", "908172", _stored(config, "integration_key")):
        assert secret not in text
    assert (last(config).after or {})["integration_key"].startswith("sha256:")


def _stored(row: Any, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def test_a_key_is_never_shown() -> None:
    config = PaynowConfig.objects.create(
        name="Live", currency="USD", integration_id="1", integration_key="3e9fed89-60e1", merchant_email="a@example.com"
    )
    config.integration_key = "another-key"
    config.save()
    page = desk("view_paynowconfig", "view_change").page(config)
    record = page[page.index("Record of changes") :]
    assert "Integration key: (kept secret) → (kept secret)" in record
    assert "sha256" not in record
    assert "another-key" not in record
