"""The doorbell: what it answers, what it hears, and that it rings for the right payment only."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery
from celery.app import app_or_default
from celery.signals import before_task_publish
from django.core.management import call_command
from django.test import Client

from customer_data import services
from paynow_integration.models import PaynowConfig
from paynow_integration.tests.till import IPN, PAID, WAITING, Till, changed


# --- End to end -----------------------------------------------------------------------------------
def test_the_bell_makes_a_booking_paid_over_real_http(open_till: Till) -> None:
    payment = open_till.charge()

    open_till.clock.advance(30)

    assert open_till.paynow.updates()[-1].answers == [200]
    assert open_till.stands(payment) == PAID
    assert open_till.moves(payment) == ["created", "sending", "pending", "successful"]


def test_a_genuine_update_is_answered_200_and_has_paynow_asked(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    asked_before = till.paynow.office.calls["poll"]

    assert till.ring(till.update(payment)) == 200

    assert till.paynow.office.calls["poll"] == asked_before + 1
    assert till.outcomes() == ["accepted"]
    payment.refresh_from_db()
    assert payment.ipn_received_at is not None
    assert payment.gateway_status == "Paid"


@pytest.mark.parametrize("word", ["Paid", "Awaiting Delivery", "Delivered"])
def test_every_word_for_money_in_makes_the_booking_paid(till: Till, word: str) -> None:
    payment = till.charge()
    till.paynow.move(payment.reference, word)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


@pytest.mark.parametrize(("word", "status"), [("Cancelled", "cancelled"), ("Failed", "failed")])
def test_a_refusal_leaves_the_booking_unpaid_and_free_for_another_attempt(till: Till, word: str, status: str) -> None:
    payment = till.charge()
    till.paynow.move(payment.reference, word)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == (status, "unpaid")
    again = till.charge("onemoney", booking=payment.booking)
    assert till.stands(again) == WAITING


# --- Words and keys -------------------------------------------------------------------------------
def test_an_unknown_word_keeps_the_payment_waiting_and_a_person_is_told(till: Till) -> None:
    payment = till.charge()
    till.paynow.fault("unknown_status", on="update")
    till.paynow.fault("unknown_status", on="poll")
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 200

    assert till.stands(payment) == WAITING
    assert till.concerns(payment) == ["unknown_word"]


def test_an_unknown_word_about_a_paid_payment_does_not_unpay(till: Till) -> None:
    payment = till.paid()
    till.paynow.fault("unknown_status", on="poll")

    assert till.ring(till.update(payment)) == 200
    till.sweep(seconds_later=5)

    assert till.stands(payment) == PAID
    assert till.concerns(payment) == ["unknown_word"]


def test_an_update_signed_with_the_other_currencys_key_is_answered_404_and_rings_nothing(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.signed(till.fields(payment), integration_id="1202")) == 404

    assert till.stands(payment) == WAITING
    assert till.outcomes() == ["unknown_reference"]


def test_an_update_about_a_payment_we_do_not_have_is_answered_404_and_kept(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.signed(changed(till.fields(payment), reference="0000000000A"))) == 404
    assert till.outcomes()[-1] == "unknown_reference"


def test_an_update_signed_with_a_strangers_key_is_answered_400(till: Till) -> None:
    payment = till.charge()
    till.paynow.fault("forged_hash", on="update")
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 400
    assert till.stands(payment) == WAITING
    assert till.outcomes() == ["not_genuine"]


def test_an_update_without_a_signature_is_answered_400(till: Till) -> None:
    payment = till.charge()
    till.paynow.fault("no_hash", on="update")
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 400
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize("fault", ["capitalised_keys", "extra_field", "blank_field", "no_paynowreference", "comma_paynowreference"])
def test_a_genuine_update_in_another_form_is_understood(till: Till, fault: str) -> None:
    payment = till.charge()
    till.paynow.fault(fault)
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


def test_an_update_signed_with_the_key_of_a_retired_configuration_still_rings(till: Till) -> None:
    payment = till.charge()
    PaynowConfig.objects.filter(integration_id="1201").update(is_active=False)
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


# --- Manners --------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_the_bell_takes_nothing_but_post(till: Till, method: str) -> None:
    response = till.web.generic(method, IPN)

    assert response.status_code == 405
    assert till.outcomes() == []


@pytest.mark.parametrize("accept", ["text/xml", "image/png", "nonsense", ""])
def test_what_paynow_would_like_to_read_does_not_decide_whether_it_is_heard(till: Till, accept: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment), headers={"accept": accept}) == 200
    assert till.stands(payment) == PAID


def test_the_bell_needs_no_cookie_and_no_token(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    response = Client(enforce_csrf_checks=True).generic("POST", IPN, till.update(payment), content_type="text/plain")

    assert response.status_code == 200
    assert response.cookies == {}


def test_the_bell_answers_without_waiting_for_paynow(till: Till) -> None:
    """Asking is a worker's task: a Paynow that hangs must not hold our web processes."""
    payment = till.charge()
    till.paynow.approve(payment.reference)
    asked = dict(till.paynow.office.calls)
    with a_broker_without_a_worker() as handed_out:
        assert till.ring(till.update(payment)) == 200

    assert dict(till.paynow.office.calls) == asked
    assert handed_out == ["customer_data.tasks.check_payment"]


@contextmanager
def a_broker_without_a_worker() -> Iterator[list[str]]:
    """Tasks are handed out for good, and nobody does them; yields their names."""
    handed_out: list[str] = []
    usual, waiting = app_or_default(), Celery("waiting", broker="memory://", set_as_current=False)

    def note(sender: str, **_: object) -> None:
        handed_out.append(sender)

    before_task_publish.connect(note)
    waiting.set_current()
    try:
        yield handed_out
    finally:
        usual.set_current()
        before_task_publish.disconnect(note)


# --- The bell never rings -------------------------------------------------------------------------
def test_a_bell_that_never_rings_is_made_up_for_by_the_sweep(till: Till) -> None:
    till.paynow.fault("drop_update", on="update")
    payment = till.charge()
    till.clock.advance(30)
    assert till.stands(payment) == WAITING

    till.sweep(seconds_later=6)

    assert till.stands(payment) == PAID
    assert till.outcomes() == []


def test_poll_pending_pays_what_nobody_rang_for(till: Till) -> None:
    """The command that staff type when they doubt the clock."""
    till.paynow.fault("drop_update", on="update")
    payment = till.charge()
    till.clock.advance(30)
    services.make_due(payment)

    call_command("poll_pending")

    assert till.stands(payment) == PAID


def test_poll_pending_twice_in_a_row_asks_once(till: Till) -> None:
    payment = till.charge()
    services.make_due(payment)
    asked = till.paynow.office.calls["poll"]

    call_command("poll_pending")
    call_command("poll_pending")

    assert till.paynow.office.calls["poll"] == asked + 1
    assert till.stands(payment) == WAITING
