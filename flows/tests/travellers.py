"""A customer who books in the form: trips with dates, a phone with a message, and what was held and booked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from customer_data.models import Customer, Departure, SeatHold, Tour
from customer_data.seats import hold_seats
from customer_data.tests import make
from flows import tokens, views
from flows.crypto import public_key_pem
from flows.definitions.booking_whatsapp_flow import BOOKING_WHATSAPP_FLOW, CONTACT, FLOW_NAME, SUMMARY
from flows.form_requests import Answer
from flows.keys import private_keys
from flows.models import FlowSession
from flows.simulator import Phone, Shown

ENDPOINT = "/crm-api/flows/booking-webhook/"


def a_tour(name: str = "Victoria Falls", *, price: str = "231.00", **fields: Any) -> Tour:
    return Tour.objects.create(name=name, price=Decimal(price), **fields)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def a_departure(tour: Tour | None = None, *, days: int = 10, seats: int = 4) -> Departure:
    return Departure.objects.create(tour=tour or a_tour(), starts_on=in_days(days), seats=seats)


def token_of(customer: Customer | None = None) -> str:
    return tokens.issue_for(customer or make.customer(), flow_name=FLOW_NAME).token


def session_of(token: str) -> FlowSession:
    return FlowSession.objects.get(token_hash=tokens.hash_token(token))


def phone_with(token: str) -> Phone:
    return Phone(
        BOOKING_WHATSAPP_FLOW,
        flow_token=token,
        app_secret=settings.WHATSAPP_APP_SECRET[0],
        public_key=lambda: public_key_pem(private_keys()[0]),
        transport=post,
        pause=lambda seconds: None,
    )


def a_phone(customer: Customer | None = None) -> Phone:
    return phone_with(token_of(customer))


def post(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """As Meta delivers it."""
    signature = {name: value for name, value in headers.items() if name != "Content-Type"}
    answer = Client(enforce_csrf_checks=True).generic("POST", ENDPOINT, body, content_type="application/json", headers=signature)
    return answer.status_code, answer.content


def asked(token: str, screen: str = "", action: str = "data_exchange", **data: Any) -> Answer:
    """One request, already opened."""
    request = {"version": "3.0", "action": action, "screen": screen, "flow_token": token, "data": data}
    return views.ANSWERS[FLOW_NAME](request)


def at_travellers(phone: Phone, departure: Departure) -> Shown:
    """A customer who has chosen trip and date."""
    phone.open()
    phone.submit(tour=str(departure.tour_id))
    return phone.submit(date=departure.starts_on.isoformat())


def at_contact(phone: Phone, departure: Departure, *, travellers: int = 2) -> Shown:
    """… and whose seats are held."""
    at_travellers(phone, departure)
    shown = phone.submit(travellers=str(travellers))
    assert shown.screen == CONTACT, shown
    return shown


def at_summary(phone: Phone, departure: Departure, *, travellers: int = 2) -> Shown:
    """… and who has said who books."""
    at_contact(phone, departure, travellers=travellers)
    shown = phone.submit(name="Rudo Moyo", email="rudo@example.com")
    assert shown.screen == SUMMARY, shown
    return shown


def seats_taken(departure: Departure) -> int:
    """Seats that nobody else can have now."""
    holds = SeatHold.objects.filter(departure=departure, released_at__isnull=True)
    return sum(hold.seats for hold in holds if hold.booking_id or hold.expires_at is None or hold.expires_at > timezone.now())


def run_out(departure: Departure) -> None:
    """Time passes, and every hold on this date runs out."""
    SeatHold.objects.filter(departure=departure, booking=None).update(expires_at=timezone.now() - timedelta(seconds=1))


def somebody_takes(departure: Departure, seats: int) -> SeatHold:
    return hold_seats(departure, make.customer(), seats)
