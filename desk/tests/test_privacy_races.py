"""Erasing beside others who write: a name that is saved, and a chat message that is answered, at the very same moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection

from customer_data.models import Customer, Erasure
from customer_data.privacy import erasing
from customer_data.privacy.known import known_of
from customer_data.tests import make
from customer_data.tests.conftest import drawer
from customer_data.tests.races import Interruption
from desk.privacy import erase_customer
from flows import inbox
from flows.models import Conversation, IncomingMessage, Update
from flows.tests.calls import call, message
from flows.webhook import read_updates

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]

NUMBER = "263772345678"


def erase_beside(customer: Customer, act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Erase, with `act` beginning when all locks are taken and nothing has been written; what it returned or raised."""
    beside = Interruption(act)

    def known_and_begin(one: Customer) -> Any:
        known = known_of(one)
        beside.begin_once()
        return known

    monkeypatch.setattr(erasing, "known_of", known_and_begin)
    erase_customer(customer, reason="Asked", user=None)
    return beside.finished()


def test_a_name_that_is_saved_meanwhile_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make.customer()
    outcome = erase_beside(customer, lambda: Customer.objects.filter(pk=customer.pk).update(name="Rudo Ncube"), monkeypatch)
    assert isinstance(outcome, IntegrityError)
    customer.refresh_from_db()
    assert customer.name == f"Erased customer {customer.pk}"


def test_without_the_trigger_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    customer = make.customer()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_erased_for_good%'")
        (trigger,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE customer_data_customer DISABLE TRIGGER {trigger}")
        try:
            erase_beside(customer, lambda: Customer.objects.filter(pk=customer.pk).update(name="Rudo Ncube"), monkeypatch)
        finally:
            cursor.execute(f"ALTER TABLE customer_data_customer ENABLE TRIGGER {trigger}")
    customer.refresh_from_db()
    assert customer.name == "Rudo Ncube"


def test_a_message_that_is_answered_meanwhile_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = make.customer(wa_id=NUMBER, phone=f"+{NUMBER}")
    Conversation.objects.create(customer=customer)
    (update,) = inbox.store(read_updates(json.dumps(call(message("wamid.x") | {"from": NUMBER})).encode()))
    monkeypatch.setattr("flows.privacy.updates_of", lambda one: Update.objects.none())  # it is in the other's hands
    erase_beside(customer, lambda: inbox.handle(update), monkeypatch)
    Update.objects.filter(pk=update).update(attempts=0)  # its time has come again
    inbox.handle(update)
    said = IncomingMessage.objects.get()
    assert said.customer_id != customer.pk
    assert said.customer.wa_id == NUMBER
    assert Erasure.objects.filter(customer=customer).exists()
