"""Facts as long as they can be, for measuring what we say against WhatsApp's limits. Nothing here is in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from customer_data.models import Booking, Customer, Departure, SeatHold, Tour
from customer_data.money import MOST, Currency
from customer_data.offer import AmountOption
from customer_data.seats import FreeDate
from flows.conversation.facts import Talking
from flows.models import Conversation, ReviewedLanguage

LONG = 32767
"""The largest number of seats a departure can have."""

_DAY = date(2026, 9, 30)
_MOMENT = datetime(2026, 9, 30, 20, 59, tzinfo=UTC)


class ExampleTalking(Talking):
    """A talk in which every fact is there, and long."""

    def __init__(self, language: str) -> None:
        customer = Customer(pk=1, name="Wiremu " + "M" * 193, email=f"{'m' * 60}@{'m' * 180}.example", wa_id="2" * 15)
        answers = {"tour": "9" * 9, "departure": "9" * 9, "travellers": str(LONG), "name": "M" * 80, "booking": "BK" + "M" * 30}
        super().__init__(Conversation(customer=customer, answers={**answers, "email": customer.email, "left_at": "email"}))
        self.__dict__.update(_long_facts(customer, language))

    @property
    def held_until(self) -> str:
        return "30 Sep, 20:59"

    @property
    def seats_ran_out(self) -> bool:
        return True


def _long_facts(customer: Customer, language: str) -> dict[str, Any]:
    tour = Tour(
        pk=10**9 - 1,
        name="M" * 24,
        summary="M" * 72,
        details="M" * 900,
        price=MOST / LONG // 1,
        currency=Currency.USD,
        deposit_percent=Decimal("33.33"),
        most_travellers=LONG,
    )
    dates = [
        FreeDate(Departure(pk=10**9 + day, tour=tour, starts_on=_DAY + timedelta(days=day), seats=LONG), LONG) for day in range(30)
    ]
    bookings = [_booking(customer, number) for number in range(30)]
    hold = SeatHold(
        pk=1,
        departure=dates[0].departure,
        customer=customer,
        seats=LONG,
        price=tour.price,
        currency=tour.currency,
        deposit_percent=tour.deposit_percent,
        expires_at=_MOMENT,
    )
    return {
        "language": language,
        "languages": [ReviewedLanguage(code="sn", reviewer="M"), ReviewedLanguage(code="nd", reviewer="M")],
        "today": _DAY,
        "tours": [Tour(pk=10**9 + number, name="M" * 24, summary="M" * 72, price=MOST, currency="USD") for number in range(30)],
        "tour": tour,
        "dates": dates,
        "departure": dates[0].departure,
        "hold": hold,
        "booking": bookings[0],
        "owed": MOST,
        "amount_options": dict.fromkeys(AmountOption, MOST),
        "bookings": bookings,
        "bookings_to_pay": bookings,
        "form_is_published": True,
    }


def _booking(customer: Customer, number: int) -> Booking:
    return Booking(
        pk=number + 1,
        booking_reference=f"BK{number:030d}",
        customer=customer,
        title="M" * 200,
        total_amount=MOST,
        amount_paid=MOST,
        currency=Currency.USD,
        deposit_percent=Decimal("33.33"),
    )
