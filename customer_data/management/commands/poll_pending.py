"""`./manage.py poll_pending`: one sweep, here and now, without a worker."""

from typing import Any

from django.core.management.base import BaseCommand

from customer_data import services
from customer_data.sweep import sweep


class Command(BaseCommand):
    help = "Asks the gateways once about every payment that is due for it, and sends what has not left us."

    def handle(self, *args: Any, **options: Any) -> None:
        count = sweep(
            send=lambda reference: services.send_payment(reference, source="command"),
            check=lambda reference, until: services.check_payment(reference, claimed_until=until, source="command"),
        )
        self.stdout.write(f"{count} payments were due.")
