"""`./manage.py load_demo`: demo tours, customers and bookings, the simulator's Paynow integrations and a staff login."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from customer_data.models import Booking, Customer
from flows.definitions import BOOKING_FLOW, DEFINITIONS, PAYMENT_FLOW
from flows.models import WhatsAppFlow
from paynow_integration.models import PaynowConfig

ADMIN_NAME = "admin"
ADMIN_PASSWORD = "paydesk-demo"  # noqa: S105  shown on the screen of every developer; refused with DEBUG off

# The published example key of Paynow's documentation, which the simulator knows.
INTEGRATIONS = (
    ("Simulator, US dollars", "USD", "1201", "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"),
    ("Simulator, ZiG", "ZWG", "1202", "635b5c62-3c79-4b1e-95e9-9ce50a95b264"),
)
MERCHANT_EMAIL = "merchant@example.com"

# As the simulator of WhatsApp knows them: nothing is published by loading the demo.
FLOWS = {PAYMENT_FLOW: "1000000000000001", BOOKING_FLOW: "1000000000000002"}

CUSTOMERS = (
    ("Tendai Moyo", "263771111111", "tendai@example.com"),
    ("Rudo Ncube", "263772222222", "rudo@example.com"),
    ("Chipo Dube", "263773333333", "chipo@example.com"),
    ("Farai Sibanda", "263774444444", "farai@example.com"),
)
TOURS = (
    ("Victoria Falls, guided walk and sunset cruise", "USD", "231.00", 50),
    ("Hwange, three days in the park", "USD", "845.00", 25),
    ("Matobo hills, day trip", "ZWG", "3080.00", 0),
    ("Mana Pools, canoe safari", "USD", "1260.00", 40),
)


class Command(BaseCommand):
    help = "Loads what a newcomer needs to look around. Safe to repeat: what is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has a known password and test keys. It is loaded only with DEBUG=1.")
        _make_staff()
        _make_integrations()
        _make_flows()
        _make_bookings()
        self.stdout.write(f"The demo is loaded. Staff sign in as {ADMIN_NAME} with the password {ADMIN_PASSWORD}.")


def _make_staff() -> None:
    users = get_user_model().objects
    if not users.filter(username=ADMIN_NAME).exists():
        users.create_superuser(ADMIN_NAME, "admin@example.com", ADMIN_PASSWORD)


def _make_flows() -> None:
    for name, flow_id in FLOWS.items():
        published = {"flow_id": flow_id, "status": "PUBLISHED", "flow_json": DEFINITIONS[name]}
        WhatsAppFlow.objects.get_or_create(name=name, defaults=published)


def _make_integrations() -> None:
    for name, currency, integration_id, key in INTEGRATIONS:
        config, _ = PaynowConfig.objects.get_or_create(
            currency=currency,
            is_active=True,
            defaults={
                "name": name,
                "integration_id": integration_id,
                "integration_key": key,
                "api_base_url": settings.PAYNOW_BASE_URL,
                "merchant_email": MERCHANT_EMAIL,
                "test_mode": True,
            },
        )
        if config.name == name and config.api_base_url != settings.PAYNOW_BASE_URL:
            config.api_base_url = settings.PAYNOW_BASE_URL  # the simulator listens on another port this time
            config.save()


def _make_bookings() -> None:
    for (name, wa_id, email), (title, currency, total, percent) in zip(CUSTOMERS, TOURS, strict=True):
        customer, _ = Customer.objects.get_or_create(wa_id=wa_id, defaults={"name": name, "email": email, "phone": f"+{wa_id}"})
        if not customer.bookings.filter(title=title).exists():
            Booking.objects.create(
                customer=customer, title=title, currency=currency, total_amount=Decimal(total), deposit_percent=Decimal(percent)
            )
