"""`./manage.py upload_flow_key`: gives Meta the public half of the Flow key and looks at what Meta made of it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flows.crypto import public_key_pem
from flows.keys import private_keys
from flows.whatsapp import WhatsAppError, client_from_settings


class Command(BaseCommand):
    help = "Uploads the public half of the newest Flow key and verifies the signature status that Meta reports."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = private_keys()
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not keys:
            raise CommandError("There is no Flow key. Set WHATSAPP_FLOW_PRIVATE_KEY.")
        client = client_from_settings()
        try:
            client.upload_public_key(public_key_pem(keys[0]))
            status = client.public_key_status()
        except WhatsAppError as error:
            raise CommandError(str(error)) from None
        if status.signature != "VALID":
            raise CommandError(f"Meta has the key but reports its signature as {status.signature or 'missing'}. Upload it again.")
        self.stdout.write("Meta has the public key, and its signature is VALID.")
