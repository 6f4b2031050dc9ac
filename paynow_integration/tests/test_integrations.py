"""Which integration is used, what happens when its key or address is unusable, and that keys are sealed at rest."""

from typing import Any

import pytest
from django.db import connection

from customer_data.gateway import Misconfigured, gateway_named
from customer_data.sealed import CannotOpen
from paynow_integration.integrations import all_integrations, integration_for, integration_with
from paynow_integration.models import PaynowConfig, PaynowNotification
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.tests.till import PAID, Till, configure

KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"
pytestmark = pytest.mark.django_db


def new_config(**changes: Any) -> PaynowConfig:
    values = {"name": "Shop", "integration_id": "1201", "integration_key": KEY, "merchant_email": "merchant@example.com"}
    return PaynowConfig.objects.create(**(values | changes))


@pytest.fixture
def environment(settings: Any) -> Any:
    """An integration in the environment, and none in the admin."""
    settings.PAYNOW_INTEGRATION_ID = " 3301 "
    settings.PAYNOW_INTEGRATION_KEY = KEY.upper()
    settings.PAYNOW_CURRENCY = "USD"
    settings.PAYNOW_TEST_EMAIL = "merchant@example.com"
    return settings


def stored(column: str, table: str = "paynow_integration_paynowconfig") -> str:
    """What stands in the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608  names of our own
        return str(cursor.fetchone()[0])


# --- Choosing -------------------------------------------------------------------------------------
def test_each_currency_has_its_own_integration() -> None:
    new_config()
    new_config(currency="ZWG", integration_id="1202", integration_key="another")

    assert [integration_for(currency).id for currency in ("USD", "ZWG")] == ["1201", "1202"]


def test_an_inactive_configuration_gets_no_new_payments_but_is_still_found() -> None:
    new_config(is_active=False)

    with pytest.raises(Misconfigured, match="no active Paynow configuration for USD"):
        integration_for("USD")
    assert integration_with("1201").key == KEY


def test_of_two_keys_for_one_integration_the_active_one_is_used_and_both_are_heard() -> None:
    new_config(integration_key="old", is_active=False)
    new_config(integration_key="new")

    assert integration_with("1201").key == "new"
    assert [integration.key for integration in all_integrations()] == ["new", "old"]


def test_the_environments_integration_stands_in_while_its_currency_has_none(environment: Any) -> None:
    found = integration_for("USD")

    assert (found.id, found.key, found.is_test) == ("3301", KEY, True)
    assert found.payer_email("rudo@example.com") == "merchant@example.com"
    assert gateway_named("paynow").account_for("USD").id == "3301"


def test_the_environments_integration_is_live_without_a_test_email(environment: Any) -> None:
    environment.PAYNOW_TEST_EMAIL = ""

    assert not integration_for("USD").is_test
    assert integration_for("USD").payer_email("rudo@example.com") == "rudo@example.com"


def test_a_configuration_in_the_admin_comes_before_the_environment(environment: Any) -> None:
    new_config()

    assert integration_for("USD").id == "1201"
    assert integration_with("3301").id == "3301", "payments were sent under it"
    assert [integration.id for integration in all_integrations()] == ["1201", "3301"]


def test_the_environments_integration_is_for_its_own_currency_only(environment: Any) -> None:
    environment.PAYNOW_CURRENCY = "zwg"

    assert integration_for("ZWG").id == "3301"
    with pytest.raises(Misconfigured):
        integration_for("USD")


def test_a_payment_runs_on_the_environment_alone(till: Till, environment: Any) -> None:
    PaynowConfig.objects.all().delete()
    environment.PAYNOW_INTEGRATION_ID = "1201"
    environment.PAYNOW_BASE_URL = f"{till.paynow.url}/interface/initiatetransaction"

    assert till.stands(till.paid()) == PAID


@pytest.mark.parametrize("missing", ["PAYNOW_INTEGRATION_ID", "PAYNOW_INTEGRATION_KEY"])
def test_half_an_integration_in_the_environment_is_none(environment: Any, missing: str) -> None:
    setattr(environment, missing, "")

    with pytest.raises(Misconfigured):
        integration_for("USD")


def test_an_unusable_address_is_a_matter_for_staff_and_nothing_is_sent(till: Till) -> None:
    PaynowConfig.objects.filter(integration_id="1201").update(api_base_url="http://paynow.example")

    payment = till.charge()

    assert till.stands(payment) == ("failed", "unpaid")
    assert till.concerns(payment) == ["misconfigured"]
    assert "must start with https" in payment.concerns.get().sentence


def test_an_integration_shows_its_key_to_nobody(environment: Any) -> None:
    assert KEY not in repr(integration_for("USD"))


# --- Sealed ---------------------------------------------------------------------------------------
def test_a_key_is_not_to_be_read_in_the_database() -> None:
    new_config()

    assert KEY not in stored("integration_key")
    assert KEY[-12:] not in stored("integration_key")
    assert stored("integration_key").startswith("gAAAA")
    assert integration_with("1201").key == KEY


def test_the_same_key_sealed_twice_looks_different() -> None:
    new_config()
    once = stored("integration_key")
    PaynowConfig.objects.get().save()

    assert stored("integration_key") != once


def test_an_update_is_not_to_be_read_in_the_database(till: Till) -> None:
    payment = till.paid()

    in_the_row = stored("body", "paynow_integration_paynownotification")
    assert payment.reference not in in_the_row
    assert PaynowNotification.objects.get().body.encode("latin-1") == till.update(payment)


def test_after_a_new_sealing_key_old_rows_open_and_saved_ones_need_only_the_new(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["the old sealing key"]
    new_config()

    settings.FIELD_ENCRYPTION_KEYS = ["the new sealing key", "the old sealing key"]
    assert integration_with("1201").key == KEY
    PaynowConfig.objects.get().save()

    settings.FIELD_ENCRYPTION_KEYS = ["the new sealing key"]
    assert integration_with("1201").key == KEY


def test_without_the_sealing_key_the_integration_is_misconfigured_with_a_sentence(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["the old sealing key"]
    new_config()
    new_config_in_zig = {"currency": "ZWG", "integration_id": "1202", "integration_key": "zig"}

    settings.FIELD_ENCRYPTION_KEYS = ["another key"]
    new_config(**new_config_in_zig)
    with pytest.raises(Misconfigured, match="FIELD_ENCRYPTION_KEYS"):
        integration_for("USD")
    assert integration_for("ZWG").key == "zig", "the other currency goes on"
    with pytest.raises(CannotOpen):
        PaynowConfig.objects.get(currency="USD")


def test_a_currency_whose_key_cannot_be_opened_is_not_offered(paynow: PaynowSimulator, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["a new key, and the old one is lost"]
    PaynowConfig.objects.filter(integration_id="1202").delete()
    configure(paynow.office.integrations["1202"], paynow)

    gateway = gateway_named("paynow")
    assert gateway.account_for("ZWG").id == "1202"
    with pytest.raises(Misconfigured):
        gateway.account_for("USD")
