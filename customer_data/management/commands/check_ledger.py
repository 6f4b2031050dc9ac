"""`./manage.py check_ledger`: are the books right, and is the record of changes whole?"""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customer_data.ledger import INVARIANTS, record, violations
from customer_data.models import Booking, Payment, Seal


class Command(BaseCommand):
    help = "Checks every money invariant and the whole record of changes. Prints each violation and exits 1 when there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seal",
            default="",
            metavar="NUMBER:CODE",
            help="A seal as the log or an earlier check named it: it must still be there, unless the database was turned back.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for invariant, sentence in self._found(options["seal"]):
            found += 1
            self.stdout.write(f"{invariant}: {sentence}")
        if found:
            self.stderr.write(f"{found} violations. Nothing was changed.")
            sys.exit(1)
        self.stdout.write(f"The books are right: {len(INVARIANTS)} invariants hold over {_what_there_is()}.")
        self.stdout.write(_how_the_record_stands())

    def _found(self, noted: str) -> Iterator[tuple[str, str]]:
        if noted:
            yield from ((record.the_seal_is_there.__name__, sentence) for sentence in record.the_seal_is_there(noted))
        yield from ((violation.invariant, violation.sentence) for violation in violations())


def _what_there_is() -> str:
    return f"{Booking.objects.count():,} bookings and {Payment.objects.count():,} payments"


def _how_the_record_stands() -> str:
    last = Seal.objects.order_by("-number").first()
    sealed = (
        f"The last seal is {last}; a seal that you noted before is looked for with --seal." if last else "Nothing is sealed yet."
    )
    return f"The record of changes is whole. {sealed}"
