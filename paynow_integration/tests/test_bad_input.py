"""Whatever is posted to the doorbell: an answer that is not a 500, a line in the list, and no money moved."""

import hashlib
from urllib.parse import quote_plus

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_data.models import Payment, PaymentEvent
from paynow_integration.hashing import hash_of
from paynow_integration.messages import MOST_BYTES, encode, parse
from paynow_integration.models import PaynowConfig, PaynowNotification
from paynow_integration.tests.till import FORM, IPN, WAITING, Till, changed
from paynow_integration.views import StatusUpdateView

KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"

NO_UPDATES = {
    "empty": b"",
    "spaces": b"  \r\n ",
    "text": b"hello",
    "binary": bytes(range(256)),
    "a null byte": b"reference=\x00&hash=%00",
    "broken UTF-8": b"reference=%ff%fe&status=Paid&hash=00",
    "broken escapes": b"reference=%zz%u1234&status=%&hash=00",
    "JSON": b'{"reference": "A", "status": "Paid"}',
    "a web page": b"<html>Just a moment...</html>",
    "XML": b'<?xml version="1.0"?><status>Paid</status>',
    "no values": b"reference&status&hash",
    "only separators": b"&&&&",
    "only an equals sign": b"=",
    "a thousand fields": b"&".join(b"a%d=1" % number for number in range(1000)),
    "a very long name": b"a" * 60_000 + b"=1&hash=00",
    "UTF-16": "reference=A&status=Paid&hash=00".encode("utf-16"),
    "multipart": b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\nPaid\r\n--x--\r\n',
}


@pytest.mark.parametrize("body", NO_UPDATES.values(), ids=NO_UPDATES.keys())
@pytest.mark.parametrize("content_type", [FORM, "application/json", "multipart/form-data; boundary=x", "text/html", ""])
def test_what_is_no_update_is_answered_400_and_kept(db: None, body: bytes, content_type: str) -> None:
    assert Client().generic("POST", IPN, body, content_type=content_type).status_code == 400

    kept = PaynowNotification.objects.get()
    assert kept.outcome in ("malformed", "not_genuine")
    assert kept.body.encode("latin-1") == body
    assert kept.size == len(body)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", "nonsense", ""])
def test_a_genuine_update_is_heard_whatever_it_calls_itself(till: Till, content_type: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment), content_type=content_type) == 200
    assert till.stands(payment) == ("successful", "paid")


def test_a_huge_body_is_answered_400_and_kept_cut_with_its_size(till: Till) -> None:
    body = b"reference=" + b"A" * 5_000_000

    assert till.ring(body) == 400

    kept = PaynowNotification.objects.get()
    assert (kept.outcome, kept.size, len(kept.body)) == ("malformed", len(body), MOST_BYTES)


def test_a_genuine_update_with_a_tail_that_makes_it_too_long_is_not_believed(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment) + b"&" * MOST_BYTES) == 400
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize("announced", ["99999999999999999999", "9" * 5000, "-1", "²", "many", ""])
def test_an_absurd_announced_length_is_no_error_of_ours(transactional_db: None, announced: str) -> None:
    request = RequestFactory().generic("POST", IPN, b"x", content_type=FORM)
    request.META["CONTENT_LENGTH"] = announced

    assert StatusUpdateView.as_view()(request).status_code == 400
    assert PaynowNotification.objects.get().size <= 2_147_483_647


def test_a_repeated_field_is_answered_400_although_its_signature_holds(till: Till) -> None:
    """Two readers could each believe a different value."""
    payment = till.charge()
    till.paynow.approve(payment.reference)
    unsigned = [("reference", "0000000000A"), *till.fields(payment)[:-1]]
    twice = [*unsigned, ("hash", hash_of(unsigned, KEY))]

    assert till.ring(encode(twice)) == 400
    assert till.ring(till.update(payment) + b"&Status=Refunded") == 400
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize("name", ["sta\ntus", "\r\nstatus", "status\x00", "<script>", ""])
def test_a_field_whose_name_no_field_has_is_answered_400(till: Till, name: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    odd = [*till.fields(payment)[:-1], (name, "Paid")]

    assert till.ring(encode([*odd, ("hash", hash_of(odd, KEY))])) == 400
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize(
    "reference", ["", " ", "A" * 5000, "'; DROP TABLE customer_data_payment; --", "\x00", "\u202eevil", "B\r\nB"]
)
def test_a_signed_update_with_an_impossible_reference_rings_nobody(till: Till, reference: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.signed(changed(till.fields(payment), reference=reference))) in (400, 404)
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize("pasted", [f"{KEY}\n", f" {KEY} ", f"{KEY.upper()}\r\n", f"{KEY[:18]}\n{KEY[18:]}"])
def test_a_key_pasted_with_a_line_break_or_in_capitals_works(till: Till, pasted: str) -> None:
    PaynowConfig.objects.filter(integration_id="1201").delete()
    PaynowConfig.objects.create(
        name="Pasted",
        integration_id=" 1201\n",
        integration_key=pasted,
        api_base_url=f"{till.paynow.url}/interface/initiatetransaction",
        merchant_email="merchant@example.com",
    )
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == ("successful", "paid")


# --- Generated ------------------------------------------------------------------------------------
NAMES = st.one_of(
    st.sampled_from(["reference", "paynowreference", "amount", "status", "pollurl", "hash", "Status", "HASH", "token"]),
    st.text(max_size=8),
)
VALUES = st.one_of(
    st.sampled_from(["Paid", "Cancelled", "Refunded", "10.00", "-1", "1e9", "http://192.0.2.1/", ""]), st.text(max_size=30)
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=10)


def _encoded(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{quote_plus(name, errors='replace')}={quote_plus(value, errors='replace')}" for name, value in pairs).encode()


GENERATED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Doorstep:
    """A pending payment that Paynow calls unpaid, and what a generated body made of it."""

    def __init__(self, till: Till) -> None:
        till.paynow.manners.announce_sent = True
        self.till, self.payment = till, till.charge()
        self.booking = self.payment.booking

    def ring(self, body: bytes, content_type: str = FORM) -> int:
        cache.clear()  # each example is another visitor's
        kept_before = PaynowNotification.objects.count()
        status = self.till.ring(body, content_type=content_type)
        assert status in (200, 400, 404)
        assert PaynowNotification.objects.count() == kept_before + 1
        kept = PaynowNotification.objects.latest("pk")
        assert kept.fingerprint == hashlib.sha256(body).hexdigest()
        assert kept.outcome != "received"
        assert self.till.stands(self.payment) == WAITING
        assert not PaymentEvent.objects.filter(to_status="successful").exists()
        return status


@pytest.fixture
def doorstep(till: Till) -> Doorstep:
    return Doorstep(till)


@GENERATED
@given(body=st.binary(max_size=400), content_type=st.sampled_from([FORM, "application/json", "multipart/form-data; boundary=x"]))
def test_any_bytes_are_kept_and_move_nothing(doorstep: Doorstep, body: bytes, content_type: str) -> None:
    assert doorstep.ring(body, content_type) == 400


@GENERATED
@given(pairs=PAIRS)
def test_any_fields_are_kept_and_move_nothing(doorstep: Doorstep, pairs: list[tuple[str, str]]) -> None:
    assert doorstep.ring(_encoded(pairs)) == 400


@GENERATED
@given(pairs=PAIRS, names_the_payment=st.booleans())
def test_any_fields_under_a_valid_signature_are_kept_and_move_nothing(
    doorstep: Doorstep, pairs: list[tuple[str, str]], names_the_payment: bool
) -> None:
    fields = [pair for pair in pairs if pair[0].strip().lower() not in ("hash", "reference")]
    if names_the_payment:
        fields.insert(0, ("reference", doorstep.payment.reference))
    as_received = [(name, value.encode(errors="replace").decode()) for name, value in fields]
    doorstep.ring(_encoded([*fields, ("hash", hash_of(as_received, KEY))]))


@GENERATED
@given(data=st.data())
def test_a_genuine_update_cut_anywhere_between_its_values_moves_nothing(doorstep: Doorstep, data: st.DataObject) -> None:
    """All that a forger can do without the key: name the fields anew and move the borders between them."""
    fields = doorstep.till.fields(doorstep.payment)
    signed_text, signature = "".join(value for name, value in fields if name != "hash"), dict(fields)["hash"]
    borders = sorted(data.draw(st.lists(st.integers(0, len(signed_text)), max_size=6)))
    values = [signed_text[start:end] for start, end in zip([0, *borders], [*borders, len(signed_text)], strict=True)]
    names = data.draw(st.permutations(["reference", "paynowreference", "amount", "status", "pollurl", "x", "y"]))
    forged = [*zip(names, values, strict=False), ("hash", signature)]

    assert doorstep.ring(encode(forged)) in (200, 404)


def test_the_control_a_genuine_update_of_paid_money_moves_it(doorstep: Doorstep) -> None:
    """The tests above would notice money that moves."""
    doorstep.till.paynow.approve(doorstep.payment.reference)

    with pytest.raises(AssertionError):
        doorstep.ring(doorstep.till.update(doorstep.payment))

    assert Payment.objects.get().is_paid
    assert parse(doorstep.till.update(doorstep.payment)).get("status") == "Paid"


def test_a_sender_that_hangs_up_halfway_is_answered_400_and_kept(transactional_db: None) -> None:
    class HungUp:
        def read(self, *_: object) -> bytes:
            raise OSError("connection reset")

    request = RequestFactory().generic("POST", IPN, b"reference=A", content_type=FORM)
    request._stream = HungUp()  # type: ignore[assignment]  # the socket, as a server gives it to us

    assert StatusUpdateView.as_view()(request).status_code == 400
    assert PaynowNotification.objects.get().size == len(b"reference=A")


def test_a_refused_update_is_answered_with_a_sentence_that_repeats_nothing_of_it(transactional_db: None) -> None:
    response = Client().generic("POST", IPN, b"<script>alert(1)</script>", content_type="text/html")

    assert response.content == b"Not a genuine status update"
    assert response["Content-Type"] == "text/plain"
