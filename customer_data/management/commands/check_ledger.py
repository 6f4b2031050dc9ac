"""`./manage.py check_ledger`: are the books right?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from customer_data.ledger import INVARIANTS, violations
from customer_data.models import Booking, Payment


class Command(BaseCommand):
    help = "Checks every money invariant. Prints each violation and exits 1 when there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for violation in violations():
            found += 1
            self.stdout.write(f"{violation.invariant}: {violation.sentence}")
        if found:
            self.stderr.write(f"{found} violations. Nothing was changed.")
            sys.exit(1)
        self.stdout.write(f"The books are right: {len(INVARIANTS)} invariants hold over {_what_there_is()}.")


def _what_there_is() -> str:
    return f"{Booking.objects.count():,} bookings and {Payment.objects.count():,} payments"
