"""The OpenAPI description: complete, served, and kept by the API when it is driven from it."""

import io
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from config.wsgi import application
from customer_data.tests import make

schema = schemathesis.openapi.from_wsgi("/crm-api/schema/?format=json", application)


@pytest.fixture
def authorization(transactional_db: None, paynow: Any, tasks: Any) -> dict[str, str]:
    out = io.StringIO()
    call_command("create_api_key", "Schema", stdout=out)
    make.booking(booking_reference="BK7K3M9QX2TAZ")
    return {"Authorization": f"Api-Key {out.getvalue().strip()}"}


@schema.parametrize()
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_the_api_keeps_what_its_description_promises(case: schemathesis.Case[Any], authorization: dict[str, str]) -> None:
    case.call_and_validate(
        headers=authorization,
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )


def test_the_description_is_openapi_3_1_with_examples(db: None) -> None:
    described = Client().get("/crm-api/schema/?format=json").json()
    assert described["openapi"].startswith("3.1")
    initiate = described["paths"]["/crm-api/payments/{gateway}/initiate/"]["post"]
    assert {"202", "400", "401", "404", "409", "415", "422", "429"} <= set(initiate["responses"])
    assert initiate["requestBody"]["content"]["application/json"]["examples"]
    assert initiate["security"] == [{"ApiKey": []}]
    assert "/crm-api/paynow/ipn/" not in described["paths"]


def test_the_page_about_the_api_loads_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/crm-api/docs/").content.decode()
    assert "http://" not in page
    assert "https://" not in page
