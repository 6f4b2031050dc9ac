"""Every page and button of the staff: for those who may, by POST, from a page of ours; everybody else meets a closed door."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customer_data.admin.page import buttons_of
from customer_data.models import Concern, ConcernKind, Receipt
from customer_data.services import issue_receipt
from customer_data.tests import make, trips
from customer_data.tests.desk import desk, list_of, owner, page_of
from flows.incoming import IncomingKind
from flows.models import Conversation, IncomingMessage, Message, ReviewedLanguage, WhatsAppFlow, WhatsAppTemplate
from flows.tests.talks import Chatter

pytestmark = pytest.mark.django_db

BUTTONS = [(model, button.name) for model in admin.site._registry for button in buttons_of(model)]
NAMES = [f"{model._meta.model_name}-{name}" for model, name in BUTTONS]
OURS = [model for model in admin.site._registry if model._meta.app_label in ("customer_data", "flows", "paynow_integration")]
OUTSIDE_THE_PAGE_OF_ONE = [
    ("flows_conversation_reply", {"pk": 1}),
    ("flows_whatsappflow_bring", {"name": "payment_whatsapp_flow"}),
    ("flows_whatsapptemplate_load", {}),
]


def address_of(model: Any, name: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_press", args=(1, name))


def may_see(*models: Any) -> list[str]:
    return [f"view_{model._meta.model_name}" for model in models]


@pytest.mark.parametrize(("model", "name"), BUTTONS, ids=NAMES)
def test_a_button_is_for_those_who_may_change_and_only_by_post(model: Any, name: str) -> None:
    assert desk(*may_see(*OURS)).web.post(address_of(model, name)).status_code == 403
    assert owner().get(address_of(model, name)).status_code in (302, 404)  # back from signing in: nothing is done


@pytest.mark.parametrize(("model", "name"), BUTTONS, ids=NAMES)
def test_no_other_site_presses_a_button(model: Any, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner().user)
    assert browser.post(address_of(model, name)).status_code == 403


@pytest.mark.parametrize(("name", "where"), OUTSIDE_THE_PAGE_OF_ONE)
def test_neither_does_it_send_anything_else(name: str, where: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner().user)
    assert browser.post(reverse(f"admin:{name}", kwargs=where)).status_code == 403
    assert desk(*may_see(*OURS)).web.post(reverse(f"admin:{name}", kwargs=where)).status_code == 403


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_without_the_right_to_see_there_is_no_list(model: Any) -> None:
    assert desk().get(list_of(model)).status_code == 403
    assert Client().get(list_of(model)).status_code == 302


def one_of_each() -> list[Any]:
    """Odd ones on purpose: no number, no name, no date, test money, a message of every kind."""
    nobody = make.customer(name="", wa_id=None, phone="", email="", bsuid="ZW.1A2B3C")
    chatter = Chatter(customer=nobody)
    for kind in IncomingKind:
        chatter.sends(kind)
        IncomingMessage.objects.create(customer=nobody, wamid=f"wamid.{kind}", kind=kind, text="", sent_at=timezone.now())
    chatter.says("agent")
    paid = make.payment("successful", booking=make.booking(customer=nobody), is_test=True)
    held = trips.hold(customer=nobody)
    flow = WhatsAppFlow.objects.create(name="booking_whatsapp_flow")
    template = WhatsAppTemplate.objects.create(name="odd", language="en", purpose="odd")
    language = ReviewedLanguage.objects.create(code="nd")
    Concern.raise_about_customer(None, ConcernKind.WHATSAPP_ACCOUNT, "WhatsApp refuses our key.")
    rows = [nobody, chatter.talk, paid, paid.booking, issue_receipt(paid), held, held.departure, held.departure.tour]
    return [*rows, flow, template, language, *Concern.objects.all(), *Message.objects.all()[:3]]


def test_who_may_only_look_sees_every_page_and_no_button() -> None:
    viewer = desk(*may_see(*OURS))
    for row in one_of_each():
        page = viewer.get(page_of(row))
        assert page.status_code == 200, row
        assert "/press/" not in page.content.decode(), row
        assert 'name="words"' not in page.content.decode(), row


def test_odd_rows_break_no_page_of_who_may_do_everything() -> None:
    everything, rows = owner(), one_of_each()
    pages = [everything.get(page_of(row)) for row in rows]
    assert [page.status_code for page in pages] == [200] * len(rows)
    assert [page for page in pages if "/press/" in page.content.decode()]  # control: where there are buttons, they are found
    for model in OURS:
        assert everything.get(list_of(model)).status_code == 200, model


def test_a_receipt_of_test_money_says_so_on_its_page() -> None:
    receipt = next(row for row in one_of_each() if isinstance(row, Receipt))
    assert "TEST-" in owner().page(receipt)


@pytest.mark.parametrize("model", [Conversation, Message, Concern], ids=lambda model: model._meta.model_name)
def test_a_list_asks_the_database_as_often_for_many_as_for_few(model: Any) -> None:
    assert questions_for(model, 2) == questions_for(model, 14)


def questions_for(model: Any, size: int) -> int:
    """How many queries the list takes with so many more talks that wait for a person."""
    everything = owner()
    for _ in range(size):
        Chatter().says("agent")
    with CaptureQueriesContext(connection) as asked:
        assert everything.get(list_of(model)).status_code == 200
    return len(asked)
