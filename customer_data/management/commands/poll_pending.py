"""`./manage.py poll_pending`: one sweep, here and now, without a worker."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customer_data import services
from customer_data.sweep import sweep

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Asks the gateways once about every payment that is due for it, and sends what has not left us."

    def handle(self, *args: Any, **options: Any) -> None:
        self._failed: list[str] = []
        count = sweep(
            send=lambda reference: self._do(reference, lambda: services.send_payment(reference, source="command")),
            check=lambda reference, until: self._do(
                reference, lambda: services.check_payment(reference, claimed_until=until, source="command")
            ),
        )
        self.stdout.write(f"{count} payments were due.")
        if self._failed:
            raise CommandError(f"These could not be dealt with and stay due: {', '.join(self._failed)}. The log says why.")

    def _do(self, reference: str, service: Callable[[], object]) -> None:
        """One payment that fails in an unforeseen way does not keep the others waiting."""
        try:
            service()
        except Exception:
            logger.exception("Payment %s could not be dealt with.", reference)
            self._failed.append(reference)
