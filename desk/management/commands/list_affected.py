"""`./manage.py list_affected`: which customers were touched between two moments, for the notice of a breach."""

import csv
import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from desk.exporting.cells import safe_text
from desk.privacy.affected import affected, lists_taken_away


class Command(BaseCommand):
    help = "Prints as CSV which customers' data was changed, handled or taken away between two moments, and how to reach them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="begins", required=True, metavar="TIME", help="Such as 2026-05-03T08:00, Harare time.")
        parser.add_argument("--to", dest="ends", required=True, metavar="TIME")
        parser.add_argument("--by", default="", metavar="USERNAME", help="Only what this member of staff did.")

    def handle(self, *args: Any, **options: Any) -> None:
        begins, ends = _moment(options["begins"]), _moment(options["ends"])
        if begins >= ends:
            raise CommandError("The first moment must be before the second.")
        rows = csv.writer(self.stdout)
        rows.writerow(["Customer", "Name", "Phone", "WhatsApp", "E-mail", "What happened"])
        people = list(affected(begins, ends, by=options["by"]))
        for found in people:
            customer = found.customer
            told = (customer.name, customer.phone, customer.wa_id or "", customer.email, ", ".join(found.ways))
            rows.writerow([customer.pk, *map(safe_text, told)])
        self._say_of_lists(begins, ends, options["by"])
        sys.stderr.write(
            f"{len(people):,} customers. If a copy of the database or a backup was taken, everybody in it is affected.\n"
        )

    def _say_of_lists(self, begins: datetime, ends: datetime, by: str) -> None:
        for export in lists_taken_away(begins, ends, by=by):
            sys.stderr.write(
                f"A whole list left: {export}, by {export.requested_by}, {export.rows_done:,} rows. Who is on it is affected.\n"
            )


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text if "T" in text else f"{text}T00:00")
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is not a moment. Write it like 2026-05-03T08:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
