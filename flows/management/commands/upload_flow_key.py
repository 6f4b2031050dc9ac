"""`./manage.py upload_flow_key`: gives Meta the public half of the Flow key and looks at what Meta made of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flows.publishing import KeyNotValid, give_key
from flows.whatsapp import WhatsAppError


class Command(BaseCommand):
    help = "Uploads the public half of the newest Flow key and verifies the signature status that Meta reports."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            is_new = give_key()
        except (KeyNotValid, ValueError, WhatsAppError) as error:
            raise CommandError(str(error)) from None
        said = "Meta has the public key now" if is_new else "Meta had the public key already"
        self.stdout.write(f"{said}, and its signature is VALID.")
