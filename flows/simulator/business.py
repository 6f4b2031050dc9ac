"""Our app, as Meta and the phones know it: where it listens, the secret that signs what it is sent, its number."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import urllib3

WEBHOOK_PATH = "/crm-api/whatsapp/webhook/"
TIMEOUT_SECONDS = 10

_http = urllib3.PoolManager(maxsize=16, num_pools=8)

Deliver = Callable[[str, bytes, dict[str, str]], tuple[int, bytes]]
"""Brings a body with its headers to a path or address of our app; status and body come back. Raises TimeoutError or OSError."""


@dataclass(frozen=True)
class Business:
    """`url` empty and no `deliver`: nobody listens, and nothing is sent out.

    Several addresses with commas between them take turns, as behind a balancer.
    """

    url: str = ""
    app_secret: str = field(default="development-app-secret", repr=False)
    public_key: str = field(default="", repr=False)
    """The PEM that phones seal with until one is uploaded."""
    deliver: Deliver | None = field(default=None, repr=False)
    name: str = "Example Safaris"
    display_number: str = "263780000000"
    phone_number_id: str = "100000000000001"
    account_id: str = "100000000000002"
    paynow_url: str = ""
    """The simulator of Paynow, whose prompts appear on the handsets."""
    _turns: Iterator[int] = field(default_factory=itertools.count, repr=False, compare=False)

    @property
    def listens(self) -> bool:
        return bool(self.url or self.deliver)

    def post(self, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Raises TimeoutError or OSError when there is no answer."""
        if self.deliver is not None:
            return self.deliver(address, body, headers)
        if not self.url and address.startswith("/"):
            raise ConnectionError("The simulator does not know where our app listens.")
        full = self._next_url() + address if address.startswith("/") else address
        try:
            response = _http.request(
                "POST", full, body=body, headers=headers, timeout=TIMEOUT_SECONDS, retries=False, redirect=False
            )
        except urllib3.exceptions.TimeoutError as late:
            raise TimeoutError(str(late)) from None
        except urllib3.exceptions.HTTPError as lost:
            raise ConnectionError(str(lost)) from None
        return response.status, response.data

    def _next_url(self) -> str:
        urls = self.url.split(",")
        return urls[next(self._turns) % len(urls)].strip().rstrip("/")


def secret_from_environment() -> str:
    """The newest of WHATSAPP_APP_SECRET, else that of development."""
    newest = os.environ.get("WHATSAPP_APP_SECRET", "").split(",")[0].strip()
    return newest or "development-app-secret"
