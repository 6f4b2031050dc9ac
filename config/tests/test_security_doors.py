"""Every address of the house that is not the staff's, tried by nobody, by strangers and by other customers.

The staff's own are in the walk of permissions. An address that is in no table here fails: whoever adds one says who may open it.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from customer_data.models import Booking, Payment
from customer_data.tests import make
from customer_data.tests.shop import new_shop
from flows import tokens
from flows.crypto import public_key_pem
from flows.keys import private_keys
from flows.simulator.envelope import open_answer, seal

pytestmark = pytest.mark.django_db

PAYMENT_ID = "00000000-0000-4000-8000-000000000000"

# What anybody is answered who names no secret: to GET and to POST with an empty body.
ANYBODY: dict[str, tuple[int, int]] = {
    "": (404, 405),  # the page of a development machine, where DEBUG is on
    "start/sign-in/": (405, 404),
    "healthz": (200, 405),
    "readyz": (503, 503),  # which part is not well, and nothing else
    "crm-api/payments/paynow/initiate/": (401, 401),
    f"crm-api/payments/paynow/status/{PAYMENT_ID}/": (401, 401),
    "crm-api/payments": (404, 404),
    "crm-api/paynow/ipn/": (405, 400),
    "crm-api/paynow/return/": (404, 405),
    "crm-api/flows/paynow-payment-webhook/": (405, 432),
    "crm-api/flows/booking-webhook/": (405, 432),
    "crm-api/whatsapp/webhook/": (403, 401),
    "crm-api/schema/": (200, 405),
    "crm-api/docs/": (200, 405),
}


def addresses(patterns: Any = None, before: str = "") -> list[str]:
    """Every address but the staff's, with something in each place."""
    found: list[str] = []
    for each in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(each.pattern)
        if here.startswith("admin/"):
            continue
        if isinstance(each, URLResolver):
            found += addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern):
            found.append(_filled(here))
    return found


def _filled(route: str) -> str:
    filled = route.replace("<slug:gateway>", "paynow").replace("<uuid:payment_id>", PAYMENT_ID)
    return filled.replace("^payments(?:/|$)", "payments").replace("\\Z", "")


def test_every_address_is_in_the_table() -> None:
    assert sorted(set(addresses())) == sorted(ANYBODY)


@pytest.mark.parametrize("address", ANYBODY)
def test_whoever_names_no_secret_is_told_nothing(address: str, settings: Any) -> None:
    settings.WHATSAPP_VERIFY_TOKEN = "our-token"
    payment = make.payment("pending")
    web = Client(raise_request_exception=False)
    read, sent = ANYBODY[address]
    got, posted = web.get(f"/{address}"), web.post(f"/{address}", b"", content_type="application/json")
    if address != "readyz":
        assert (got.status_code, posted.status_code) == (read, sent)
    for answer in (got, posted):
        said = b"".join(answer) if answer.streaming else answer.content
        for secret in (payment.reference, payment.booking.booking_reference, payment.phone, payment.booking.customer.name):
            assert secret.encode() not in said
    payment.refresh_from_db()
    assert payment.status == "pending"


@pytest.mark.parametrize("key", ["", "Api-Key ", "Api-Key wrong.key", "Bearer x", "Api-Key {key}x", "Basic {key}"])
def test_no_other_key_opens_the_api(key: str) -> None:
    shop, payment = new_shop("paynow"), make.payment("pending", gateway="paynow", payment_method="paynow_ecocash")
    headers = {"Authorization": key.format(key=shop.key)}
    web = Client(raise_request_exception=False)
    assert web.get(f"{shop.doors}status/{payment.pk}/", headers=headers).status_code == 401
    assert web.post(f"{shop.doors}initiate/", b"{}", content_type="application/json", headers=headers).status_code == 401
    assert shop.status(payment.pk).status_code == 200  # control: the right one does


def test_a_payment_of_another_gateway_is_not_found_at_this_ones_address() -> None:
    shop, payment = new_shop("paynow"), make.payment("pending")
    assert payment.gateway == "drawer"
    assert shop.status(payment.pk).status_code == 404


# --- Flows: the token of one customer, everything of another ----------------------------------------
def ask(token: str, action: str, screen: str, path: str, settings: Any, **data: object) -> tuple[int, str]:
    request = {"version": "3.0", "action": action, "screen": screen, "data": data, "flow_token": token}
    sealed = seal(request, public_key=public_key_pem(private_keys()[0]), app_secret=settings.WHATSAPP_APP_SECRET[0])
    headers = {"X-Hub-Signature-256": sealed.signature}
    answer = Client().post(path, sealed.body, content_type="application/json", headers=headers)
    opened = open_answer(answer.content, sealed) if answer.status_code in (200, 427) else ""
    return answer.status_code, str(opened)


PATHS = ("/crm-api/flows/paynow-payment-webhook/", "/crm-api/flows/booking-webhook/")
STEPS = [
    ("INIT", ""),
    ("BACK", "PAYMENT"),
    *(("data_exchange", screen) for screen in ("PAYMENT", "PAYMENT_PROCESSING", "PAYMENT_OTP", "PAYMENT_SUCCESS", "PAYMENT_ERROR")),
    *(("data_exchange", screen) for screen in ("TOUR", "DATE", "TRAVELLERS", "CONTACT", "SUMMARY")),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("action", "screen"), STEPS)
def test_a_form_of_one_customer_never_names_or_moves_what_is_anothers(path: str, action: str, screen: str, settings: Any) -> None:
    theirs = make.payment("pending", booking=make.booking("77.77", title="Somebody else's trip"))
    token, _ = tokens.issue(make.booking("10.00"))
    named = {
        "booking_reference": theirs.booking.booking_reference,
        "booking": str(theirs.booking_id),
        "payment": str(theirs.pk),
        "reference": theirs.reference,
        "hold": "1",
        "departure": "1",
        "amount": "0.01",
    }
    status, said = ask(token, action, screen, path, settings, **named)
    assert status in (200, 427)
    for secret in ("Somebody else", "77.77", theirs.reference, theirs.booking.booking_reference, theirs.booking.customer.name):
        assert secret not in said
    assert Payment.objects.filter(booking=theirs.booking).count() == 1
    theirs.refresh_from_db()
    assert theirs.status == "pending"


def test_the_token_of_one_form_opens_no_other_form(settings: Any) -> None:
    token, _ = tokens.issue(make.booking())
    assert ask(token, "INIT", "", PATHS[1], settings)[0] == 427
    assert ask(token, "INIT", "", PATHS[0], settings)[0] == 200  # control
    assert Booking.objects.count() == 1
