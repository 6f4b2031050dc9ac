"""Whatever reaches the Flow endpoint has an answer that is not a 500: signed or not, sealed or not, JSON or not."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from customer_data.models import Payment
from customer_data.tests import make
from flows import tokens
from flows.definitions.payment_whatsapp_flow import PAYMENT_FIELDS, SCREENS
from flows.keys import private_keys
from flows.models import FlowSession
from flows.tests.customers import FORM, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

OURS = {200, 421, 427, 432}
many = hypothesis_settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def signed(body: bytes) -> dict[str, str]:
    proof = hmac.new(settings.WHATSAPP_APP_SECRET[0].encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={proof}"}


def sealed(plain: bytes, *, aes_bytes: int = 16, iv_bytes: int = 16) -> bytes:
    """Any bytes, sealed as Meta's client seals a request."""
    aes_key, iv = os.urandom(aes_bytes), os.urandom(iv_bytes)
    wrapped = private_keys()[0].public_key().encrypt(aes_key, OAEP(MGF1(SHA256()), SHA256(), None))
    parts = {
        "encrypted_flow_data": AESGCM(aes_key).encrypt(iv, plain, None),
        "encrypted_aes_key": wrapped,
        "initial_vector": iv,
    }
    return json.dumps({name: base64.b64encode(value).decode() for name, value in parts.items()}).encode()


def status_of(body: bytes) -> int:
    return post(body, signed(body))[0]


# --- Generated ------------------------------------------------------------------------------------
# JSON may hold half an emoji, NUL, and numbers that no column takes.
TEXTS = st.text(st.characters(codec=None, categories=None), max_size=30) | st.sampled_from(
    ["\ud83d", "a\x00b", "\u202e", "0771\u0660"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ACTIONS = st.sampled_from(["INIT", "BACK", "data_exchange", "navigate", "ping", "init", "complete"])
DATA = st.fixed_dictionaries({}, optional=dict.fromkeys([*PAYMENT_FIELDS, "otp", "next", "amount", "booking"], VALUES)) | VALUES


@given(value=VALUES)
@many
def test_any_sealed_json_has_an_answer_of_ours(value: Any) -> None:
    assert status_of(sealed(json.dumps(value).encode())) in OURS


@given(action=ACTIONS | VALUES, screen=st.sampled_from([*SCREENS, "", "SUCCESS"]) | VALUES, data=DATA, version=VALUES)
@many
def test_any_payload_with_a_good_token_has_an_answer_the_phone_can_show(action: Any, screen: Any, data: Any, version: Any) -> None:
    """Whether it can be shown is seen by the fixture that holds every reply against the Flow JSON."""
    booking = make.booking()
    request = {"flow_token": tokens.issue(booking)[0], "action": action, "screen": screen, "data": data, "version": version}
    assert status_of(sealed(json.dumps(request).encode())) in {200, 427}
    assert {payment.amount for payment in booking.payments.all()} <= {booking.total_amount, booking.deposit_amount}


@given(fields=st.fixed_dictionaries({}, optional={**dict.fromkeys(FORM, VALUES), "payment_method": st.just("wallet") | VALUES}))
@many
def test_any_form_is_shown_again_or_becomes_one_payment(fields: dict[str, Any]) -> None:
    booking = make.booking()
    token = tokens.issue(booking)[0]
    request = {"flow_token": token, "action": "data_exchange", "screen": "PAYMENT", "data": FORM | fields, "version": "3.0"}
    assert [status_of(sealed(json.dumps(request).encode())) for _ in range(2)] == [200, 200]
    assert booking.payments.count() <= 1


@given(token=VALUES)
@many
def test_any_token_that_was_not_issued_is_refused(token: Any) -> None:
    request = {"flow_token": token, "action": "data_exchange", "screen": "PAYMENT", "data": FORM, "version": "3.0"}
    assert status_of(sealed(json.dumps(request).encode())) == 427
    assert not Payment.objects.exists()


@given(plain=st.binary(max_size=200))
@many
def test_any_sealed_bytes_that_are_no_json_are_421(plain: bytes) -> None:
    try:
        is_object = isinstance(json.loads(plain), dict)
    except ValueError:
        is_object = False
    assert status_of(sealed(plain)) == 421 or is_object


@given(body=st.binary(max_size=500), header=st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
@many
def test_any_bytes_that_are_not_signed_are_432(body: bytes, header: str | None) -> None:
    assert post(body, {} if header is None else {"X-Hub-Signature-256": header}) == (432, b"")


@given(body=st.binary(max_size=500) | VALUES.map(lambda value: json.dumps(value).encode()))
@many
def test_any_signed_bytes_that_are_no_envelope_are_421(body: bytes) -> None:
    assert post(body, signed(body)) == (421, b"")


ENVELOPE_PARTS = ("encrypted_flow_data", "encrypted_aes_key", "initial_vector")


@given(changes=st.dictionaries(st.sampled_from(ENVELOPE_PARTS), VALUES, min_size=1))
@many
def test_any_envelope_with_a_spoilt_part_is_421(changes: dict[str, Any]) -> None:
    body = json.dumps(json.loads(sealed(b'{"action":"ping"}')) | changes).encode()
    assert post(body, signed(body)) == (421, b"")


# --- By hand --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 20_000, id="deep objects"),
        pytest.param(b'{"action":NaN}', id="NaN"),
        pytest.param(b'{"action":' + b"9" * 5000 + b"}", id="a number without end"),
        pytest.param(b"\xff\xfe{}", id="not UTF-8"),
        pytest.param("\ufeff{}".encode(), id="byte order mark"),
        pytest.param(b"<html></html>", id="HTML"),
    ],
)
def test_what_is_no_json_object_is_421(plain: bytes) -> None:
    assert status_of(sealed(plain)) == 421


def test_keys_given_twice_are_read_once_and_the_last_one_counts() -> None:
    body = sealed(b'{"action":"INIT","action":"ping"}')
    assert status_of(body) == 200


@pytest.mark.parametrize(("aes_bytes", "iv_bytes"), [(32, 16), (24, 16), (16, 12), (16, 32)])
def test_keys_and_ivs_of_other_sizes_are_421(aes_bytes: int, iv_bytes: int) -> None:
    assert status_of(sealed(b'{"action":"ping"}', aes_bytes=aes_bytes, iv_bytes=iv_bytes)) == 421


def test_a_long_form_is_cut_and_not_kept_whole() -> None:
    token, _ = tokens.issue(make.booking())
    data = FORM | {"phone": int("7" * 3000), "email": "x" * 3000 + "@example.com"}
    request = {"flow_token": token, "action": "data_exchange", "screen": "PAYMENT", "data": data}
    assert status_of(sealed(json.dumps(request).encode())) == 200
    assert FlowSession.objects.get().payment is None


def test_half_an_emoji_in_an_otherwise_good_form_is_left_out() -> None:
    booking = make.booking()
    token, _ = tokens.issue(booking)
    data = FORM | {"phone": "0771\ud83d234\x00567"}
    request = {"flow_token": token, "action": "data_exchange", "screen": "PAYMENT", "data": data}
    assert status_of(sealed(json.dumps(request).encode())) == 200
    assert booking.payments.get().phone == "+263771234567"


@pytest.mark.parametrize("half", ["\ud800", "a\udfff"])
def test_a_token_with_half_an_emoji_is_refused(half: str) -> None:
    request = {"flow_token": half, "action": "INIT", "screen": "", "data": {}}
    assert status_of(sealed(json.dumps(request).encode())) == 427
