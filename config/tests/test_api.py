"""The REST API as a shop's own software uses it, with Paynow's simulator behind it."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from config.tests.chat import Chat
from customer_data.models import IdempotentRequest, Payment
from customer_data.tests import make
from customer_data.tests.shop import Shop, asking_for, new_shop


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    cache.clear()  # nobody has called yet
    return new_shop("paynow")


def test_a_shop_starts_a_payment_and_sees_it_paid(chat: Chat, shop: Shop) -> None:
    booking = make.booking("231.00")
    started = shop.start(booking, amount_option="deposit")
    assert started.status_code == 202
    answer = started.json()
    assert set(answer) == {"payment_id", "reference", "payment_type", "status", "paid", "poll_url", "message"}
    assert (answer["payment_type"], answer["status"], answer["paid"]) == ("mobile", "created", False)
    assert chat.paynow.transactions() == []  # nothing of the gateway is asked inside the request
    chat.tasks.work()
    chat.later(5)
    status = shop.get(urlsplit(answer["poll_url"]).path).json()
    assert (status["status"], status["paid"], status["amount"], status["currency"]) == ("successful", True, "115.50", "USD")
    assert status["booking_reference"] == booking.booking_reference
    assert status["gateway_status"] == "Paid"


@pytest.mark.parametrize(
    ("method", "kind", "tells"),
    [("innbucks", "code", "authorization_code"), ("omari", "otp", "instructions"), ("card", "redirect", "redirect_url")],
)
def test_each_method_says_what_the_payer_must_do(chat: Chat, shop: Shop, method: str, kind: str, tells: str) -> None:
    answer = shop.start(make.booking(), payment_method=method).json()
    assert answer["payment_type"] == kind
    chat.tasks.work()
    assert shop.status(answer["payment_id"]).json()[tells]


def test_an_amount_that_is_sent_does_not_matter(chat: Chat, shop: Shop) -> None:
    """Lesson 7: pay 1, get the trip."""
    booking = make.booking("231.00")
    assert shop.start(booking, amount="1.00", total_amount="1.00", currency="ZWG").status_code == 202
    payment = booking.payments.get()
    assert (str(payment.amount), payment.currency) == ("231.00", "USD")


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"booking_reference": "BK00000000000"}, 404, "booking_unknown", "booking_reference"),
        ({"payment_method": "bitcoin"}, 422, "method_unknown", "payment_method"),
        ({"payment_method": "onemoney", "phone": "0781234567"}, 422, "phone_of_another_wallet", "phone"),
        ({"phone": "12"}, 422, "phone_invalid", "phone"),
        ({"amount_option": "half"}, 400, "invalid_choice", "amount_option"),
        ({"amount_option": None}, 400, "null", "amount_option"),
        ({"return_url": "javascript:alert(1)"}, 400, "invalid", "return_url"),
        ({"return_url": "https://user:secret@example.com/"}, 400, "invalid", "return_url"),
        ({"booking_reference": None}, 400, "null", "booking_reference"),
        ({"customer_email": "not an address"}, 422, "email_invalid", "customer_email"),
        ({"phone": "\ud800"}, 400, "surrogate_characters_not_allowed", "phone"),
        ({"phone": "077\x00"}, 400, "null_characters_not_allowed", "phone"),
    ],
)
def test_bad_input_gets_a_code_a_sentence_and_the_field(
    chat: Chat, shop: Shop, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = shop.start(make.booking(), **changes)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error.get("field", "")) == (code, field)
    assert len(error["message"]) > 10
    assert not Payment.objects.exists()


def test_a_paid_booking_is_not_paid_again(chat: Chat, shop: Shop) -> None:
    paid = make.payment("successful", gateway="paynow", account="1201")
    answer = shop.start(paid.booking)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_to_pay")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "required"),
        (b"{", 400, "parse_error"),
        (b"[]", 400, "invalid"),
        (b"\xff\xfe", 400, "parse_error"),
        (b"null", 400, "invalid"),
        (b'{"booking_reference": 1e400}', 400, None),
    ],
)
def test_a_body_that_is_no_request_is_refused_in_the_same_shape(shop: Shop, body: bytes, status: int, code: str | None) -> None:
    answer = shop.post(body)
    assert answer.status_code == status
    assert code is None or answer.json()["error"]["code"] == code


def test_every_refusal_of_the_door_has_the_same_shape(shop: Shop) -> None:
    nobody = Client()
    answers = {
        401: nobody.post(shop.doors + "initiate/", "{}", content_type="application/json"),
        405: shop.get(shop.doors + "initiate/"),
        406: shop.post({}, Accept="text/html"),
        404: shop.status(uuid4()),
        415: Client().post(shop.doors + "initiate/", {"a": 1}, headers={"Authorization": f"Api-Key {shop.key}"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
        assert answer.json()["error"]["code"]
    assert answers[401]["WWW-Authenticate"] == "Api-Key"


@pytest.mark.parametrize("key", ["", "nonsense", "abcdefgh.0123456789", "ÿ"])
def test_a_wrong_key_opens_nothing(transactional_db: None, key: str) -> None:
    answer = Client().get(
        f"/crm-api/payments/paynow/status/{uuid4()}/", HTTP_AUTHORIZATION=f"Api-Key {key}".encode().decode("latin-1")
    )
    assert answer.status_code == 401


def test_a_key_is_shown_once_and_kept_as_a_hash(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM rest_framework_api_key_apikey")
        assert shop.key.partition(".")[2] not in str(cursor.fetchall())


def test_the_status_tells_no_secret_of_the_server(chat: Chat, shop: Shop) -> None:
    answer = shop.start(make.booking(), payment_method="omari").json()
    chat.tasks.work()
    text = shop.status(answer["payment_id"]).content.decode()
    assert "CheckPayment" not in text
    assert "guid=" not in text


def test_asking_about_an_old_payment_rings_the_bell_and_answers_at_once(chat: Chat, shop: Shop) -> None:
    answer = shop.start(make.booking(), phone="0772222222").json()
    chat.tasks.work()
    path = f"/crm-api/payments/paynow/status/{answer['payment_id']}/"
    asked_before = len(chat.paynow.office.calls)
    assert shop.get(path).json()["status"] == "pending"
    assert chat.tasks.work() == []  # it is young: the gateway is left alone
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customer_data_payment DISABLE TRIGGER USER")
        cursor.execute("UPDATE customer_data_payment SET created_at = created_at - interval '31 seconds'")
        cursor.execute("ALTER TABLE customer_data_payment ENABLE TRIGGER USER")
    chat.paynow.approve(answer["reference"])
    chat.tasks.forget()
    assert shop.get(path).json()["status"] == "pending"
    assert len(chat.paynow.office.calls) == asked_before
    chat.tasks.work()
    assert shop.get(path).json()["status"] == "successful"


def test_the_same_key_and_body_are_done_once(chat: Chat, shop: Shop) -> None:
    booking = make.booking()
    asked = asking_for(booking, phone="0774444444")
    first = shop.post(asked, idempotency_key="order-1")
    chat.tasks.work()  # it fails: without the key, the same request would open a second payment
    assert booking.payments.get().status == "failed"
    again = shop.post(dict(reversed(asked.items())), idempotency_key="order-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert booking.payments.count() == 1


def test_the_same_key_with_another_body_is_refused(chat: Chat, shop: Shop) -> None:
    booking = make.booking()
    asked = asking_for(booking)
    shop.post(asked, idempotency_key="order-1")
    other = shop.post({**asked, "payment_method": "onemoney"}, idempotency_key="order-1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_a_refusal_does_not_use_up_the_key(chat: Chat, shop: Shop) -> None:
    booking = make.booking()
    asked = asking_for(booking, phone="12")
    assert shop.post(asked, idempotency_key="order-1").status_code == 422
    assert not IdempotentRequest.objects.exists()
    assert shop.post({**asked, "phone": "0771111111"}, idempotency_key="order-1").status_code == 202


def test_two_callers_may_use_the_same_key(chat: Chat, shop: Shop) -> None:
    first, second = make.booking(), make.booking()
    for caller, booking in ((shop, first), (new_shop("paynow", name="Another"), second)):
        asked = asking_for(booking)
        assert caller.post(asked, idempotency_key="order-1").status_code == 202
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "a\x7fb"])
def test_a_key_that_is_none_is_refused(shop: Shop, key: str) -> None:
    answer = shop.post({"booking_reference": "x", "payment_method": "ecocash"}, idempotency_key=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "idempotency_key_invalid")
