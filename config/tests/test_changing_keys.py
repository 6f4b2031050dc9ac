"""Every key can be changed while people are signed in and shops are calling; and the old one is worth nothing afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework_api_key.models import APIKey

from customer_data.tests import make
from customer_data.tests.conftest import drawer
from customer_data.tests.desk import Desk, desk
from customer_data.tests.shop import new_shop

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

OLD, NEW = "the old signing key " * 3, "the new signing key " * 3


def may_read(who: Desk) -> bool:
    return bool(who.get(reverse("admin:index")).status_code == 200)


@pytest.fixture
def signed_in(settings: Any) -> Desk:
    settings.SECRET_KEY = OLD
    return desk("view_payment")


def test_who_is_signed_in_stays_so_while_the_old_key_is_among_the_fallbacks(settings: Any, signed_in: Desk) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert may_read(signed_in)
    settings.SECRET_KEY_FALLBACKS = []
    assert may_read(signed_in), "the session was signed anew by the visit before"


def test_after_a_leak_everybody_signs_in_again(settings: Any, signed_in: Desk) -> None:
    """Control for the fallbacks: without them the old key's sessions are over."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert not may_read(signed_in)


def test_a_shop_goes_over_to_a_second_key_and_the_first_is_revoked() -> None:
    first, second = new_shop("drawer", name="Shop 2026"), new_shop("drawer", name="Shop 2027")
    payment = make.payment("pending")
    assert (first.status(payment.pk).status_code, second.status(payment.pk).status_code) == (200, 200)
    APIKey.objects.filter(name="Shop 2026").update(revoked=True)
    assert (first.status(payment.pk).status_code, second.status(payment.pk).status_code) == (401, 200)
