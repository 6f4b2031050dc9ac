"""When the gateway is asked again."""

from datetime import timedelta

import pytest

from customer_data import schedule
from customer_data.status import UNPAID_ENDS, Status

ASKED = (Status.PENDING, Status.SENDING, *sorted(UNPAID_ENDS))


@pytest.mark.parametrize("status", ASKED)
def test_the_older_a_payment_the_rarer_it_is_asked_about_and_after_a_week_never(status: Status) -> None:
    waits = [schedule.ask_again_after(status, age=timedelta(hours=hours)) for hours in range(7 * 24)]
    assert None not in waits
    assert waits == sorted(wait for wait in waits if wait)
    assert schedule.ask_again_after(status, age=timedelta(days=7)) is None


@pytest.mark.parametrize("status", [Status.SUCCESSFUL, Status.DISPUTED, Status.REFUNDED])
def test_what_is_paid_is_asked_about_only_when_somebody_rings(status: Status) -> None:
    assert schedule.ask_again_after(status, age=timedelta(0)) is None


def test_a_lost_answer_has_a_timetable_of_its_own() -> None:
    young = timedelta(seconds=1)
    assert schedule.ask_again_after(Status.SENDING, age=young) != schedule.ask_again_after(Status.PENDING, age=young)


def test_a_try_that_never_left_us_is_repeated_three_times() -> None:
    assert [schedule.send_again_after(made) for made in range(5)] == [None, *schedule.SEND_AGAIN_AFTER, None]


def test_not_found_is_believed_only_when_said_often_and_late() -> None:
    often, late = schedule.NOT_FOUND_IS_CONCLUSIVE_AFTER, schedule.NOT_FOUND_CONCLUSIVE_AGE
    assert schedule.not_found_is_conclusive(often, age=late)
    assert not schedule.not_found_is_conclusive(often - 1, age=late)
    assert not schedule.not_found_is_conclusive(often, age=late - timedelta(seconds=1))
