"""A customer who fell silent in the middle of a booking hears from us once, before the window closes."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from customer_data.tests import make
from flows.conversation.nudging import nudge_silent
from flows.models import Conversation
from flows.tests.talks import Chatter, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


def silent_for(hours: float, *, now: datetime = NOON) -> Chatter:
    """Somebody who was asked how many they are, and has not answered for so long."""
    tour()
    chatter = Chatter(name="Rudo Moyo")
    for word in ("book", "1", "1"):
        chatter.says(word)
    assert chatter.step == "travellers"
    Conversation.objects.update(last_heard_at=now - timedelta(hours=hours))
    return chatter


def test_after_most_of_a_day_one_reminder_comes_and_never_a_second_one() -> None:
    chatter = silent_for(21)
    assert nudge_silent(NOON) == 1
    assert "your booking of Victoria Falls walk is not finished" in words(chatter.heard[-1:])
    assert nudge_silent(NOON + timedelta(hours=1)) == 0
    chatter.says("menu")
    chatter.taps("Continue")
    Conversation.objects.update(last_heard_at=NOON + timedelta(hours=3))
    assert nudge_silent(NOON + timedelta(hours=24)) == 0


def test_go_on_asks_the_question_again() -> None:
    chatter = silent_for(21)
    nudge_silent(NOON)
    assert "How many of you travel" in words(chatter.taps("Go on"))


@pytest.mark.parametrize("hours", [0.5, 19, 23.5, 30])
def test_not_too_early_and_not_after_the_window(hours: float) -> None:
    silent_for(hours)
    assert nudge_silent(NOON) == 0


def test_not_at_night_unless_the_window_is_about_to_close() -> None:
    night = NOON.replace(hour=3)
    silent_for(20.5, now=night)
    assert nudge_silent(night) == 0
    Conversation.objects.update(last_heard_at=night - timedelta(hours=22, minutes=30))
    assert nudge_silent(night) == 1


def test_never_after_stop_and_not_while_a_person_answers() -> None:
    silent_for(21)
    Conversation.objects.update(muted_at=NOON)
    assert nudge_silent(NOON) == 0
    Conversation.objects.update(muted_at=None, taken_by=make.staff())
    assert nudge_silent(NOON) == 0
    Conversation.objects.update(taken_by=None)
    assert nudge_silent(NOON) == 1


def test_who_has_only_looked_at_the_menu_is_left_alone() -> None:
    Chatter().says("hi")
    Conversation.objects.update(last_heard_at=NOON - timedelta(hours=21))
    assert nudge_silent(NOON) == 0
