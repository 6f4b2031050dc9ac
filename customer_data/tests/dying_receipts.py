"""A worker that dies while it issues a receipt: `python -m customer_data.tests.dying_receipts POINT PAYMENT DATABASE`."""

import signal
import sys

import django
from django.conf import settings


def main(point: str, payment_id: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.PAYMENT_GATEWAYS = {}
    django.setup()
    from customer_data import services  # noqa: PLC0415  models need the settings above
    from customer_data.models import Payment, Receipt, ReceiptSeries  # noqa: PLC0415
    from customer_data.services import receipts  # noqa: PLC0415

    write = receipts._write

    def write_and_die(series: ReceiptSeries, receipt: Receipt) -> None:
        """The series is locked; the number is taken and the receipt written, or not, and nothing is committed."""
        if point == "written":
            write(series, receipt)
        print("here", flush=True)
        signal.pause()

    receipts._write = write_and_die
    services.issue_receipt(Payment.objects.get(pk=payment_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
