"""The start page of a development machine, and that it is nowhere else."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from config.addresses import DEMO_PEOPLE, DEMO_STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def development(settings: Any) -> Any:
    settings.DEBUG = True
    settings.WHATSAPP_GRAPH_BASE_URL = "http://127.0.0.1:8002/v25.0"
    settings.PAYNOW_BASE_URL = "http://127.0.0.1:8001"
    return settings


def test_the_start_page_leads_to_the_phone_the_staff_pages_paynow_and_the_api(development: Any, client: Client) -> None:
    page = client.get("/").content.decode()
    for address in ("http://127.0.0.1:8002/phone", "http://127.0.0.1:8001/", "/start/sign-in/", "/crm-api/docs/"):
        assert f'"{address}"' in page


def test_the_page_brings_its_own_icon(development: Any, client: Client) -> None:
    assert 'rel="icon" type="image/svg+xml" href="data:image/svg+xml,' in client.get("/").content.decode()


def test_one_click_signs_in_the_demo_staff(development: Any, client: Client) -> None:
    get_user_model().objects.create_superuser(DEMO_STAFF, "admin@example.com", "a-long-password")
    assert client.post("/start/sign-in/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", DEMO_PEOPLE)
def test_one_click_signs_in_as_each_of_the_demo_people(name: str, development: Any, client: Client) -> None:
    call_command("load_demo", verbosity=0)
    assert f'name="as" value="{name}"' in client.get("/").content.decode()
    client.post("/start/sign-in/", {"as": name})
    user = client.get("/admin/").context["user"]
    assert (user.username, user.groups.get().name) == (name, DEMO_PEOPLE[name])


def test_nobody_but_the_demo_people_is_signed_in_by_a_click(development: Any, client: Client) -> None:
    get_user_model().objects.create_user("tendai", password="a-long-password", is_staff=True)
    client.post("/start/sign-in/", {"as": "tendai"})
    assert client.get("/admin/").status_code == 302


def test_without_the_demo_staff_the_admin_asks_for_a_password(development: Any, client: Client) -> None:
    client.post("/start/sign-in/")
    assert client.get("/admin/").status_code == 302


def test_staff_who_left_are_not_signed_in(development: Any, client: Client) -> None:
    staff = get_user_model().objects.create_superuser(DEMO_STAFF, "admin@example.com", "a-long-password")
    staff.is_active = False
    staff.save()
    client.post("/start/sign-in/")
    assert client.get("/admin/").status_code == 302


def test_a_link_cannot_sign_anybody_in(development: Any) -> None:
    assert Client().get("/start/sign-in/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/start/sign-in/").status_code == 403


def test_the_real_whatsapp_and_the_real_paynow_are_never_linked(development: Any, client: Client) -> None:
    development.WHATSAPP_GRAPH_BASE_URL = "https://graph.facebook.com/v25.0"
    development.PAYNOW_BASE_URL = "https://www.paynow.co.zw"
    page = client.get("/").content.decode()
    assert "graph.facebook.com" not in page
    assert "paynow.co.zw" not in page


def test_in_production_there_is_no_start_page_and_no_click_signs_in(settings: Any, client: Client) -> None:
    settings.DEBUG = False
    get_user_model().objects.create_superuser(DEMO_STAFF, "admin@example.com", "a-long-password")
    assert client.get("/").status_code == 404
    assert client.post("/start/sign-in/").status_code == 404
    assert client.get("/admin/").status_code == 302
