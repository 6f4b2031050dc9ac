"""The Flow envelope against published vectors, a second implementation, and whatever else may arrive."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pywa.utils import default_flow_request_decryptor, default_flow_response_encryptor

from flows.crypto import CannotDecrypt, OpenedRequest, is_signed, load_private_keys, open_request, public_key_pem, seal_response
from flows.tests.vectors import ANSWERED, APP_SECRET, CASES, VECTORS, vector_key

KEY = vector_key()
OTHER_KEY = rsa.generate_private_key(65537, 2048)
AES_KEY = bytes(range(16))
IV = bytes(range(100, 116))


def sealed_body(
    plain: bytes = b'{"action":"ping"}', *, aes_key: bytes = AES_KEY, iv: bytes = IV, key: RSAPrivateKey = KEY, **replaced: object
) -> bytes:
    """A request as Meta's client makes it; `replaced` puts something else into a field of the envelope."""
    outer = {
        "encrypted_flow_data": base64.b64encode(AESGCM(aes_key).encrypt(iv, plain, None)).decode(),
        "encrypted_aes_key": base64.b64encode(key.public_key().encrypt(aes_key, OAEP(MGF1(SHA256()), SHA256(), None))).decode(),
        "initial_vector": base64.b64encode(iv).decode(),
    }
    return json.dumps(outer | replaced).encode()


def opened_answer(text: str, request: OpenedRequest) -> Any:
    iv = bytes(byte ^ 0xFF for byte in request.iv)
    return json.loads(AESGCM(request.aes_key).decrypt(iv, base64.b64decode(text, validate=True), None))


# --- Vectors --------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED)
def test_a_published_request_opens_to_its_plaintext(case: dict[str, Any]) -> None:
    request = open_request(case["raw_body"].encode(), [KEY])
    assert request.payload == json.loads(case["plaintext"])
    assert (request.aes_key.hex(), request.iv.hex()) == (case["aes_key_hex"], case["iv_hex"])


@pytest.mark.parametrize("case", ANSWERED.values(), ids=ANSWERED)
def test_an_answer_is_sealed_as_the_published_one(case: dict[str, Any]) -> None:
    request = open_request(case["raw_body"].encode(), [KEY])
    answer = seal_response(json.loads(case["response_plaintext"]), request)
    assert opened_answer(answer, request) == json.loads(case["response_plaintext"])
    if case["response_plaintext"].isascii():
        assert answer == case["response_body"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_published_signature_is_judged_over_the_exact_bytes(case: dict[str, Any]) -> None:
    body, header = case["raw_body"].encode(), case["x_hub_signature_256"]
    assert is_signed(body, header, [APP_SECRET]) is (case["expect_http"] != 432)
    assert not is_signed(body + b" ", header, [APP_SECRET])


def test_the_published_request_for_another_key_cannot_be_decrypted() -> None:
    with pytest.raises(CannotDecrypt, match="None of our private keys"):
        open_request(CASES["wrong_rsa_key_421"]["raw_body"].encode(), [KEY])


# --- A second opinion -----------------------------------------------------------------------------
def test_pywa_reads_the_request_as_we_do() -> None:
    body = sealed_body(b'{"action":"INIT","data":{"name":"Tendai \\ud83d\\ude00"}}')
    outer = json.loads(body)
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    theirs = default_flow_request_decryptor(
        outer["encrypted_flow_data"], outer["encrypted_aes_key"], outer["initial_vector"], pem, None
    )
    ours = open_request(body, [KEY])
    assert (ours.payload, ours.aes_key, ours.iv) == theirs


def test_an_answer_sealed_by_pywa_and_by_us_is_the_same() -> None:
    request = open_request(sealed_body(), [KEY])
    payload = {"screen": "PAYMENT", "data": {"booking_title": "Falls & Zoë"}}
    theirs = default_flow_response_encryptor(payload, request.aes_key, request.iv)
    assert opened_answer(theirs, request) == opened_answer(seal_response(payload, request), request) == payload


# --- Rotation -------------------------------------------------------------------------------------
def test_an_old_key_still_opens_what_a_phone_sealed_for_it() -> None:
    assert open_request(sealed_body(key=OTHER_KEY), [KEY, OTHER_KEY]).payload == {"action": "ping"}


def test_an_old_app_secret_still_proves_a_signature() -> None:
    case = CASES["ping_v3"]
    assert is_signed(case["raw_body"].encode(), case["x_hub_signature_256"], ["new secret", APP_SECRET])


@pytest.mark.parametrize(
    "header", [None, "", "sha256", "sha256=", "sha1=00", "sha256=zz", "sha256=é", "\x00", "sha256=" + "0" * 64]
)
def test_a_missing_or_malformed_signature_is_refused(header: str | None) -> None:
    assert not is_signed(b"{}", header, [APP_SECRET])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_an_app_secret_nothing_is_genuine(secrets: list[str]) -> None:
    signed_with_nothing = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"  # the HMAC of b"" with key b""
    assert not is_signed(b"", signed_with_nothing, secrets)


# --- Bad input ------------------------------------------------------------------------------------
BAD_BODIES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "binary": lambda: b"\x00\xff\xfe",
    "not json": lambda: b"encrypted",
    "a list": lambda: b"[]",
    "endlessly nested": lambda: b"[" * 100_000,
    "no fields": lambda: b"{}",
    "a number for a text": lambda: sealed_body(initial_vector=5),
    "null for a text": lambda: sealed_body(encrypted_flow_data=None),
    "not base64": lambda: sealed_body(encrypted_aes_key="***"),
    "base64 without padding": lambda: sealed_body(initial_vector=base64.b64encode(IV).decode().rstrip("=")),
    "base64 with a stray character": lambda: sealed_body(initial_vector="*" + base64.b64encode(IV).decode()),
    "base64 with a letter of no alphabet": lambda: sealed_body(initial_vector="é"),
    "an IV of 12 bytes": lambda: sealed_body(iv=IV[:12]),
    "an AES-256 key": lambda: sealed_body(aes_key=bytes(32)),
    "a short wrapped key": lambda: sealed_body(encrypted_aes_key=base64.b64encode(b"short").decode()),
    "no data at all": lambda: sealed_body(encrypted_flow_data=""),
    "another IV": lambda: sealed_body(initial_vector=base64.b64encode(bytes(16)).decode()),
    "another key": lambda: sealed_body(key=OTHER_KEY),
    "plaintext that is no JSON": lambda: sealed_body(b"hello"),
    "plaintext that is a list": lambda: sealed_body(b"[1]"),
    "plaintext that is not text": lambda: sealed_body(b"\xff"),
    "plaintext with NaN": lambda: sealed_body(b'{"a":NaN}'),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_what_cannot_be_read_is_said_to_be_so(body: Callable[[], bytes]) -> None:
    with pytest.raises(CannotDecrypt):
        open_request(body(), [KEY])


def test_a_changed_bit_is_noticed() -> None:
    sealed = bytearray(AESGCM(AES_KEY).encrypt(IV, b'{"action":"ping"}', None))
    sealed[0] ^= 1
    with pytest.raises(CannotDecrypt, match="changed"):
        open_request(sealed_body(encrypted_flow_data=base64.b64encode(sealed).decode()), [KEY])


@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_no_body_whatever_breaks_the_door(body: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        open_request(body, [KEY])


@given(st.text(max_size=40))
def test_every_text_survives_the_way_to_the_phone(text: str) -> None:
    request = OpenedRequest(payload={}, aes_key=AES_KEY, iv=IV)
    assert opened_answer(seal_response({"text": text}, request), request) == {"text": text}


def test_half_an_emoji_goes_back_as_it_came() -> None:
    request = open_request(sealed_body(b'{"name":"\\ud83d"}'), [KEY])
    assert opened_answer(seal_response(request.payload, request), request) == {"name": "\ud83d"}


def test_an_answer_that_is_no_json_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        seal_response({"amount": float("nan")}, OpenedRequest(payload={}, aes_key=AES_KEY, iv=IV))


def test_the_key_of_a_request_does_not_show_in_a_log() -> None:
    assert repr(AES_KEY) not in repr(open_request(sealed_body(), [KEY]))


# --- Keys in the environment ----------------------------------------------------------------------
def pem_of(key: Any = KEY, *, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: bytes = b"") -> str:
    sealing = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem: bytes = key.private_bytes(Encoding.PEM, form, sealing)
    return pem.decode()


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("passphrase", ["", "a passphrase"])
@pytest.mark.parametrize(
    "wrapped",
    [str, base64_of, lambda pem: pem.replace("\n", "\\n"), lambda pem: pem.replace("\n", "\r\n"), lambda pem: f"  {pem}\n\n"],
    ids=["plain", "base64", "escaped line breaks", "windows line breaks", "surrounding space"],
)
def test_a_private_key_loads_in_every_usual_form(form: PrivateFormat, passphrase: str, wrapped: Callable[[str], str]) -> None:
    (key,) = load_private_keys(wrapped(pem_of(form=form, passphrase=passphrase.encode())), passphrase)
    assert key.private_numbers() == KEY.private_numbers()


def test_a_key_whose_line_breaks_became_spaces_loads() -> None:
    assert load_private_keys(pem_of().replace("\n", " "))


def test_several_keys_load_in_their_order() -> None:
    newest, oldest = load_private_keys(f"{base64_of(pem_of(OTHER_KEY))}, {base64_of(pem_of(passphrase=b'old'))},", "old")
    assert (newest.private_numbers(), oldest.private_numbers()) == (OTHER_KEY.private_numbers(), KEY.private_numbers())


def test_the_public_half_is_what_meta_wants_uploaded() -> None:
    assert public_key_pem(KEY) == VECTORS["public_key_spki_pem"]


@pytest.mark.parametrize(
    ("text", "passphrase", "sentence"),
    [
        ("", "", "There is no private key"),
        (" , ", "", "There is no private key"),
        ("not a key", "", "neither PEM nor base64"),
        (base64_of("not a key"), "", "no BEGIN and END line"),
        (pem_of()[:-10], "", "no BEGIN and END line"),
        (pem_of().replace("MII", "AAA", 1), "", "not copied whole"),
        (pem_of(passphrase=b"right"), "", "set its passphrase"),
        (pem_of(passphrase=b"right"), "wrong", "the passphrase does not fit"),
        (pem_of(form=PrivateFormat.TraditionalOpenSSL, passphrase=b"right"), "wrong", "the passphrase does not fit"),
        (public_key_pem(KEY), "", "cannot be read"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "", "must be an RSA key of 2048 bits"),
        (pem_of(rsa.generate_private_key(65537, 3072)), "", "must be an RSA key of 2048 bits"),
    ],
)
def test_a_key_that_cannot_serve_is_explained(text: str, passphrase: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refusal:
        load_private_keys(text, passphrase)
    assert not isinstance(refusal.value, binascii.Error)
