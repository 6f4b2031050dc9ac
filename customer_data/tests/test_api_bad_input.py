"""What is no request gets a code and a sentence, never a 500, and opens nothing."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from customer_data.ledger import violations
from customer_data.models import Booking, IdempotentRequest, Payment
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from customer_data.tests.shop import Shop, new_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tasks_at_once")]


@pytest.fixture
def shop(drawer: Drawer) -> Shop:
    cache.clear()  # nobody has called yet
    return new_shop("drawer")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[" * 50_000, 400, "parse_error"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, 400, "parse_error"),
        (b'{"note": "' + b"x" * 70_000 + b'"}', 413, "body_too_large"),
        (b'{"booking_reference": "BK1", "booking_reference": "BK2", "payment_method": "wallet"}', 400, "parse_error"),
        (b'{"phone": NaN}', 400, "parse_error"),
        (b'{"phone": ' + b"9" * 5_000 + b"}", 400, "parse_error"),
        ('{"phone": "é"}'.encode("latin-1"), 400, "parse_error"),
        ('{"phone": "0771234567"}'.encode("utf-16"), 400, "parse_error"),
        (b"\x00\x01\x02", 400, "parse_error"),
    ],
)
def test_a_body_that_cannot_be_read_safely_is_refused(shop: Shop, body: bytes, status: int, code: str) -> None:
    answer = shop.post(body, idempotency_key="order-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert len(answer.json()["error"]["message"]) > 10


@pytest.mark.parametrize("charset", ["zlib", "bz2", "rot13", "hex", "utf-16", "nonsense", "é"])
def test_json_is_utf_8_whatever_charset_is_claimed(shop: Shop, charset: str) -> None:
    request = {"booking_reference": make.booking().booking_reference, "payment_method": "wallet", "phone": "0771234567"}
    answer = shop.post(json.dumps(request).encode(), content_type=f"application/json; charset={charset}")
    assert answer.status_code == 202


@pytest.mark.parametrize("key", ["a.\x00b", "\x00", "é.ü", "a" * 5_000, "a b", "."])
def test_a_key_that_is_none_opens_nothing(shop: Shop, key: str) -> None:
    answer = Client(raise_request_exception=False).get(f"{shop.doors}status/{uuid4()}/", HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("path", ["", "status/1/", "initiate", "status/%0A/", "initiate/%2e%2e/", "🜚/"])
def test_an_address_that_is_none_is_answered_in_json(shop: Shop, path: str) -> None:
    for answer in (shop.get(f"{shop.doors}{path}"), shop.post({}, path=f"{shop.doors}{path}")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "address_unknown")


def test_an_unknown_gateway_is_said_before_anything_else(shop: Shop) -> None:
    answers = [shop.post(b"{", path="/crm-api/payments/nobody/initiate/"), shop.get(f"/crm-api/payments/nobody/status/{uuid4()}/")]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(404, "gateway_unknown")] * 2


def test_a_payment_of_another_gateway_is_not_shown_at_this_address(shop: Shop) -> None:
    elsewhere = make.payment("pending", gateway="elsewhere")
    answer = shop.status(elsewhere.pk)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "payment_unknown")


def test_what_we_did_not_foresee_is_a_500_in_the_same_shape_and_says_nothing_else(shop: Shop, settings: Any) -> None:
    del settings.SITE_URL
    answer = shop.start(make.booking(), payment_method="wallet")
    assert answer.status_code == 500
    assert set(answer.json()["error"]) == {"code", "message"}
    assert "SITE_URL" not in answer.content.decode()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=10), children, max_size=3),
    max_leaves=8,
)
_LIKELY: dict[str, list[Any]] = {
    "payment_method": ["wallet", "purse", "code", "otp", "page", "Wallet", "drawer_wallet", "cash"],
    "phone": ["0771234567", "+263 78 123 4567", "0712345678", "12", "", None],
    "customer_email": ["rudo@example.com", "", "rudo@", None],
    "amount_option": ["full", "deposit", "balance", "FULL", None],
    "return_url": ["https://example.com/thanks", "", "//example.com", "ftp://example.com", "https://[::1", None],
    "amount": ["0.01", 0.01, -1],
}
_BODIES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"booking_reference": st.integers(0, 2) | st.just("BK00000000000") | _JSON},
    optional={name: st.sampled_from(words) | st.sampled_from(words) | _JSON for name, words in _LIKELY.items()},
)


@hypothesis_settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.tuples(_BODIES, st.sampled_from([None, "order-1", "order-2"])), min_size=1, max_size=4))
def test_no_body_brings_the_api_down_and_every_answer_is_true(shop: Shop, bodies: list[tuple[dict[str, Any], str | None]]) -> None:
    bookings = [make.booking() for _ in range(3)]
    IdempotentRequest.objects.all().delete()
    for body, idempotency_key in bodies:
        before = set(Payment.objects.values_list("pk", flat=True))
        answer = shop.post(_for_a_real_booking(body, bookings), idempotency_key=idempotency_key)
        new = Payment.objects.exclude(pk__in=before)
        assert answer.status_code < 500
        if answer.status_code == 202:
            payment = Payment.objects.get(pk=answer.json()["payment_id"])
            assert set(new) <= {payment}
            assert payment.amount in (payment.booking.total_amount, payment.booking.deposit_amount)
        else:
            assert answer.json()["error"]["message"]
            assert not new
    assert not list(violations())


def _for_a_real_booking(body: dict[str, Any], bookings: list[Booking]) -> dict[str, Any]:
    number = body["booking_reference"]
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(bookings):
        return body | {"booking_reference": bookings[number].booking_reference}
    return body
