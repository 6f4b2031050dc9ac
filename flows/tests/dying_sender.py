"""A sender to be killed after WhatsApp took its message: `python -m flows.tests.dying_sender NUMBER GRAPH_URL DATABASE`."""

import signal
import sys
from typing import Any

import django
from django.conf import settings


def main(number: str, graph_url: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.WHATSAPP_GRAPH_BASE_URL = graph_url
    settings.WHATSAPP_ACCESS_TOKEN = "token-for-tests"
    settings.WHATSAPP_PHONE_NUMBER_ID = "100000000000001"
    django.setup()
    from flows import outbox, outcomes  # noqa: PLC0415  models need the settings above

    outcomes.accepted = _stop  # type: ignore[assignment]  # never returns
    outbox.send_message(int(number))


def _stop(*_: Any) -> None:
    """WhatsApp has said yes; nobody writes it down."""
    print("here", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
