"""./manage.py sync_templates: ask Meta which message templates we have, and which are approved."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flows.templates_at_meta import sync_templates
from flows.whatsapp import WhatsAppError, client_from_settings


class Command(BaseCommand):
    help = "Asks Meta which message templates we have, and which are approved."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            count = sync_templates(client_from_settings())
        except WhatsAppError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} message templates are at Meta.")
