"""`./manage.py export_flow payment_whatsapp_flow`: the Flow JSON on standard output, nothing else."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from flows.definitions import DEFINITIONS
from flows.flow_json.lines import flow_text


class Command(BaseCommand):
    help = "Prints a Flow's JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DEFINITIONS))

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(flow_text(DEFINITIONS[options["name"]]))
