"""Keys at rest are rotated while everything runs: nothing is lost, nothing is out of use, and the report tells the truth."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from customer_data.ledger import violations
from customer_data.models import Payment, Seal
from customer_data.resealing import NO_KEY, look, reseal, sealed_columns
from customer_data.sealing import seal_changes
from customer_data.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

OLD, NEW = "the old key, long and random", "the new key, long and random"


@pytest.fixture(autouse=True)
def before(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


def sealed_payment() -> Payment:
    return make.payment(otp="123456")


def both(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]


def only_new(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW]


def test_what_was_sealed_is_opened_by_the_new_key_alone_afterwards(settings: Any) -> None:
    payment = sealed_payment()
    both(settings)
    assert reseal().resealed == 1
    only_new(settings)
    assert Payment.objects.get(pk=payment.pk).otp == "123456"


def test_without_it_the_old_key_is_needed(settings: Any) -> None:
    """Control: taking the old key out too early is found by the report."""
    sealed_payment()
    both(settings)
    assert look().uses_of(1) == {"customer_data.Payment.otp": 1}
    only_new(settings)
    assert look().uses_of(NO_KEY) == {"customer_data.Payment.otp": 1}


def test_a_second_run_has_nothing_to_do(settings: Any) -> None:
    sealed_payment()
    both(settings)
    reseal()
    assert reseal().resealed == 0


def test_more_rows_than_one_page_are_all_done(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customer_data.resealing.AT_ONCE", 2)
    for _ in range(5):
        sealed_payment()
    both(settings)
    assert reseal().resealed == 5
    assert look().uses_of(1) == {}


def test_what_is_written_meanwhile_is_not_overwritten(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = sealed_payment()
    both(settings)

    def somebody_writes(sealed: str) -> str:
        Payment.objects.filter(pk=payment.pk).update(otp="654321")
        return "123456"

    monkeypatch.setattr("customer_data.resealing.unseal", somebody_writes)
    assert reseal().resealed == 0
    assert Payment.objects.get(pk=payment.pk).otp == "654321"


def test_the_record_is_vouched_for_by_the_new_key_although_nothing_changed(settings: Any) -> None:
    make.booking()
    assert seal_changes() is not None
    both(settings)
    reseal()
    only_new(settings)
    assert list(violations()) == []
    assert Seal.objects.count() == 2
    assert seal_changes() is None


def test_without_a_seal_of_the_new_key_the_record_would_not_be_vouched_for(settings: Any) -> None:
    """Control."""
    make.booking()
    seal_changes()
    only_new(settings)
    assert any("was not made with any of FIELD_ENCRYPTION_KEYS" in violation.sentence for violation in violations())


def test_every_sealed_column_of_the_house_is_among_them() -> None:
    assert {column.name for column in sealed_columns()} >= {
        "customer_data.Payment.otp",
        "desk.Authenticator.secret",
        "flows.FlowSession.token",
        "flows.Update.body",
        "paynow_integration.PaynowConfig.integration_key",
        "paynow_integration.PaynowNotification.body",
    }


def test_the_command_says_which_key_can_go_and_never_a_secret(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_payment()
    both(settings)
    call_command("reseal", "--look")
    assert re.search(r"Key 2 \([0-9a-f]{16}\) is in use: 1 of customer_data.Payment.otp", capsys.readouterr().out)
    call_command("reseal")
    said = capsys.readouterr().out
    assert "1 values were sealed anew." in said
    assert re.search(r"Key 2 \([0-9a-f]{16}\) is not needed any more", said)
    assert not any(secret in said for secret in (OLD, NEW, "123456"))


def test_a_value_that_no_key_opens_is_named_and_ends_the_command_badly(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    payment = sealed_payment()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customer_data_payment SET otp = 'not sealed' WHERE id = %s", [payment.pk])
    with pytest.raises(SystemExit):
        call_command("reseal")
    assert "No key of FIELD_ENCRYPTION_KEYS opens: 1 of customer_data.Payment.otp" in capsys.readouterr().err
