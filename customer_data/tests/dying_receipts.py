"""A worker that dies while it issues a receipt: `python -m customer_data.tests.dying_receipts POINT PAYMENT DATABASE`."""

import signal
import sys
from typing import Any

import django
from django.conf import settings


def main(point: str, payment_id: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.PAYMENT_GATEWAYS = {}
    django.setup()
    from customer_data import services  # noqa: PLC0415  models need the settings above
    from customer_data.models import Payment, Receipt  # noqa: PLC0415

    save = Receipt.save

    def save_and_die(receipt: Receipt, **options: Any) -> None:
        """The number is taken; the receipt is written, or not, and nothing is committed."""
        if point == "written":
            save(receipt, **options)
        print("here", flush=True)
        signal.pause()

    Receipt.save = save_and_die  # type: ignore[assignment]
    services.issue_receipt(Payment.objects.get(pk=payment_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
