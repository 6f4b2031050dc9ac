"""A worker in a process of its own, to be killed: `python -m customer_data.tests.dying_worker POINT BOOKING FOLDER DATABASE`."""

import signal
import sys
from pathlib import Path

import django
from django.conf import settings


def main(point: str, booking_id: str, folder: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.PAYMENT_GATEWAYS = {"drawer": "customer_data.tests.dying_gateway.DyingGateway"}
    settings.ROOT_URLCONF = "customer_data.tests.drawer_urls"
    django.setup()
    from customer_data.tests import dying_gateway  # noqa: PLC0415  models need the settings above

    dying_gateway.work(point, int(booking_id), Path(folder), stop=_say_and_wait)


def _say_and_wait() -> None:
    print("here", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
