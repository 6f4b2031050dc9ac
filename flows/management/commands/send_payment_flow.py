"""`./manage.py send_payment_flow BOOKING_REFERENCE`: sends the customer the message that opens the payment Flow."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customer_data.models import Booking
from flows.inviting import CannotInvite, send_payment_flow
from flows.whatsapp import WhatsAppError


class Command(BaseCommand):
    help = "Sends the customer of a booking the WhatsApp message that opens the payment Flow; prints the message's id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("booking_reference")

    def handle(self, *args: Any, **options: Any) -> None:
        reference = options["booking_reference"].strip()
        booking = Booking.objects.select_related("customer").filter(booking_reference__iexact=reference).first()
        if booking is None:
            raise CommandError(f"There is no booking {reference}.")
        try:
            wamid = send_payment_flow(booking)
        except (CannotInvite, WhatsAppError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(wamid)
