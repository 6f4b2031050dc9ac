"""What the desk reads about a payment: what is known, what happens next, and when."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from customer_data.admin.wording import (
    COLOUR_OF,
    COLOUR_OF_BOOKING,
    clock_time,
    in_words,
    method_label,
    what_happens_next,
    what_is_known,
)
from customer_data.models import Booking, Payment
from customer_data.status import BookingStatus, Status

NOW = datetime(2026, 7, 29, 14, 30, tzinfo=ZoneInfo("Africa/Harare"))


def a_payment(status: str = "pending", **fields: object) -> Payment:
    """Not stored: words need no database."""
    facts: dict[str, object] = {"gateway": "paynow", "created_at": NOW, "sent_at": NOW, "sends_made": 1, "booking": Booking()}
    return Payment(status=status, **(facts | fields))


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.django_db  # money that is in may be on its way back: that is looked up
def test_every_status_has_words_and_a_colour(status: str) -> None:
    payment = a_payment(status)
    assert what_is_known(payment).endswith(".")
    assert what_happens_next(payment, NOW).endswith(".")
    assert status in COLOUR_OF


def test_every_status_of_a_booking_has_a_colour() -> None:
    assert set(COLOUR_OF_BOOKING) == set(BookingStatus)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(0), "in 1 second"),
        (timedelta(seconds=11.2), "in 12 seconds"),
        (timedelta(seconds=60), "in 1 minute"),
        (timedelta(minutes=11, seconds=59), "in 12 minutes"),
        (timedelta(hours=6), "in 6 hours"),
        (timedelta(days=1, hours=1), "in 2 days"),
    ],
)
def test_a_wait_is_said_in_the_largest_unit(wait: timedelta, words: str) -> None:
    assert in_words(wait) == words


def test_the_time_has_a_date_only_when_it_is_not_today() -> None:
    assert clock_time(NOW + timedelta(minutes=5), NOW) == "14:35:00"
    assert clock_time(NOW + timedelta(days=1), NOW) == "14:30 on 30 July"


def test_a_waiting_payment_says_when_it_is_asked_about_and_when_we_stop() -> None:
    payment = a_payment(next_check_at=NOW + timedelta(seconds=12))
    expected = "Paynow is asked again in 12 seconds, at 14:30:12. We stop waiting at 14:30 on 30 July."
    assert what_happens_next(payment, NOW) == expected


def test_a_code_that_runs_out_ends_the_waiting_earlier() -> None:
    payment = a_payment(next_check_at=NOW + timedelta(seconds=12), authorization_expires=NOW + timedelta(minutes=5))
    assert what_happens_next(payment, NOW).endswith("We stop waiting at 14:45:00.")


def test_a_try_that_never_left_us_is_sent_again() -> None:
    payment = a_payment("sending", unsent=True, next_check_at=NOW + timedelta(seconds=15))
    assert what_is_known(payment) == "Paynow could not be reached. Nothing has been sent."
    assert what_happens_next(payment, NOW).startswith("It is sent to Paynow again in 15 seconds")


def test_what_is_due_is_done_now() -> None:
    assert (
        what_happens_next(a_payment(next_check_at=NOW), NOW) == "Paynow is asked again now. Load this page again in a few seconds."
    )


def test_the_reason_stands_behind_the_status() -> None:
    assert what_is_known(a_payment("failed", reason_code="insufficient_funds")) == "Not paid. Not enough money in the wallet."


def test_a_gateway_that_was_unplugged_still_has_a_name() -> None:
    assert "gone is asked again" in what_happens_next(a_payment(gateway="gone", next_check_at=NOW), NOW)
    assert method_label("bank_transfer") == "Bank transfer"
    assert method_label("paynow_omari") == "O'mari"
