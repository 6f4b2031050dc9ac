"""`./manage.py export_flow payment_whatsapp_flow`: the Flow JSON on standard output, nothing else."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from flows.definitions import DEFINITIONS


class Command(BaseCommand):
    help = "Prints a Flow's JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DEFINITIONS))

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(DEFINITIONS[options["name"]], indent=2, ensure_ascii=False))
