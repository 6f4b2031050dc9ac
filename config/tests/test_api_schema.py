"""The OpenAPI description: complete, served, and kept by the API when it is driven from it."""

import io
import json
import re
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from config.tests.processes import ROOT
from config.wsgi import application
from customer_data.tests import make
from customer_data.tests.shop import new_shop

schema = schemathesis.openapi.from_wsgi("/crm-api/schema/?format=json", application)


@pytest.fixture
def authorization(transactional_db: None, paynow: Any, tasks: Any) -> dict[str, str]:
    cache.clear()  # nobody has called yet
    make.booking(booking_reference="BK7K3M9QX2TAZ")
    return {"Authorization": f"Api-Key {new_shop('paynow').key}"}


@schema.parametrize()
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_the_api_keeps_what_its_description_promises(case: schemathesis.Case[Any], authorization: dict[str, str]) -> None:
    case.call_and_validate(
        headers=authorization,
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )


def described() -> dict[str, Any]:
    description: dict[str, Any] = Client().get("/crm-api/schema/?format=json").json()
    return description


def test_the_description_is_openapi_3_1_with_examples(db: None) -> None:
    description = described()
    assert description["openapi"].startswith("3.1")
    assert sorted(description["paths"]) == [
        "/crm-api/payments/{gateway}/initiate/",
        "/crm-api/payments/{gateway}/status/{payment_id}/",
    ]
    initiate = description["paths"]["/crm-api/payments/{gateway}/initiate/"]["post"]
    assert initiate["requestBody"]["content"]["application/json"]["examples"]
    assert initiate["security"] == [{"ApiKey": []}]


def test_the_description_is_valid_and_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_the_same_in_yaml(db: None) -> None:
    answer = Client().get("/crm-api/schema/?format=yaml")
    assert yaml.safe_load(answer.content) == described()


def test_every_status_is_described(db: None) -> None:
    doors = {door: next(iter(methods.values())) for door, methods in described()["paths"].items()}
    always = {"401", "404", "405", "406", "429", "500"}
    statuses = {door.split("/")[4]: set(operation["responses"]) for door, operation in doors.items()}
    assert statuses == {"initiate": always | {"202", "400", "409", "413", "415", "422"}, "status": always | {"200"}}
    assert all(set(operation["responses"]["429"]["headers"]) == {"Retry-After"} for operation in doors.values())


def test_every_code_of_a_refusal_is_described(db: None) -> None:
    """Whoever writes a new refusal finds here that callers must be told of it."""
    source = "".join(
        (ROOT / "customer_data" / name).read_text()
        for name in ("offer.py", "seats.py", "services/opening.py", "views.py", "api/keys.py", "api/body.py", "api/idempotency.py")
    )
    codes = set(re.findall(r'(?:CannotPay\(|Refusal\(\d+, |AuthenticationFailed\(".*?", )"(\w+)"', source))
    text = json.dumps(described())
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in text} == {
        "address_unknown",
        "shares_unknown",
    }  # an API key never shares a bill


def test_the_page_about_the_api_loads_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/crm-api/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page
