"""Everybody and everything that is there before a run begins: customers, bookings, forms, staff, the gateway's integrations."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.utils import timezone

from customer_data.models import AttemptLimit, Booking, Customer
from desk.models import Authenticator
from desk.roles import OWNER
from flows.definitions import BOOKING_FLOW, DEFINITIONS, PAYMENT_FLOW
from flows.models import FlowSession, WhatsAppFlow
from flows.tokens import hash_token
from paynow_integration.models import PaynowConfig
from paynow_integration.simulator.records import DEFAULT_INTEGRATIONS
from proof.plan import Journey, Plan

FLOW_IDS = {PAYMENT_FLOW: "1000000000000001", BOOKING_FLOW: "1000000000000002"}
"""As Meta's simulator has published them."""

STAFF = ("thandi", "tapiwa", "ruva")
"""Each may ask for, approve and pay back; nobody may approve what they asked for."""


@dataclass(frozen=True)
class Booked:
    """What one journey pays. `token` is empty where the form is asked for in the chat."""

    booking_reference: str
    title: str
    number: str
    email: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Person:
    """Of staff: what they type to sign in. `secret` is their authenticator's, in hexadecimal."""

    name: str
    password: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Cast:
    booked: Mapping[int, Booked]
    staff: tuple[Person, ...]
    keys: Mapping[str, str] = field(repr=False)
    """The integrations' keys by their ids, for whoever forges."""

    @property
    def secrets(self) -> list[str]:
        """What must never be read in a log or an open column."""
        tokens = [each.token for each in self.booked.values() if each.token]
        return [
            *self.keys.values(),
            *tokens,
            *(person.password for person in self.staff),
            *(person.secret for person in self.staff),
        ]


def number_of(customer: int) -> str:
    """The WhatsApp number of a customer, in digits."""
    return f"26377{4_100_000 + customer:07d}"


def set_the_stage(plan: Plan) -> Cast:
    """Writes everybody into the run's database."""
    AttemptLimit.objects.all().delete()  # two hundred people make two thousand payments in minutes
    keys = _integrate()
    for name, flow_id in FLOW_IDS.items():
        published = {"flow_id": flow_id, "status": "PUBLISHED", "flow_json": DEFINITIONS[name]}
        WhatsAppFlow.objects.update_or_create(name=name, defaults=published)
    customers = _customers(plan)
    bookings = Booking.objects.bulk_create([_booking(journey, customers) for journey in plan.journeys], batch_size=1000)
    tokens = _forms(plan, bookings)
    booked = {
        journey.number: Booked(
            booking.booking_reference,
            booking.title,
            number_of(journey.customer),
            _email(journey.customer),
            tokens.get(journey.number, ""),
        )
        for journey, booking in zip(plan.journeys, bookings, strict=True)
    }
    return Cast(booked, _hire(), keys)


def _integrate() -> dict[str, str]:
    """The simulator's live integrations: test mode would take the test numbers only."""
    live = [each for each in DEFAULT_INTEGRATIONS if each.live]
    for each in live:
        PaynowConfig.objects.update_or_create(
            currency=each.currency,
            is_active=True,
            defaults={
                "name": f"Live, {each.currency}",
                "integration_id": each.id,
                "integration_key": each.key,
                "merchant_email": each.merchant_emails[0],
                "test_mode": False,
            },
        )
    return {each.id: each.key for each in live}


def _customers(plan: Plan) -> list[Customer]:
    made = [
        Customer(name=f"Customer {each:03d}", wa_id=number_of(each), email=_email(each), phone=f"+{number_of(each)}")
        for each in range(plan.customers)
    ]
    return Customer.objects.bulk_create(made)


def _email(customer: int) -> str:
    return f"customer{customer}@example.com"


def _booking(journey: Journey, customers: list[Customer]) -> Booking:
    return Booking(
        customer=customers[journey.customer],
        title=f"Trip {journey.number:05d}",
        total_amount=journey.amount,
        currency=journey.currency,
        deposit_percent=0,
    )


def _forms(plan: Plan, bookings: list[Booking]) -> dict[int, str]:
    """The token of each form that was sent before the run begins."""
    made, tokens = [], {}
    for journey, booking in zip(plan.journeys, bookings, strict=True):
        if journey.by_chat:
            continue
        tokens[journey.number] = token = secrets.token_urlsafe(32)
        form = FlowSession(token=token, token_hash=hash_token(token), customer=booking.customer, booking=booking)
        form.flow_name, form.expires_at = PAYMENT_FLOW, timezone.now() + timedelta(days=2)
        made.append(form)
    FlowSession.objects.bulk_create(made, batch_size=1000)
    return tokens


def _hire() -> tuple[Person, ...]:
    owner = Group.objects.get(name=OWNER)
    people = []
    for name in STAFF:
        password = secrets.token_urlsafe(12)
        user = User.objects.create(username=name, password=make_password(password), is_staff=True)
        user.groups.add(owner)
        app = Authenticator.objects.create(user=user, name="app", confirmed=True)
        people.append(Person(name, password, app.secret))
    return tuple(people)
