"""`./manage.py publish_flow payment_whatsapp_flow`: creates or updates the Flow at Meta, uploads and publishes it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flows.definitions import DEFINITIONS
from flows.publishing import MetaRefused, publish
from flows.whatsapp import WhatsAppError


class Command(BaseCommand):
    help = "Publishes a Flow at Meta. Prints Meta's validation errors and exits 1 when there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DEFINITIONS))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            flow = publish(options["name"])
        except MetaRefused as refusal:
            raise CommandError("\n".join(["Meta refused the Flow:", *map(str, refusal.problems)])) from None
        except WhatsAppError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{flow.name} is published at Meta as {flow.flow_id}.")
