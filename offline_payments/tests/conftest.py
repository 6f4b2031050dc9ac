"""Bank and cash are the only gateway here, unless a test plugs in another beside it."""

from collections.abc import Iterator
from typing import Any

import pytest

from customer_data.gateway import gateway_named


@pytest.fixture(autouse=True)
def offline_alone(settings: Any) -> Iterator[None]:
    settings.PAYMENT_GATEWAYS = {"offline": "offline_payments.gateway.OfflineGateway"}
    gateway_named.cache_clear()
    yield
    gateway_named.cache_clear()
