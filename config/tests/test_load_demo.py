"""The demo: tours to book from today on, one date with a single seat left, and nothing twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.management.commands import load_demo
from customer_data.models import Booking, Customer, Departure, Tour
from customer_data.seats import free_departures
from flows.models import WhatsAppTemplate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_a_development_machine(settings: Any) -> None:
    settings.DEBUG = True


def free_seats(tour: Tour, *, today: date) -> list[int]:
    return [found.free for found in free_departures(tour, today=today)]


def test_it_can_be_loaded_again_and_nothing_is_there_twice() -> None:
    counts = []
    for _ in range(2):
        call_command("load_demo")
        counts.append([model.objects.count() for model in (Tour, Departure, Booking, Customer, WhatsAppTemplate)])
    assert counts[0] == counts[1]


def test_every_tour_can_be_booked_and_one_date_has_a_single_seat_left() -> None:
    call_command("load_demo")
    free = [seats for tour in Tour.objects.all() for seats in free_seats(tour, today=timezone.localdate())]
    assert Tour.objects.count() == len(load_demo.TOURS) == 5
    assert free.count(1) == 1
    assert {tour.currency for tour in Tour.objects.all()} == {"USD", "ZWG"}


def test_every_tour_fits_its_fields() -> None:
    call_command("load_demo")
    for tour in Tour.objects.all():
        tour.full_clean()


def test_weeks_later_there_are_dates_again_and_again_a_last_seat() -> None:
    call_command("load_demo")
    later = timezone.localdate() + timedelta(days=60)
    load_demo._make_tours(today=later)
    load_demo._leave_one_seat(today=later)
    for tour in Tour.objects.all():
        ahead = free_departures(tour, today=later)
        assert ahead[-1].departure.starts_on > later + timedelta(days=load_demo.DAYS_AHEAD - 7)
    assert free_seats(Tour.objects.get(name="Victoria Falls walk"), today=later).count(1) == 1
