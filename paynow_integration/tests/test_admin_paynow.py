"""Paynow in the admin: keys go in and never come out, one sentence says whether they work, and updates are judged again."""

from socket import socket
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customer_data.models import Payment
from customer_data.tests import make
from customer_data.tests.desk import Desk, add_page_of, desk, list_of, owner, page_of, press_of, readable
from paynow_integration.hashing import sign
from paynow_integration.integrations import integration_for
from paynow_integration.messages import encode
from paynow_integration.models import Outcome, PaynowConfig, PaynowNotification
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.tests.merchant import KEY, raw_server, read_request
from paynow_integration.trying import try_keys

pytestmark = pytest.mark.django_db

NEW_KEY = "8b1b3f60-70c6-4c8e-9c0f-5d3a4f2f9e11"
ACCOUNTANT = ("view_paynowconfig", "change_paynowconfig", "add_paynowconfig")


def a_config(**fields: Any) -> PaynowConfig:
    values: dict[str, Any] = {
        "name": "Shop",
        "integration_id": "1201",
        "integration_key": KEY,
        "api_base_url": "https://www.paynow.co.zw",
        "merchant_email": "merchant@example.com",
    }
    return PaynowConfig.objects.create(**(values | fields))


def form_of(**changes: str) -> dict[str, str]:
    form = {
        "name": "Shop",
        "currency": "USD",
        "integration_id": "1201",
        "new_key": "",
        "api_base_url": "https://www.paynow.co.zw",
        "test_mode": "on",
        "merchant_email": "merchant@example.com",
        "is_active": "on",
    }
    return {name: value for name, value in (form | changes).items() if value != "off"}


def an_update(body: bytes, outcome: str = Outcome.RECEIVED, payment: Payment | None = None) -> PaynowNotification:
    return PaynowNotification.objects.create(
        body=body.decode("latin-1"), fingerprint="f", size=len(body), outcome=outcome, payment=payment
    )


def signed(reference: str, **fields: str) -> bytes:
    pairs = {"reference": reference, "paynowreference": "77", "amount": "231.00", "status": "Paid", **fields}
    return encode(sign(tuple(pairs.items()), KEY))


def key_seen(desk: Desk, *addresses: str) -> bool:
    return any(KEY in desk.get(address).content.decode() for address in addresses)


# --- Keys -----------------------------------------------------------------------------------------
def test_the_key_is_on_no_page() -> None:
    config = a_config()
    accountant = owner()
    assert not key_seen(accountant, list_of(PaynowConfig), page_of(config), f"{page_of(config)[:-7]}history/")
    assert "••••f977" in accountant.page(config)


def test_a_refused_form_does_not_give_the_typed_key_back() -> None:
    response = desk(*ACCOUNTANT).web.post(add_page_of(PaynowConfig), form_of(name="", new_key=KEY))
    assert response.status_code == 200
    assert KEY not in response.content.decode()


def test_an_empty_key_keeps_the_stored_one() -> None:
    config = a_config()
    desk(*ACCOUNTANT).web.post(page_of(config), form_of(name="Renamed"))
    config = PaynowConfig.objects.get()
    assert (config.name, config.integration_key) == ("Renamed", KEY)


def test_a_key_pasted_with_a_line_break_is_cleaned() -> None:
    config = a_config()
    response = desk(*ACCOUNTANT).web.post(page_of(config), form_of(new_key=f" {NEW_KEY.upper()[:20]}\r\n{NEW_KEY[20:]} \n"))
    assert response.status_code == 302
    assert PaynowConfig.objects.get().integration_key == NEW_KEY


@pytest.mark.parametrize("key", ["", " \n ", "schlüssel", "k" * 300])
def test_what_is_no_key_is_refused_with_a_sentence(key: str) -> None:
    response = desk(*ACCOUNTANT).web.post(add_page_of(PaynowConfig), form_of(new_key=key))
    assert response.status_code == 200
    assert not PaynowConfig.objects.exists()


def test_a_key_that_cannot_be_opened_is_replaced_on_its_page() -> None:
    config = a_config()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE paynow_integration_paynowconfig SET integration_key = 'sealed with a key that is gone'")
    accountant = desk(*ACCOUNTANT)
    assert "It cannot be opened" in accountant.listed(PaynowConfig)
    assert "It cannot be opened" in accountant.page(config)
    assert "cannot be opened" in accountant.told(accountant.press(config, "try-keys"))[0]
    assert "Paste the integration key" in accountant.web.post(page_of(config), form_of()).content.decode()
    assert accountant.web.post(page_of(config), form_of(new_key=KEY)).status_code == 302
    assert PaynowConfig.objects.get().integration_key == KEY


# --- Settings -------------------------------------------------------------------------------------
def test_a_second_active_configuration_of_a_currency_is_refused_with_a_sentence() -> None:
    a_config()
    response = desk(*ACCOUNTANT).web.post(add_page_of(PaynowConfig), form_of(integration_id="2201", new_key=NEW_KEY))
    assert "Another configuration for this currency is active. Switch it off first." in response.content.decode()


@pytest.mark.parametrize(
    "address", ["www.paynow.co.zw/", "https://www.paynow.co.zw/interface/remotetransaction", "HTTP://paynow.co.zw"]
)
def test_a_pasted_address_is_forgiven(address: str) -> None:
    desk(*ACCOUNTANT).web.post(add_page_of(PaynowConfig), form_of(api_base_url=address, new_key=KEY))
    assert PaynowConfig.objects.get().api_base_url in ("https://www.paynow.co.zw", "https://paynow.co.zw")


@pytest.mark.parametrize("address", ["http://evil.example", "javascript:alert(1)", "not an address", "https://user@paynow.co.zw"])
def test_an_address_that_cannot_be_paynows_is_refused_with_a_sentence(address: str) -> None:
    response = desk(*ACCOUNTANT).web.post(add_page_of(PaynowConfig), form_of(api_base_url=address, new_key=KEY))
    page = readable(response)
    assert "Write it like https://www.paynow.co.zw." in page or "must start with https://." in page
    assert not PaynowConfig.objects.exists()


def test_a_configuration_that_payments_were_sent_under_keeps_its_id() -> None:
    config = a_config()
    make.payment("pending", gateway="paynow", payment_method="paynow_ecocash", account="1201")
    web = owner().web
    web.post(page_of(config), form_of(integration_id="9999", currency="ZWG"))
    config = PaynowConfig.objects.get()
    assert (config.integration_id, config.currency) == ("1201", "USD")
    assert web.post(f"{page_of(config)[:-7]}delete/", {"post": "yes"}).status_code == 403


def test_every_page_says_when_payments_are_not_real() -> None:
    cashier = desk("view_payment", "view_booking")
    assert "not real money" not in cashier.listed(Payment)
    config = a_config()
    for address in (list_of(Payment), "/admin/"):
        assert "Paynow is in test mode: payments in US$ are not real money." in cashier.get(address).content.decode()
    assert "test mode" not in Client().get("/admin/login/").content.decode()
    PaynowConfig.objects.filter(pk=config.pk).update(test_mode=False)
    assert "not real money" not in cashier.listed(Payment)


# --- Try these keys -------------------------------------------------------------------------------
def tried(config: PaynowConfig) -> str:
    accountant = desk(*ACCOUNTANT)
    (sentence,) = accountant.told(accountant.press(config, "try-keys"))
    assert config.integration_key not in sentence
    return sentence


def test_keys_that_work_are_called_so(simulator: PaynowSimulator) -> None:
    assert tried(a_config(api_base_url=simulator.url)).startswith("Paynow accepts ID and key: it answered, signed with this key.")


def test_a_wrong_key_is_called_so(simulator: PaynowSimulator) -> None:
    sentence = tried(a_config(api_base_url=simulator.url, integration_key=NEW_KEY))
    assert sentence.startswith("Paynow answered, and the keys do not work:")


def test_an_unknown_id_is_called_so(simulator: PaynowSimulator) -> None:
    assert "does not know this integration ID" in tried(a_config(api_base_url=simulator.url, integration_id="404"))


@pytest.mark.parametrize("answer", [b"status=NotFound", encode(sign((("status", "NotFound"),), NEW_KEY))])
def test_an_answer_that_is_not_signed_with_the_key_is_called_so(answer: bytes) -> None:
    def say_it(connection: socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(answer), answer))

    with raw_server(say_it) as port:
        assert "its answer is not signed with this key" in tried(a_config(api_base_url=f"http://127.0.0.1:{port}"))


def test_paynow_out_of_order_says_nothing_about_the_keys(simulator: PaynowSimulator) -> None:
    simulator.fault("html", on="trace")
    assert "nothing is known about the keys" in tried(a_config(api_base_url=simulator.url))


def test_an_address_where_nobody_listens_is_called_so() -> None:
    sentence = tried(a_config(api_base_url="http://127.0.0.1:9"))
    assert sentence.startswith("http://127.0.0.1:9 could not be reached, so the keys were not tried.")


def test_an_address_where_somebody_else_answers_is_called_so(live_server: Any) -> None:
    assert "nothing is known about the keys" in tried(a_config(api_base_url=live_server.url))


def test_the_sentence_is_there_for_others_too(simulator: PaynowSimulator) -> None:
    a_config(api_base_url=simulator.url, test_mode=True)
    assert try_keys(integration_for("USD")).endswith("It is marked as in test mode.")


def test_trying_is_for_those_who_may_change_keys() -> None:
    config = a_config(api_base_url="http://127.0.0.1:9")
    assert desk("view_paynowconfig").press(config, "try-keys").status_code == 403
    assert "Try these keys" not in desk("view_paynowconfig").page(config)
    assert desk().get(page_of(config)).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk(*ACCOUNTANT).user)
    assert strict.post(press_of(config, "try-keys")).status_code == 403


# --- Status updates -------------------------------------------------------------------------------
def test_an_update_is_judged_again_and_the_payment_is_asked_about() -> None:
    payment = make.payment("pending", gateway="paynow", payment_method="paynow_ecocash", account="1201", next_check_at=None)
    update = an_update(signed(payment.reference), Outcome.NOT_GENUINE)
    a_config()
    judge = desk("view_paynownotification", "change_paynownotification")
    assert judge.told(judge.press(update, "process-again")) == ["Judged again: genuine; paynow is asked. It says Paid."]
    update.refresh_from_db()
    payment.refresh_from_db()
    assert (update.outcome, update.payment) == (Outcome.ACCEPTED, payment)
    assert payment.next_check_at is not None
    assert payment.status == "pending", "an update never moves money"
    assert "Status update: Genuine; Paynow is asked" in owner().page(payment)


def test_only_superusers_read_what_an_update_says_and_nobody_reads_its_secrets() -> None:
    update = an_update(signed("B7K2M9QXA4T", pollurl="https://www.paynow.co.zw/?guid=s3cret", Token="s3cret", name="Rudo"))
    boss, looker = owner().page(update), desk("view_paynownotification").page(update)
    assert "amount 231.00" in boss
    assert "name Rudo" in boss
    assert "Rudo" not in looker
    for page in (boss, looker):
        assert "s3cret" not in page


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00\xff\xfe", b"a=1&a=2", b"x" * 70_000, b"<script>alert(1)</script>=1"])
def test_an_update_that_is_none_is_shown_without_harm(body: bytes) -> None:
    response = owner().get(page_of(an_update(body, Outcome.MALFORMED)))
    assert response.status_code == 200
    assert "<script>alert(1)" not in response.content.decode()


def test_updates_are_found_by_reference_and_outcome() -> None:
    wanted = an_update(b"a", Outcome.ACCEPTED)
    PaynowNotification.objects.filter(pk=wanted.pk).update(reference="B7K2M9QXA4T", detail="wanted")
    an_update(b"b", Outcome.NOT_GENUINE)
    looker = desk("view_paynownotification")
    assert "1 Paynow notification" in looker.listed(PaynowNotification, outcome__exact="accepted")
    assert "1 Paynow notification" in looker.listed(PaynowNotification, q="b7k2m9qxa4t")


def test_an_update_is_not_edited_and_the_list_costs_the_same_however_long(django_assert_max_num_queries: Any) -> None:
    update = an_update(b"a")
    assert owner().web.post(page_of(update), {"outcome": "accepted"}).status_code == 403
    looker, queries = desk("view_paynownotification"), []
    for more in (2, 18):
        for _ in range(more):
            an_update(b"a", payment=make.payment("pending"))
        looker.listed(PaynowNotification)
        with django_assert_max_num_queries(100) as captured:
            looker.listed(PaynowNotification)
        queries.append(len(captured))
    assert queries[0] == queries[1]
