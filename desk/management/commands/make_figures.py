"""Make the figures by day again from the payments: after rows were lost, or for days older than the first run looks back."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from customer_data.models import Payment
from desk.figures import make_range


class Command(BaseCommand):
    help = "Make the figures of each day from --from to --to again. May run while payments move, and twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=_day, help="such as 2026-01-31; without it, the day of the first payment")
        parser.add_argument("--to", dest="last", type=_day, help="without it, today")

    def handle(self, *args: Any, **options: Any) -> None:
        last = options["last"] or timezone.localdate()
        first = options["first"] or _first_day() or last
        if first > last:
            raise CommandError(f"{first} is after {last}: name the earlier day with --from.")
        make_range(first, last)
        self.stdout.write(f"Made the figures of {(last - first).days + 1} days, {first} to {last}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day. Write it like 2026-01-31.") from None


def _first_day() -> date | None:
    oldest = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return None if oldest is None else timezone.localdate(oldest)
