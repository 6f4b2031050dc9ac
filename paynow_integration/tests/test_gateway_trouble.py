"""Paynow with two currencies, lost answers and wrong keys: one charge each, in its own currency, and no secret in the log."""

import logging

import pytest

from customer_data.offer import CannotPay
from paynow_integration.hashing import hash_of
from paynow_integration.messages import parse
from paynow_integration.models import PaynowConfig
from paynow_integration.tests.till import PAID, WAITING, Till, configure, new_booking

CUSTOMER = "rudo@example.com"
MERCHANT = "merchant@example.com"


# --- Two currencies -------------------------------------------------------------------------------
def test_each_currency_goes_to_its_own_integration(till: Till) -> None:
    dollars, zig = till.charge(), till.charge(booking=new_booking("360.00", "ZWG"))

    assert till.at_paynow(dollars).integration.currency == "USD"
    assert till.at_paynow(zig).integration.currency == "ZWG"
    for payment in (dollars, zig):
        till.paynow.approve(payment.reference)
        assert till.ring(till.update(payment)) == 200
        assert till.stands(payment) == PAID


def test_a_currency_without_a_configuration_is_not_offered_another(till: Till) -> None:
    PaynowConfig.objects.filter(currency="ZWG").delete()

    with pytest.raises(CannotPay) as refused:
        till.open(booking=new_booking("360.00", "ZWG"))

    assert refused.value.code == "method_unavailable"


def test_a_payment_is_asked_about_under_the_integration_it_was_sent_with(till: Till) -> None:
    payment = till.charge()
    PaynowConfig.objects.filter(integration_id="1201").update(is_active=False)
    configure(till.paynow.office.integrations["2201"], till.paynow)
    till.paynow.approve(payment.reference)

    till.sweep(seconds_later=6)

    assert till.stands(payment) == PAID


def test_a_payment_whose_configuration_was_deleted_waits_and_a_person_is_told(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    PaynowConfig.objects.filter(integration_id="1201").delete()

    till.sweep(seconds_later=6)
    assert till.stands(payment) == WAITING
    assert till.concerns(payment) == ["misconfigured"]

    configure(till.paynow.office.integrations["1201"], till.paynow)
    till.sweep(seconds_later=60)
    assert till.stands(payment) == PAID


# --- Lost answers ---------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", ["reset", "empty", "html", "http_error", "no_hash", "forged_hash", "half_reply", "redirect"])
@pytest.mark.parametrize("method", ["ecocash", "card"])
def test_a_lost_answer_is_traced_and_the_customer_is_asked_once(till: Till, method: str, fault: str) -> None:
    till.paynow.fault(fault, on="express" if method == "ecocash" else "initiate", times=1)

    payment = till.charge(method)
    assert till.stands(payment) == ("sending", "unpaid")

    till.paynow.approve(payment.reference)
    till.sweep(seconds_later=60)
    assert till.stands(payment) == PAID
    assert till.at_paynow(payment).merchant_trace == payment.reference
    payment.refresh_from_db()
    assert payment.poll_url == till.at_paynow(payment).poll_url


def test_paynow_having_the_request_already_is_no_refusal(till: Till) -> None:
    till.paynow.fault("error", on="express", times=1, value="Duplicate merchanttrace")

    payment = till.charge()

    assert till.stands(payment) == ("sending", "unpaid")


def test_a_trace_that_fails_does_not_fail_the_payment(till: Till) -> None:
    till.paynow.fault("reset", on="express", times=1)
    till.paynow.fault("error", on="trace", times=3, value="Trace failed")
    payment = till.charge()

    for minute in range(1, 4):
        till.sweep(seconds_later=60 * minute)
        assert till.stands(payment) == ("sending", "unpaid")
    till.paynow.approve(payment.reference)
    till.sweep(seconds_later=300)
    assert till.stands(payment) == PAID


def test_a_wrong_key_ends_the_payment_with_a_sentence_for_staff_that_holds_no_hash(till: Till) -> None:
    config = PaynowConfig.objects.get(integration_id="1201")
    config.integration_key = "11111111-1111-1111-1111-111111111111"
    config.save()

    payment = till.charge()

    assert till.stands(payment) == ("failed", "unpaid")
    concern = payment.concerns.get()
    assert "Check the integration key" in concern.sentence
    assert "start with" not in concern.sentence


# --- Secrets --------------------------------------------------------------------------------------
def test_no_log_line_holds_a_key_a_hash_a_body_or_a_whole_phone_number(open_till: Till, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    payment = open_till.charge(phone="0772222222")
    open_till.clock.advance(30)
    genuine = open_till.update(payment)
    open_till.ring(genuine.replace(b"10.00", b"10.01"))
    open_till.ring(genuine)
    assert open_till.stands(payment) == PAID

    records = [record for record in caplog.records if not record.name.startswith(("django.db", "urllib3"))]
    ours = "\n".join(f"{record.getMessage()} {getattr(record, 'facts', '')}" for record in records)
    fields = parse(genuine)
    expected = hash_of([pair for pair in fields.pairs if pair[0] != "hash"], open_till.paynow.office.integrations["1201"].key)
    for integration in open_till.paynow.office.integrations.values():
        assert integration.key not in ours
    for secret in (fields.get("hash"), expected[:12], fields.get("pollurl"), genuine.decode(), "0772222222", "772222222", "772222"):
        assert secret not in ours
    assert payment.reference in ours, "the control: something was logged"
