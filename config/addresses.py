"""Where `make run` serves what, so that `make demo` and the browser find it."""

import os
import sys
from typing import NoReturn

from desk.roles import ACCOUNTANT, CASHIER, OWNER, SUPERVISOR

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
DEMO_STAFF = "admin"
"""The staff login of the demo, loaded only with DEBUG on."""
DEMO_PEOPLE = {"cashier": CASHIER, "supervisor": SUPERVISOR, "accountant": ACCOUNTANT, "owner": OWNER}
"""More logins of the demo, each in the group of its name."""


def wanted_port() -> int:
    """The port of the web process, from PORT; the simulators take the two above it. Stops with a sentence when it is none."""
    wanted = os.environ.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not wanted.isdecimal() or not 1 <= int(wanted) <= 65533:
        _refuse(f"PORT is {wanted!r}. Set it to a number from 1 to 65533, or leave it out for {DEFAULT_PORT}.")
    return int(wanted)


def web_url(port: int) -> str:
    return f"http://{HOST}:{port}"


def paynow_url(port: int) -> str:
    """The simulator of Paynow."""
    return f"http://{HOST}:{port + 1}"


def graph_url(port: int) -> str:
    """The simulator of Meta's Graph API."""
    return f"http://{HOST}:{port + 2}"


def local_environment(port: int) -> dict[str, str]:
    """What the programs of `make run` must know of each other. It wins over `.env`: a demonstration never calls the real ones."""
    return {
        "DEBUG": "1",
        "SITE_URL": os.environ.get("SITE_URL") or web_url(port),
        "PAYNOW_BASE_URL": paynow_url(port),
        "WHATSAPP_GRAPH_BASE_URL": f"{graph_url(port)}/v25.0",
        "WHATSAPP_ACCESS_TOKEN": "simulated-token",
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "100000000000002",
    }


def _refuse(sentence: str) -> NoReturn:
    sys.exit(sentence)
