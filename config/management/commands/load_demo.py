"""`./manage.py load_demo`: demo tours, customers and bookings, the simulator's Paynow integrations and a staff login."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.addresses import DEMO_PEOPLE, DEMO_STAFF
from customer_data import services
from customer_data.models import Booking, Customer, Departure, Tour
from customer_data.seats import free_departures, hold_seats
from flows.definitions import BOOKING_FLOW, DEFINITIONS, PAYMENT_FLOW
from flows.models import WhatsAppFlow, WhatsAppTemplate
from offline_payments.models import PlaceToPay
from paynow_integration.models import PaynowConfig

ADMIN_PASSWORD = "paydesk-demo"  # noqa: S105  shown on the screen of every developer; refused with DEBUG off

# The published example key of Paynow's documentation, which the simulator knows.
INTEGRATIONS = (
    ("Simulator, US dollars", "USD", "1201", "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"),
    ("Simulator, ZiG", "ZWG", "1202", "635b5c62-3c79-4b1e-95e9-9ce50a95b264"),
)
MERCHANT_EMAIL = "merchant@example.com"

_BANK = {"way": "bank_transfer", "name": "Example Bank", "account_name": "Example Safaris", "branch": "Harare main, code 00100"}
PLACES_TO_PAY: tuple[dict[str, str], ...] = (
    {**_BANK, "currency": "USD", "account_number": "0001 2345 6789"},
    {**_BANK, "currency": "ZWG", "account_number": "0001 2345 6790"},
    {
        "way": "cash",
        "currency": "USD",
        "name": "Example Safaris",
        "branch": "12 Example Avenue, Harare",
        "more": "Mon to Fri, 8 to 16:30",
    },
)

# As the simulator of WhatsApp knows them: nothing is published by loading the demo.
FLOWS = {PAYMENT_FLOW: "1000000000000001", BOOKING_FLOW: "1000000000000002"}

CUSTOMERS = (
    ("Tendai Moyo", "263771111111", "tendai@example.com"),
    ("Rudo Ncube", "263772222222", "rudo@example.com"),
    ("Chipo Dube", "263773333333", "chipo@example.com"),
    ("Farai Sibanda", "263774444444", "farai@example.com"),
)
BOOKED = (
    ("Victoria Falls, guided walk and sunset cruise", "USD", "231.00", 50),
    ("Hwange, three days in the park", "USD", "845.00", 25),
    ("Matobo hills, day trip", "ZWG", "3080.00", 0),
    ("Mana Pools, canoe safari", "USD", "1260.00", 40),
)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
DAYS_AHEAD = 90


@dataclass(frozen=True)
class DemoTour:
    """A tour that leaves on some days of the week."""

    name: str
    summary: str
    details: str
    price: str
    currency: str
    deposit_percent: int
    seats: int
    weekdays: frozenset[int]


TOURS = (
    DemoTour(
        "Victoria Falls walk",
        "Rainforest walk in the morning, sunset cruise in the evening",
        "A guide walks with you through the rainforest to every viewpoint, raincoats included. In the evening a boat on the "
        "Zambezi, with drinks and snacks.\n\nIncluded: guide, cruise, transfers in town. Not included: park entry.",
        "115.50",
        "USD",
        50,
        8,
        frozenset({TUESDAY, THURSDAY, SATURDAY}),
    ),
    DemoTour(
        "Hwange, 3 days",
        "Elephants from a tented camp, two game drives each day",
        "Two nights in a tented camp near the waterholes of Main Camp, with a game drive each morning and afternoon.\n\n"
        "Included: meals, tent, drives, transfer from Victoria Falls. Not included: park fees, drinks.",
        "845.00",
        "USD",
        25,
        10,
        frozenset({FRIDAY}),
    ),
    DemoTour(
        "Matobo hills, one day",
        "Rock paintings, balancing rocks and rhinos on foot",
        "From Bulawayo at 7:00, back by 18:00. A walk to the caves, lunch at the dam, then on foot to the rhinos.\n\n"
        "Included: guide, lunch, transfers. Not included: park entry.",
        "3080.00",
        "ZWG",
        50,
        12,
        frozenset({WEDNESDAY, SATURDAY, SUNDAY}),
    ),
    DemoTour(
        "Mana Pools by canoe",
        "Four days on the Zambezi, three nights on islands",
        "Canoes for two, a guide with every six canoes, camps on islands. For people who can swim.\n\n"
        "Included: canoe, tent, meals, park fees, transfer from Kariba. Not included: drinks, insurance.",
        "1260.00",
        "USD",
        40,
        12,
        frozenset({MONDAY}),
    ),
    DemoTour(
        "Great Zimbabwe, one day",
        "The stone city with a historian, lunch in Masvingo",
        "From Masvingo at 8:00. The hill, the great enclosure and the museum with a historian of the town, then lunch.\n\n"
        "Included: guide, entry, lunch, transfers.",
        "95.00",
        "USD",
        0,
        15,
        frozenset({SUNDAY}),
    ),
)

# Word for word as they are approved where the simulated phone listens, with what goes into each place.
TEMPLATES = (
    ("payment_successful", "Thank you. We have received {{1}} for {{2}}. Still to pay: {{3}}.", ["amount", "title", "balance"]),
    ("payment_failed", "Your payment of {{1}} for {{2}} did not go through. Write to us here to try again.", ["amount", "title"]),
    (
        "payment_request",
        "Hello. {{1}} asks you to pay {{2}} for {{3}}, {{4}}. If you do not know of this, do not pay.",
        ["customer", "amount", "title", "how"],
    ),
    (
        "proof_rejected",
        "We could not accept your proof of payment for {{1}}: {{2}} Write to us here to send another.",
        ["booking", "reason"],
    ),
    (
        "balance_reminder",
        "{{1}} is coming up on {{2}}. Still to pay: {{3}}. Write to us here to pay.",
        ["title", "date", "balance"],
    ),
    ("unfinished_payment", "You began to pay {{1}} for {{2}} and did not finish. Write to us here to go on.", ["balance", "title"]),
    ("refund_approved", "We will send {{1}} of the payment for {{2}} back and write to you when it is done.", ["amount", "title"]),
    ("refund_done", "We have sent {{1}} of the payment for {{2}} back. It can take some days to arrive.", ["amount", "title"]),
    (
        "refund_failed",
        "The refund of {{1}} for {{2}} did not go through yet. We are looking into it and will write to you.",
        ["amount", "title"],
    ),
    (
        "booking_cancelled",
        "Your booking {{1}}, {{2}}, was cancelled. Please do not pay for it any more. Write to us here with any question.",
        ["booking", "title"],
    ),
    (
        "payment_transferred",
        "A payment of {{1}} was moved to the booking it was meant for. For your booking {{2}}, {{3}}, still to pay: {{4}}.",
        ["amount", "booking", "title", "balance"],
    ),
)

SCHOOL = "Chinhoyi High School"


class Command(BaseCommand):
    help = "Loads what a newcomer needs to look around. Safe to repeat: what is there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has a known password and test keys. It is loaded only with DEBUG=1.")
        _make_staff()
        _make_integrations()
        _make_places_to_pay()
        _make_flows()
        _make_templates()
        _make_bookings()
        _make_tours(today=timezone.localdate())
        _leave_one_seat(today=timezone.localdate())
        self.stdout.write(f"The demo is loaded. Staff sign in as {DEMO_STAFF} with the password {ADMIN_PASSWORD}.")
        self.stdout.write(f"So do {', '.join(DEMO_PEOPLE)}, each with what their group may do.")


def _make_staff() -> None:
    users = get_user_model().objects
    if not users.filter(username=DEMO_STAFF).exists():
        users.create_superuser(DEMO_STAFF, "admin@example.com", ADMIN_PASSWORD)
    for name, group in DEMO_PEOPLE.items():
        if not users.filter(username=name).exists():
            users.create_user(name, password=ADMIN_PASSWORD, is_staff=True).groups.set(Group.objects.filter(name=group))


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


def _make_places_to_pay() -> None:
    """Test money, as all of the demo; places that somebody has set up stay as they are."""
    for place in PLACES_TO_PAY:
        if not PlaceToPay.objects.filter(way=place["way"], currency=place["currency"]).exists():
            PlaceToPay.objects.create(**place, is_test=True)


def _make_bookings() -> None:
    for (name, wa_id, email), (title, currency, total, percent) in zip(CUSTOMERS, BOOKED, strict=True):
        customer, _ = Customer.objects.get_or_create(wa_id=wa_id, defaults={"name": name, "email": email, "phone": f"+{wa_id}"})
        if not customer.bookings.filter(title=title).exists():
            Booking.objects.create(
                customer=customer, title=title, currency=currency, total_amount=Decimal(total), deposit_percent=Decimal(percent)
            )


def _make_templates() -> None:
    """What may be said to a customer who last wrote more than a day ago."""
    for purpose, body, parameters in TEMPLATES:
        approved = {"purpose": purpose, "body": body, "parameters": parameters, "status": WhatsAppTemplate.Status.APPROVED}
        WhatsAppTemplate.objects.get_or_create(name=purpose, language="en", defaults=approved)


def _make_tours(*, today: date) -> None:
    """Each tour with its dates of the coming weeks; loaded again later, the dates that came near since are added."""
    for position, tour in enumerate(TOURS):
        made, _ = Tour.objects.get_or_create(
            name=tour.name,
            defaults={
                "summary": tour.summary,
                "details": tour.details,
                "price": Decimal(tour.price),
                "currency": tour.currency,
                "deposit_percent": Decimal(tour.deposit_percent),
                "position": position,
            },
        )
        days = (today + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1))
        departures = [Departure(tour=made, starts_on=day, seats=tour.seats) for day in days if day.weekday() in tour.weekdays]
        Departure.objects.bulk_create(departures, ignore_conflicts=True)


def _leave_one_seat(*, today: date) -> None:
    """A school has all but one seat of a date within the next two weeks, so that everybody can try to get the last one."""
    dates = free_departures(Tour.objects.get(name=TOURS[0].name), today=today)[:6]
    untouched = [found for found in dates if found.free == found.departure.seats > 1]
    if not untouched or any(found.free == 1 for found in dates):
        return
    school, _ = Customer.objects.get_or_create(name=SCHOOL, wa_id=None)
    chosen = untouched[-1]
    hold = hold_seats(chosen.departure, school, chosen.free - 1)
    services.make_booking(hold, name=SCHOOL, email="", source="demo")
    hold.keep(until=None)
