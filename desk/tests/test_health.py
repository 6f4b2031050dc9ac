"""Status updates that stop coming are told to a person, once, and taken back by themselves when they come again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data.gateway import gateway_named
from customer_data.models import Concern, ConcernKind
from customer_data.status import Status
from customer_data.tests import make
from desk import health, tasks
from desk.health import UPDATE_TAKES, watch_updates
from desk.models import DayFigures
from desk.tests import days

pytestmark = pytest.mark.django_db


def paid(*, told: int, untold: int, gateway: str = "paynow", ago: timedelta = timedelta(hours=1)) -> None:
    """Payments that became paid some time ago, of which the gateway told us about some."""
    at = timezone.now() - ago
    for number in range(told + untold):
        came = at if number < told else None
        days.lived(make.booking(), at, (Status.SUCCESSFUL, at), gateway=gateway, ipn_received_at=came)


def open_matters() -> list[Concern]:
    return list(Concern.objects.filter(kind=ConcernKind.MISSED_UPDATES, solved_at__isnull=True))


def test_staff_are_told_once_when_updates_stop_coming() -> None:
    paid(told=0, untold=5)
    watch_updates()
    watch_updates()
    (matter,) = open_matters()
    assert matter.sentence.startswith("Of the last 5 payments that were paid, Paynow told us about 0.")


def test_it_is_solved_by_itself_when_they_come_again() -> None:
    paid(told=0, untold=6, ago=timedelta(hours=3))
    watch_updates()
    paid(told=20, untold=0)
    watch_updates()
    assert open_matters() == []
    assert Concern.objects.get().solution == "Paynow tells us again: 20 of 20."


def test_between_the_two_it_stays_as_it_was() -> None:
    paid(told=0, untold=8, ago=timedelta(hours=3))
    watch_updates()
    paid(told=12, untold=0)
    watch_updates()
    assert len(open_matters()) == 1


@pytest.mark.parametrize(
    ("told", "untold", "ago", "gateway"),
    [
        (0, 4, timedelta(hours=1), "paynow"),  # too few to say
        (10, 10, timedelta(hours=1), "paynow"),  # half of them
        (0, 9, UPDATE_TAKES / 2, "paynow"),  # they may still come
        (0, 9, timedelta(hours=30), "paynow"),  # long ago
        (0, 9, timedelta(hours=1), "offline"),  # a person confirms these: nobody tells us
    ],
)
def test_no_alarm_is_raised_without_reason(told: int, untold: int, ago: timedelta, gateway: str) -> None:
    paid(told=told, untold=untold, ago=ago, gateway=gateway)
    watch_updates()
    assert open_matters() == []


def test_a_gateway_says_what_it_expected_and_what_came() -> None:
    paid(told=7, untold=3)
    updates = health.updates_of(gateway_named("paynow"))
    assert updates is not None
    assert (updates.expected, updates.received, updates.have_stopped) == (10, 7, False)


def test_the_clocks_tasks_keep_everything_up_to_date() -> None:
    paid(told=0, untold=5)
    for task in (tasks.update_figures, tasks.update_forms, tasks.make_figures_again, tasks.watch_updates):
        task()
    assert DayFigures.objects.get().successful == 5
    assert len(open_matters()) == 1
