"""Who may call the API, and how often."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from rest_framework_api_key.models import APIKey

from customer_data.api.keys import PerAddress, PerKey
from customer_data.tests import make
from customer_data.tests.drawer import Drawer
from customer_data.tests.shop import Shop, new_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(drawer: Drawer) -> Iterator[Shop]:
    cache.clear()
    yield new_shop("drawer")
    cache.clear()


def test_the_command_prints_the_key_and_nothing_else(drawer: Drawer) -> None:
    out = io.StringIO()
    call_command("create_api_key", "Web shop", stdout=out)
    assert out.getvalue() == out.getvalue().strip() + "\n"
    assert Shop(out.getvalue().strip(), gateway="drawer").status(uuid4()).status_code == 404
    assert APIKey.objects.get().name == "Web shop"


@pytest.mark.parametrize("name", ["", "  ", "x" * 51])
def test_a_name_that_does_not_fit_is_explained(name: str) -> None:
    with pytest.raises(CommandError, match="1 to 50 characters"):
        call_command("create_api_key", name)
    assert not APIKey.objects.exists()


@pytest.mark.parametrize("change", [{"revoked": True}, {"expiry_date": timezone.now() - timedelta(seconds=1)}])
def test_a_key_that_was_revoked_or_has_expired_opens_nothing(shop: Shop, change: dict[str, Any]) -> None:
    assert shop.status(uuid4()).status_code == 404
    APIKey.objects.update(**change)
    answer = shop.status(uuid4())
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert answer["WWW-Authenticate"] == "Api-Key"


def test_each_key_has_its_own_limit_and_is_told_when_to_come_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerKey, "rate", "2/min", raising=False)
    answers = [shop.status(uuid4()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[2].json()["error"]["code"] == "throttled"
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert new_shop("drawer", name="Another").status(uuid4()).status_code == 404


def test_an_address_that_guesses_keys_is_slowed_down(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PerAddress, "rate", "2/min", raising=False)
    answers = [Shop(f"guess{number}.wrong", gateway="drawer").status(uuid4()) for number in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def test_payments_go_on_while_the_cache_is_away(shop: Shop) -> None:
    nobody = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    with override_settings(CACHES={"default": nobody}):
        assert shop.start(make.booking(), payment_method="wallet").status_code == 202


@pytest.mark.redis
def test_limits_are_kept_in_redis(shop: Shop, settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}}
    monkeypatch.setattr(PerKey, "rate", "2/min", raising=False)
    assert [shop.status(uuid4()).status_code for _ in range(3)] == [404, 404, 429]
