"""`./manage.py erase_customer`: erase the personal data of one customer; the books stay."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customer_data.privacy import CannotErase, why_not
from desk.privacy import customer_named, erase_customer


class Command(BaseCommand):
    help = "Erases what names one customer. Amounts, references, dates, receipts' numbers and every move stay. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", metavar="WA_ID", help="The WhatsApp number, a phone number in any form, or `no. 12`.")
        parser.add_argument("--reason", required=True, help="Who asked, when and how. Their name in it is erased too.")
        parser.add_argument("--look", action="store_true", help="Only say whether it could be done, and what is in the way.")

    def handle(self, *args: Any, **options: Any) -> None:
        customer = customer_named(options["customer"])
        if customer is None:
            raise CommandError("No customer has this number. Write it as it stands on the customer's page.")
        if options["look"]:
            self.stdout.write("\n".join(why_not(customer)) or "Nothing is in the way.")
            return
        try:
            erasure = erase_customer(customer, reason=options["reason"], user=None)
        except CannotErase as error:
            raise CommandError(f"Nothing was erased. {error}") from None
        for label, count in sorted(erasure.rows.items()):
            self.stdout.write(f"{label}: {count}")
        self.stdout.write(f"Customer {customer.pk} is erased. {erasure.entries} entries of the record of changes lost values.")
