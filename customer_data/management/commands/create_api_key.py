"""`./manage.py create_api_key NAME`: makes an API key and prints it, once, alone on standard output."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework_api_key.models import APIKey

LONGEST_NAME = 50


class Command(BaseCommand):
    help = "Makes an API key for initiate and status. It is shown now and never again: only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Who will use it.")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise CommandError(f"A name has 1 to {LONGEST_NAME} characters.")
        _, key = APIKey.objects.create_key(name=name)
        self.stdout.write(key)
