"""`./manage.py export_customer`: everything that is kept about one customer, as a ZIP to hand over."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from desk.models import Export, ExportStatus
from desk.privacy import ABOUT_A_CUSTOMER, customer_named, write_package


class Command(BaseCommand):
    help = "Writes everything that is kept about one customer, and nobody else's data, into a ZIP. Who asked and why is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", metavar="WA_ID", help="The WhatsApp number, a phone number in any form, or `no. 12`.")
        parser.add_argument("--to", required=True, type=Path, help="The file to write. It must not be there.")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="The member of staff who hands it over.")
        parser.add_argument("--reason", required=True, help="Who asked, when and how.")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = customer_named(options["customer"])
        user = User.objects.filter(username=options["by"]).first()
        if customer is None or user is None:
            what = "No customer has this number." if customer is None else "Nobody on staff has this user name."
            raise CommandError(f"{what} Nothing was written.")
        path: Path = options["to"]
        if path.exists():
            raise CommandError(f"{path} is there already. Nothing was written.")
        rows, now = write_package(customer, path), timezone.now()
        Export.objects.create(
            what=ABOUT_A_CUSTOMER,
            format=Export.Format.ZIP,
            filters={"customer": [str(customer.pk)], "why": [options["reason"]]},
            status=ExportStatus.READY,
            rows_done=rows,
            size=path.stat().st_size,
            requested_by=user,
            ready_at=now,
        )
        self.stdout.write(f"{rows:,} rows about customer {customer.pk} are in {path}. Hand it over safely, and delete it then.")
