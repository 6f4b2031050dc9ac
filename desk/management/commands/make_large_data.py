"""`./manage.py make_large_data`: a million payments to see the pages with. Only on a development machine."""

from __future__ import annotations

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from desk.large_data import Size, make_large_data, record_it


class Command(BaseCommand):
    help = "Adds a million payments with their bookings, events and messages, in a minute or two. Only with DEBUG on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--payments", type=int, default=Size.payments, help="How many; bookings are three tenths of that.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This adds payments that never were. It runs with DEBUG=1 only, on a development machine.")
        if options["payments"] < 10:
            raise CommandError("Ten payments are the least.")
        started = monotonic()
        size = Size(options["payments"])
        make_large_data(size, say=self.stdout.write)
        record_it(say=self.stdout.write)
        self.stdout.write(f"{size.payments:,} payments, {size.bookings:,} bookings in {monotonic() - started:.0f} seconds.")
