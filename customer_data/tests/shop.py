"""A shop's own software at the API, for tests: it has an API key, starts payments and asks about them."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import call_command
from django.test import Client

from customer_data.models import Booking


class Shop:
    """A caller with an API key, at the doors of one gateway."""

    def __init__(self, key: str, *, gateway: str) -> None:
        self.key = key
        self.doors = f"/crm-api/payments/{gateway}/"

    def post(self, body: Any, *, idempotency_key: str | None = None, path: str = "", **headers: str) -> Any:
        """The answer to `body`, which is sent as it is when it is text or bytes."""
        extra = {"Authorization": f"Api-Key {self.key}"} | ({} if idempotency_key is None else {"Idempotency-Key": idempotency_key})
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        web, path = Client(raise_request_exception=False), path or f"{self.doors}initiate/"
        return web.generic("POST", path, text, headers.pop("content_type", "application/json"), headers=extra | headers)

    def get(self, path: str) -> Any:
        return Client(raise_request_exception=False).get(path, headers={"Authorization": f"Api-Key {self.key}"})

    def start(self, booking: Booking, **changes: Any) -> Any:
        return self.post(asking_for(booking) | changes)

    def status(self, payment_id: Any) -> Any:
        return self.get(f"{self.doors}status/{payment_id}/")


def asking_for(booking: Booking, **changes: Any) -> dict[str, Any]:
    """A request by phone that is in order. The method is the house's EcoCash; a test of the core names one of the drawer's."""
    return {"booking_reference": booking.booking_reference, "payment_method": "ecocash", "phone": "0771111111"} | changes


def new_shop(gateway: str, *, name: str = "Tests") -> Shop:
    """A shop whose key was made as a person makes one."""
    out = io.StringIO()
    call_command("create_api_key", name, stdout=out)
    return Shop(out.getvalue().strip(), gateway=gateway)
