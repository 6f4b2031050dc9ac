"""A worker that hands one refund to its gateway and is killed on the way: `python -m … POINT REFERENCE FOLDER DATABASE`."""

import signal
import sys
from pathlib import Path

import django
from django.conf import settings


def main(point: str, reference: str, folder: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.PAYMENT_GATEWAYS = {"drawer": "customer_data.tests.drawer_gateway.DrawerGateway"}
    settings.ROOT_URLCONF = "customer_data.tests.drawer_urls"
    django.setup()
    from customer_data import services  # noqa: PLC0415  models need the settings above
    from customer_data.tests.drawer import Drawer  # noqa: PLC0415

    drawer = Drawer.in_use = Drawer(Path(folder))
    if point == "claimed":
        drawer.before_refund = _say_and_wait
    else:
        drawer.after_refund = _say_and_wait
    services.send_refund(reference)


def _say_and_wait(reference: str) -> None:
    print("here", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
