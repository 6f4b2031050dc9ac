"""Our Flow key is changed for a new one while a customer is in the middle of a form, and the customer notices nothing."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command

from customer_data.models import Booking, SeatHold
from flows.crypto import public_key_pem
from flows.definitions.booking_whatsapp_flow import BOOKING_WHATSAPP_FLOW, CONTACT, SUMMARY, TRAVELLERS
from flows.keys import fingerprint_of, private_keys
from flows.simulator import GraphSimulator, Phone
from flows.tests.travellers import a_departure, at_travellers, post, seats_taken, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("other_keys")]

NUMBER = "100000000000001"


@pytest.fixture(scope="module")
def pair() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """The new key and the old one."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


class Handset:
    """A phone that asks Meta for the key, and whoever carries it counts how often and what came back."""

    def __init__(self, graph: GraphSimulator) -> None:
        self.fetched: list[str] = []
        self.statuses: list[int] = []
        self._graph = graph
        self.phone = Phone(
            BOOKING_WHATSAPP_FLOW,
            flow_token=token_of(),
            app_secret=settings.WHATSAPP_APP_SECRET[0],
            public_key=self._fetch,
            transport=self._carry,
            pause=lambda seconds: None,
        )

    def _fetch(self) -> str:
        key = self._graph.public_keys[NUMBER]
        self.fetched.append(fingerprint_of(key))
        return key

    def _carry(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        status, answer = post(body, headers)
        self.statuses.append(status)
        return status, answer


def use_keys(setting: Any, *keys: RSAPrivateKey) -> None:
    """The processes are started again with these keys, newest first."""
    setting.WHATSAPP_FLOW_PRIVATE_KEY = "".join(_pem(key) for key in keys)
    private_keys.cache_clear()


def upload() -> str:
    out = StringIO()
    call_command("upload_flow_key", stdout=out)
    return out.getvalue().strip()


def prints_of(keys: Sequence[RSAPrivateKey]) -> list[str]:
    return [fingerprint_of(public_key_pem(key)) for key in keys]


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_customer_in_the_middle_of_a_form_is_carried_through_the_whole_change(
    graph: GraphSimulator, settings: Any, pair: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    new, old = pair
    use_keys(settings, old)
    upload()
    departure, handset = a_departure(), Handset(graph)
    phone = handset.phone
    assert at_travellers(phone, departure).screen == TRAVELLERS

    use_keys(settings, new, old)  # the new one is added first …
    assert phone.submit(travellers="2").screen == CONTACT
    assert upload() == "Meta has the public key now, and its signature is VALID."  # … and given to Meta
    assert phone.submit(name="Rudo Moyo").screen == SUMMARY
    assert set(handset.statuses) == {200}
    assert handset.fetched == prints_of([old])

    use_keys(settings, new)  # days later the old one is taken away
    done = phone.submit()
    assert done.completion is not None
    assert handset.statuses[-2:] == [421, 200]
    assert handset.fetched == prints_of([old, new])
    assert Booking.objects.get().booking_reference == done.completion["booking_reference"]
    assert (seats_taken(departure), SeatHold.objects.count()) == (2, 1)


def test_a_key_that_is_lost_at_once_costs_one_more_request_and_no_choice(
    graph: GraphSimulator, settings: Any, pair: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    new, old = pair
    use_keys(settings, old)
    upload()
    departure, handset = a_departure(), Handset(graph)
    at_travellers(handset.phone, departure)
    use_keys(settings, new)
    upload()
    shown = handset.phone.submit(travellers="3")
    assert (shown.screen, seats_taken(departure)) == (CONTACT, 3)


def test_until_meta_has_the_new_key_a_phone_cannot_go_on_and_nothing_is_lost(
    graph: GraphSimulator, settings: Any, pair: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    """The wrong order: the old key was taken away before Meta got the new one."""
    new, old = pair
    use_keys(settings, old)
    upload()
    departure, handset = a_departure(), Handset(graph)
    at_travellers(handset.phone, departure)
    use_keys(settings, new)
    assert handset.phone.submit(travellers="2").failure == "business-decryption-error"
    assert seats_taken(departure) == 0
    upload()
    assert handset.phone.again().screen == CONTACT


def test_the_newest_key_is_the_one_that_is_given(
    graph: GraphSimulator, settings: Any, pair: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    use_keys(settings, *pair)
    upload()
    assert [fingerprint_of(graph.public_keys[NUMBER])] == prints_of(pair[:1])
    assert upload() == "Meta had the public key already, and its signature is VALID."


def test_a_fingerprint_does_not_depend_on_how_the_key_is_written(pair: tuple[RSAPrivateKey, RSAPrivateKey]) -> None:
    pem = public_key_pem(pair[0])
    assert fingerprint_of(pem) == fingerprint_of(pem.replace("\n", "\r\n").strip())
    assert fingerprint_of(pem) != fingerprint_of(public_key_pem(pair[1]))
    assert len(fingerprint_of(pem).replace(" ", "")) == 64


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "é"])
def test_what_is_no_key_has_no_fingerprint(text: str) -> None:
    assert fingerprint_of(text) == ""
