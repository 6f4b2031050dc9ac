"""The endpoint as Meta's client meets it: signatures, keys, statuses, and refusals that a phone can read."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import RequestDataTooBig
from django.test import Client
from django.utils import timezone

from customer_data.tests import make
from flows import tokens
from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import DONE, PAYMENT, PAYMENT_SUCCESS
from flows.keys import private_keys
from flows.models import FlowSession
from flows.simulator.envelope import Sealed, open_answer, seal
from flows.tests.customers import ENDPOINT, phone_of, phone_with, post
from flows.views import MOST_BYTES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

SECRET = "app-secret-of-today"
OLD_SECRET = "app-secret-of-yesterday"


@pytest.fixture(autouse=True)
def app_secrets(settings: Any) -> None:
    settings.WHATSAPP_APP_SECRET = [SECRET, OLD_SECRET]


def sealed(request: dict[str, Any], *, secret: str = SECRET, key: str = "", escaped_slashes: bool = False) -> Sealed:
    public_key = key or public_key_pem(private_keys()[0])
    return seal(request, public_key=public_key, app_secret=secret, escaped_slashes=escaped_slashes)


def answered(request: dict[str, Any], **how: Any) -> tuple[int, Any]:
    """The status, and what the phone reads; the body itself when nothing is sealed in it."""
    envelope = sealed(request, **how)
    status, body = post(envelope.body, {"X-Hub-Signature-256": envelope.signature})
    return status, open_answer(body, envelope) if status in (200, 427) else body


def init(token: str) -> dict[str, Any]:
    return {"version": "3.0", "action": "INIT", "screen": "", "data": {}, "flow_token": token}


PING = {"version": "3.0", "action": "ping"}


# --- What Meta asks by itself ---------------------------------------------------------------------
def test_a_ping_is_answered_without_any_token() -> None:
    assert answered(PING) == (200, {"data": {"status": "active"}})


@pytest.mark.parametrize("field", ["error", "error_key"])
@pytest.mark.parametrize("action", ["INIT", "data_exchange", "navigate"])
@pytest.mark.parametrize("token", ["", "unknown", None])
def test_an_error_notice_is_acknowledged_whatever_its_token(field: str, action: str, token: str | None) -> None:
    notice = {"version": "3.0", "action": action, "screen": PAYMENT, "data": {field: "payload-schema-error", "error_message": "x"}}
    assert answered(notice | ({} if token is None else {"flow_token": token})) == (200, {"data": {"acknowledged": True}})


def test_an_error_notice_changes_nothing_and_leaves_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    booking = make.booking()
    phone = phone_of(booking)
    phone.open()
    assert phone.error_notice("invalid-screen-transition").data == {"acknowledged": True}
    assert not booking.payments.exists()
    assert "invalid-screen-transition" in caplog.text


def test_init_shows_the_form_and_remembers_when_it_was_opened() -> None:
    phone = phone_of(make.booking())
    assert phone.open().screen == PAYMENT
    opened = FlowSession.objects.get().opened_at
    assert opened is not None
    phone.open()
    assert FlowSession.objects.get().opened_at == opened


def test_the_answer_is_bare_base64_as_plain_text() -> None:
    envelope = sealed(PING)
    answer = Client().generic(
        "POST", ENDPOINT, envelope.body, content_type="application/json", headers={"X-Hub-Signature-256": envelope.signature}
    )
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not {b'"', b"\n", b" "} & {bytes([byte]) for byte in answer.content}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_answered(method: str) -> None:
    assert Client().generic(method, ENDPOINT).status_code == 405


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml", "nonsense", ""])
def test_what_the_caller_accepts_does_not_matter(accept: str) -> None:
    envelope = sealed(PING)
    headers = {"X-Hub-Signature-256": envelope.signature, "Accept": accept}
    assert post(envelope.body, headers)[0] == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png", "", "x"])
def test_what_the_body_calls_itself_does_not_matter(kind: str) -> None:
    envelope = sealed(PING)
    assert post(envelope.body, {"X-Hub-Signature-256": envelope.signature, "Content-Type": kind})[0] == 200


# --- 432: not signed with our app secret ----------------------------------------------------------
@pytest.mark.parametrize("header", [None, "", "sha256=", "sha256=00", "sha1=abc", "sha256", "=", "sha256=ü", "sha256=" + "0" * 64])
def test_a_missing_or_wrong_signature_is_432(header: str | None) -> None:
    assert post(sealed(PING).body, {} if header is None else {"X-Hub-Signature-256": header}) == (432, b"")


def test_a_signature_of_other_bytes_is_432() -> None:
    envelope = sealed(PING)
    assert post(envelope.body + b" ", {"X-Hub-Signature-256": envelope.signature})[0] == 432


def test_the_bytes_are_signed_as_they_came_with_their_escaped_slashes() -> None:
    for _ in range(3):  # base64 has a slash in nearly every envelope
        assert answered(PING, escaped_slashes=True)[0] == 200


def test_the_app_secret_of_yesterday_is_still_accepted_and_a_strangers_is_not() -> None:
    assert answered(PING, secret=OLD_SECRET)[0] == 200
    assert answered(PING, secret="a-strangers") == (432, b"")


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nobody_is_genuine(settings: Any, secrets: list[str]) -> None:
    settings.WHATSAPP_APP_SECRET = secrets
    assert answered(PING, secret="")[0] == 432


def test_a_body_without_end_is_432_and_not_read_to_its_end(settings: Any) -> None:
    envelope = sealed(PING)
    huge = envelope.body + b" " * MOST_BYTES
    assert post(huge, {"X-Hub-Signature-256": envelope.signature})[0] == 432
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    try:
        assert answered(PING)[0] == 200  # the limit of form posts is not ours
    except RequestDataTooBig:
        pytest.fail("Another limit than ours stopped it.")


# --- 421: not sealed with our key -----------------------------------------------------------------
def pem_of(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def keys() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """Today's and yesterday's."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.mark.usefixtures("other_keys")
def test_during_a_rotation_the_old_key_and_the_new_one_open_requests(keys: tuple[RSAPrivateKey, ...], settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = "".join(pem_of(key) for key in keys)
    assert [answered(PING, key=public_key_pem(key))[0] for key in keys] == [200, 200]


@pytest.mark.usefixtures("other_keys")
def test_after_a_rotation_the_old_key_is_421_without_a_body(keys: tuple[RSAPrivateKey, ...], settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = pem_of(keys[0])
    assert answered(PING, key=public_key_pem(keys[1])) == (421, b"")


@pytest.mark.usefixtures("other_keys")
def test_a_phone_with_the_old_key_fetches_the_new_one_and_goes_on(keys: tuple[RSAPrivateKey, ...], settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = pem_of(keys[1])
    phone = phone_of(make.booking())
    assert phone.open().screen == PAYMENT
    settings.WHATSAPP_FLOW_PRIVATE_KEY = pem_of(keys[0])
    private_keys.cache_clear()
    assert phone.open().screen == PAYMENT


@pytest.mark.usefixtures("other_keys")
def test_without_any_key_everything_signed_is_421(keys: tuple[RSAPrivateKey, ...], settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = ""
    assert answered(PING, key=public_key_pem(keys[0])) == (421, b"")


# --- 427: the token opens nothing -----------------------------------------------------------------
def spent_token() -> str:
    phone = phone_of((payment := make.payment("successful")).booking)
    FlowSession.objects.update(payment=payment, spent_at=timezone.now())
    return phone.flow_token


def expired_token() -> str:
    token, session = tokens.issue(make.booking())
    FlowSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    return token


def paid_token() -> str:
    return tokens.issue(make.payment("successful").booking)[0]


@pytest.mark.parametrize(
    ("token_of", "says"),
    [
        (spent_token, "used already"),
        (expired_token, "has expired"),
        (paid_token, "nothing to pay"),
        (lambda: "unknown", "not valid any more"),
        (lambda: "unused", "not valid any more"),
        (lambda: "", "not valid any more"),
    ],
)
def test_a_token_that_opens_nothing_is_427_with_a_sentence_only_the_phone_can_read(token_of: Any, says: str) -> None:
    status, answer = answered(init(token_of()))
    assert status == 427
    assert answer.keys() == {"error_msg"}
    assert says in answer["error_msg"]


@pytest.mark.parametrize("token", [None, 5, True, ["a"], {"a": "b"}, "\x00", "x" * 10_000])
def test_a_token_that_is_missing_or_no_token_is_427(token: Any) -> None:
    request = init("") | {"flow_token": token}
    assert answered(request)[0] == 427
    del request["flow_token"]
    assert answered(request)[0] == 427


def test_after_427_the_button_is_grey_and_the_customer_knows_what_to_do() -> None:
    phone = phone_with(expired_token())
    shown = phone.open()
    assert phone.is_disabled
    assert shown.snackbar == "This form has expired. Write to us in the chat and we will send you a new one."


def test_a_completed_form_reopened_later_is_grey() -> None:
    payment = make.payment("successful")
    token, session = tokens.issue(payment.booking)
    FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    done = {"version": "3.0", "action": "data_exchange", "screen": PAYMENT_SUCCESS, "data": {"next": DONE}, "flow_token": token}
    first, second = answered(done), answered(done)
    assert first == second
    assert first[1]["data"]["extension_message_response"]["params"]["flow_token"] == token
    assert answered(init(token))[0] == 427


# --- In development -------------------------------------------------------------------------------
def test_in_development_a_screen_the_phone_would_refuse_is_in_the_log(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, refused_screens: list[str]
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr("flows.screens.say", lambda template, **facts: "x" * 5000)
    answered(init(tokens.issue(make.booking())[0]))
    assert "The phone would refuse this screen" in caplog.text
    assert refused_screens
    refused_screens.clear()


def test_no_log_line_tells_a_token_a_number_or_a_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    booking = make.booking()
    phone = phone_of(booking)
    phone.open()
    phone.submit(payment_method="wallet", amount_option="full", phone="0771234999", email="rudo@example.com")
    phone.error_notice()
    told = json.dumps([record.getMessage() for record in caplog.records if not record.name.startswith("django.db")])
    assert phone.flow_token not in told
    assert "771234999" not in told
