"""Whoever changes a setting can say why, on the page where they change it; the record keeps it beside the change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from customer_data.models import AmountLimit, Payment, Tour
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import desk, owner, page_of
from customer_data.tests.entries import last
from flows.models import WhatsAppTemplate
from offline_payments.models import PlaceToPay
from offline_payments.tests import places
from paynow_integration.models import PaynowConfig

pytestmark = pytest.mark.django_db

FIELD = 'name="reason_of_change"'


def settings_rows() -> list[Any]:
    return [
        PaynowConfig.objects.create(name="Live", currency="USD", integration_id="1", integration_key="k", merchant_email="a@b.co"),
        places.bank(),
        AmountLimit.objects.create(currency="USD", most_per_payment="2000.00"),
        WhatsAppTemplate.objects.create(purpose="payment_failed", name="payment_failed", language="en", body="Hello {{1}}."),
        Tour.objects.create(name="Hwange", price="231.00"),
        User.objects.create_user("tendai"),
        Group.objects.create(name="Drivers"),
    ]


def test_every_form_of_settings_asks_why() -> None:
    chief = owner()
    without = [row for row in settings_rows() if FIELD not in chief.get(page_of(row)).content.decode()]
    assert without == []


def test_what_was_said_stands_beside_the_change() -> None:
    place, chief = places.office(), owner()
    form = {"way": place.way, "currency": place.currency, "name": "Kariba desk", "branch": "12 Example Avenue", "is_active": "on"}
    assert chief.web.post(page_of(place), {**form, "reason_of_change": "  We have\n moved. "}).status_code == 302
    entry = last(PlaceToPay.objects.get())
    assert (entry.who, entry.why, (entry.after or {})["name"]) == (chief.user.username, "We have moved.", "Kariba desk")


def test_a_form_that_is_refused_shows_the_reason_again() -> None:
    place, chief = places.office(), owner()
    page = chief.web.post(page_of(place), {"name": "", "reason_of_change": 'The "new" office'}).content.decode()
    assert 'value="The &quot;new&quot; office"' in page


def test_who_may_only_look_is_not_asked() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    assert FIELD not in owner().get(page_of(payment)).content.decode(), "nobody writes a payment in a form"
    assert Payment.objects.count() == 1
    assert FIELD not in desk("view_placetopay").get(page_of(places.office())).content.decode()
