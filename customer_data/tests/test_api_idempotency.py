"""`Idempotency-Key`: the same request is done once, however it is repeated; without the key these tests make several payments."""

import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from customer_data.models import Booking, IdempotentRequest, Payment
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from customer_data.tests.shop import Shop, asking_for, new_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tasks_at_once")]

AT_ONCE = 6
TIMES = 5


@pytest.fixture
def shop(drawer: Drawer) -> Shop:
    """At a gateway that declines everything: so no payment is open for long, and only the key keeps a second one away."""
    drawer.next_trouble = ["decline"] * 100
    cache.clear()  # nobody has called yet
    return new_shop("drawer")


def asked(booking: Booking, **changes: Any) -> dict[str, Any]:
    return asking_for(booking, payment_method="wallet", phone="0771234567", **changes)


def send_at_once(shop: Shop, body: dict[str, Any], idempotency_key: str | None) -> list[Any]:
    """Several callers at the same moment, each of them several times: a payment that was declined is open no more."""
    together = threading.Barrier(AT_ONCE)
    answers: list[Any] = []

    def send() -> None:
        together.wait(timeout=20)
        answers.extend(shop.post(body, idempotency_key=idempotency_key) for _ in range(TIMES))
        connection.close()

    callers = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=60)
    return answers


def test_the_same_request_at_the_same_moment_is_done_once(shop: Shop) -> None:
    booking = make.booking()
    answers = send_at_once(shop, asked(booking), "order-1")
    assert [answer.status_code for answer in answers] == [202] * AT_ONCE * TIMES
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert booking.payments.count() == 1


def test_without_a_key_the_same_requests_make_several_payments(shop: Shop) -> None:
    """The control of the race above."""
    booking = make.booking()
    send_at_once(shop, asked(booking), None)
    assert booking.payments.count() > 1


def test_a_crash_loses_the_key_and_the_payment_together(shop: Shop, settings: Any) -> None:
    booking = make.booking()
    address = settings.SITE_URL
    del settings.SITE_URL
    assert shop.post(asked(booking), idempotency_key="order-1").status_code == 500
    assert not Payment.objects.exists()
    assert not IdempotentRequest.objects.exists()
    settings.SITE_URL = address
    assert shop.post(asked(booking), idempotency_key="order-1").status_code == 202
    assert booking.payments.count() == 1


def test_a_repeated_answer_is_the_first_one(shop: Shop) -> None:
    booking = make.booking()
    first = shop.post(asked(booking), idempotency_key="order-1")
    again = shop.post(dict(reversed(asked(booking).items())), idempotency_key="order-1")
    assert booking.payments.get().status == "failed"
    assert (again.status_code, again.json()) == (202, first.json())


@pytest.mark.parametrize("changes", [{"amount_option": "deposit"}, {"amount": "1.00"}, {"phone": "0771234568"}])
def test_the_same_key_with_another_body_is_refused(shop: Shop, changes: dict[str, str]) -> None:
    booking = make.booking()
    shop.post(asked(booking), idempotency_key="order-1")
    other = shop.post(asked(booking) | changes, idempotency_key="order-1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert booking.payments.count() == 1


@pytest.mark.parametrize("key", ["", "   ", "x" * 256, "a\x7fb", "a\tb"])
def test_a_key_that_is_none_is_refused(shop: Shop, key: str) -> None:
    answer = shop.post(asked(make.booking()), idempotency_key=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "idempotency_key_invalid")
    assert not Payment.objects.exists()


@pytest.mark.parametrize("key", ["x", "x" * 255, "Bestellung Nr. 7/ä"])
def test_any_printable_key_will_do(shop: Shop, key: str) -> None:
    booking = make.booking()
    answers = [shop.post(asked(booking), idempotency_key=key) for _ in range(2)]
    assert answers[0].status_code == 202
    assert answers[0].json() == answers[1].json()
