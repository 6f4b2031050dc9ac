"""What each screen of the booking Flow shows. Values in, screens out; changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from customer_data.models import Departure, SeatHold, Tour
from customer_data.money import show_amount
from customer_data.seats import FreeDate
from flows.definitions.booking_whatsapp_flow import CONTACT, DATE, MOST_BUTTONS, SUMMARY, TOUR, TRAVELLERS
from flows.sentences import say

Screen = dict[str, Any]

_MOST_OPTIONS = 200  # in a list to open
_DATES_IN_WORDS = 8
_LONGEST_PICKER = timedelta(days=730)


def choose_tour(tours: Sequence[Tour], *, chosen: Tour | None = None, notice: str = "") -> Screen:
    """The entry screen: what can be booked, with its price."""
    data: dict[str, Any] = {
        "are_few": len(tours) <= MOST_BUTTONS,
        "tours": [_tour_option(tour) for tour in tours[:_MOST_OPTIONS]],
        "init_values": {"tour": str(chosen.pk), "tour_in_list": str(chosen.pk)} if chosen in tours and chosen else {},
    }
    return _screen(TOUR, data, notice)


def choose_date(tour: Tour, dates: Sequence[FreeDate], *, notice: str = "") -> Screen:
    """The dates with free seats, of which there is at least one; every other day between them is grey."""
    days = {free.departure.starts_on for free in dates}
    first = min(days)
    last = min(max(days), first + _LONGEST_PICKER)
    between = (first + timedelta(days=number) for number in range((last - first).days + 1))
    data = {
        "tour": str(tour.pk),
        "tour_name": tour.name,
        "details": say("booking_form/details", tour=tour),
        "free": say("booking_form/free", dates=dates[:_DATES_IN_WORDS], more=len(dates) > _DATES_IN_WORDS)[:409],
        "min_date": first.isoformat(),
        "max_date": last.isoformat(),
        "unavailable_dates": [day.isoformat() for day in between if day not in days],
    }
    return _screen(DATE, data, notice)


def choose_travellers(free: FreeDate, *, chosen: int = 0, notice: str = "") -> Screen:
    """How many, up to what is free."""
    departure, tour = free.departure, free.departure.tour
    most = min(free.free, tour.most_travellers, _MOST_OPTIONS)
    data = {
        "departure": str(departure.pk),
        "trip": _trip(departure),
        "seats_left": say("booking_form/seats_left", free=free.free, most=most),
        "numbers": [_number_option(tour, number) for number in range(1, most + 1)],
        "init_values": {"travellers": str(chosen)} if 0 < chosen <= most else {},
    }
    return _screen(TRAVELLERS, data, notice)


def ask_contact(hold: SeatHold, typed: Mapping[str, str], *, problems: Mapping[str, str] | None = None) -> Screen:
    """Who books. `problems` are short sentences for fields, by their names."""
    customer = hold.customer
    known = {"name": customer.name, "email": customer.email, **typed}
    data: dict[str, Any] = {
        "hold": str(hold.pk),
        "held": say("booking_form/held", hold=hold),
        "init_values": {name: known[name] for name in ("name", "email") if known[name]},
        "error_messages": dict(problems or {}),
    }
    if problems:
        data["error_message"] = ". ".join(problems.values()) + "."
    return {"screen": CONTACT, "data": data}


def show_summary(hold: SeatHold, typed: Mapping[str, str], *, message: str = "") -> Screen:
    """Everything once more, before it is booked."""
    data = {
        "hold": str(hold.pk),
        "trip": _trip(hold.departure),
        "price": f"{_travellers(hold.seats)} · {hold.total_shown}",
        "terms": say("booking_form/terms", deposit=hold.deposit_shown),
        "held": say("booking_form/held", hold=hold),
        "who": " · ".join(typed[name] for name in ("name", "email") if typed.get(name)),
    }
    return {"screen": SUMMARY, "data": data | ({"error_message": message} if message else {})}


def _screen(name: str, data: dict[str, Any], notice: str) -> Screen:
    """A screen with a notice that stays; the phone also shows it as a message at once."""
    shown = {"has_notice": bool(notice), "notice": notice or " "}
    return {"screen": name, "data": data | shown | ({"error_message": notice} if notice else {})}


def _tour_option(tour: Tour) -> dict[str, str]:
    return {"id": str(tour.pk), "title": tour.name, "description": say("booking_form/tour", tour=tour)}


def _number_option(tour: Tour, number: int) -> dict[str, str]:
    return {"id": str(number), "title": _travellers(number), "description": show_amount(tour.price * number, tour.currency)}


def _travellers(number: int) -> str:
    return "1 traveller" if number == 1 else f"{number} travellers"


def _trip(departure: Departure) -> str:
    day = departure.starts_on
    return f"{departure.tour.name}, {day:%A} {day.day} {day:%B %Y}"
