"""What a configuration accepts, how it forgives, and what the database refuses even when no form was used."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from paynow_integration.models import Outcome, PaynowConfig, PaynowNotification
from paynow_integration.tests.till import Till

KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"
PAYNOW = "https://www.paynow.co.zw"
pytestmark = pytest.mark.django_db


def config(**changes: Any) -> PaynowConfig:
    values = {"name": "Shop", "integration_id": "1201", "integration_key": KEY, "merchant_email": "merchant@example.com"}
    return PaynowConfig(**(values | changes))


@pytest.mark.parametrize(
    "pasted",
    [
        PAYNOW,
        f"{PAYNOW}/",
        "www.paynow.co.zw",
        "http://www.paynow.co.zw",
        " HTTPS://WWW.PAYNOW.CO.ZW/ \n",
        f"{PAYNOW}/interface/initiatetransaction",
        f"{PAYNOW}/Interface/RemoteTransaction/",
        f"{PAYNOW}/interface/trace",
        f"{PAYNOW}/Interface/CheckPayment/?guid=c9f51998-3bbd-48b4-9107-819794c75ef8",
        f"{PAYNOW}:443/interface",
    ],
)
def test_a_whole_endpoint_address_is_forgiven(pasted: str) -> None:
    one = config(api_base_url=pasted)
    one.full_clean()
    one.save()

    one.refresh_from_db()
    assert one.api_base_url == PAYNOW


@pytest.mark.parametrize(
    "pasted", ["", "ftp://www.paynow.co.zw", "http://paynow.example", "javascript:alert(1)", "https://user:pw@x.zw", "a b"]
)
def test_what_is_no_address_is_refused_with_a_sentence(pasted: str) -> None:
    with pytest.raises(ValidationError) as refused:
        config(api_base_url=pasted).full_clean()

    assert list(refused.value.message_dict) == ["api_base_url"]


def test_without_an_address_it_is_the_one_of_the_settings(settings: Any) -> None:
    settings.PAYNOW_BASE_URL = f"{PAYNOW}/"

    one = config()
    one.save()

    assert one.api_base_url == PAYNOW


def test_an_id_and_a_key_are_kept_as_they_are_used() -> None:
    one = config(integration_id=" 1201\n", integration_key=f" {KEY.upper()}\r\n")
    one.save()
    one.refresh_from_db()

    assert (one.integration_id, one.integration_key) == ("1201", KEY)


def test_a_key_is_shown_as_dots_and_its_last_four() -> None:
    assert config().key_hint == "••••f977"
    assert config(integration_key="").key_hint == ""


def test_test_mode_needs_a_login_of_the_merchants() -> None:
    with pytest.raises(ValidationError) as refused:
        config(merchant_email="").full_clean()
    assert "logs in to your Paynow account" in refused.value.message_dict["merchant_email"][0]

    config(merchant_email="", test_mode=False).full_clean()


def test_a_second_active_configuration_for_a_currency_is_refused_by_form_and_database() -> None:
    config().save()
    second = config(integration_id="1299")

    with pytest.raises(ValidationError, match="Another configuration for this currency is active"):
        second.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    config(integration_id="1299", is_active=False).save()


def test_one_integration_cannot_serve_two_currencies() -> None:
    """US dollars would be counted as ZiG."""
    config().save()
    second = config(currency="ZWG")

    with pytest.raises(ValidationError, match="has this ID"):
        second.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_a_currency_we_do_not_know_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        config(currency="ZWL").save()


def test_an_outcome_outside_the_list_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PaynowNotification.objects.create(body="x", fingerprint="x", size=1, outcome="fine")


def test_a_configuration_names_itself_with_currency_and_mode() -> None:
    assert str(config()) == "Shop (USD, test)"
    assert str(config(test_mode=False)) == "Shop (USD)"


def test_an_update_names_itself_with_its_outcome(till: Till) -> None:
    payment = till.paid()

    assert str(PaynowNotification.objects.get()).endswith(f"{payment.reference}: {Outcome.ACCEPTED.label}")


def test_a_payment_that_was_heard_of_cannot_be_taken_from_its_updates(till: Till) -> None:
    payment = till.paid()

    with pytest.raises(ProtectedError), transaction.atomic():
        payment.delete()
