"""`./manage.py reseal`: bring everything that is sealed at rest under the newest key, and say which keys are still needed."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customer_data.resealing import NO_KEY, Standing, look, reseal
from customer_data.sealing import key_names


class Command(BaseCommand):
    help = "Seals everything anew under the first of FIELD_ENCRYPTION_KEYS. Safe while everything runs, to kill and to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--look", action="store_true", help="Only say which keys are in use. Nothing is changed.")

    def handle(self, *args: Any, **options: Any) -> None:
        standing = look() if options["look"] else reseal(say=self.stdout.write)
        if not options["look"]:
            self.stdout.write(f"{standing.resealed:,} values were sealed anew.")
        for place, name in enumerate(key_names()):
            self._say_of(standing, place, name)
        lost = standing.uses_of(NO_KEY)
        if lost:
            self.stderr.write(f"No key of FIELD_ENCRYPTION_KEYS opens: {_in_words(lost)}. Put the key that sealed them back.")
            sys.exit(1)

    def _say_of(self, standing: Standing, place: int, name: str) -> None:
        uses = standing.uses_of(place)
        which = f"Key {place + 1} ({name}{', the newest' if place == 0 else ''})"
        if uses:
            self.stdout.write(f"{which} is in use: {_in_words(uses)}.")
        elif place:
            self.stdout.write(f"{which} is not needed any more: take it out of FIELD_ENCRYPTION_KEYS. Older backups still need it.")
        else:
            self.stdout.write(f"{which} seals whatever comes next.")


def _in_words(uses: dict[str, int]) -> str:
    return ", ".join(f"{count:,} of {name}" for name, count in sorted(uses.items()))
