"""The compressed timetable is the same timetable: what is longer stays longer, and a claim outlasts the call it covers."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.conf import settings

from customer_data import schedule
from flows import outbox, transport
from paynow_integration.transport import CHARGE, QUESTION, Limits
from proof.inside import clock, timing
from proof.inside.patching import owner_of

TABLE = clock.timetable()
PAYNOW = "paynow_integration.gateway.PaynowGateway"


def test_what_takes_longer_takes_longer_in_a_run_too() -> None:
    times = {path: (as_it_is(path), value) for path, value in TABLE.items() if isinstance(value, timedelta)}
    assert len(times) > 15
    for one, other in combinations(times, 2):
        (was_one, is_one), (was_other, is_other) = times[one], times[other]
        if was_one > was_other:
            assert is_one >= is_other, f"{one} was longer than {other}"
        if was_one < was_other:
            assert is_one <= is_other, f"{one} was shorter than {other}"


def test_everything_is_quicker() -> None:
    for path, value in TABLE.items():
        for was, becomes in zip(durations(as_it_is(path)), durations(value), strict=True):
            assert becomes < was, path


@pytest.mark.parametrize(("lease", "charge", "question"), [
    (schedule.CHECK_LEASE, CHARGE, QUESTION),
    (TABLE["customer_data.schedule.CHECK_LEASE"], TABLE[f"{PAYNOW}.charge_limits"], TABLE[f"{PAYNOW}.question_limits"]),
])  # fmt: skip
def test_a_claim_outlasts_every_call_to_the_gateway(lease: timedelta, charge: Limits, question: Limits) -> None:
    for limits in (charge, question):
        assert lease.total_seconds() > limits.tries * (limits.connect_seconds + limits.read_seconds)


@pytest.mark.parametrize(("lease", "connect", "read"), [
    (outbox.SENDING_LEASE, transport.CONNECT_SECONDS, transport.READ_SECONDS),
    (TABLE["flows.outbox.SENDING_LEASE"], TABLE["flows.transport.CONNECT_SECONDS"], TABLE["flows.transport.READ_SECONDS"]),
])  # fmt: skip
def test_a_message_is_claimed_for_longer_than_a_call_to_whatsapp(lease: timedelta, connect: float, read: float) -> None:
    assert lease.total_seconds() > 2 * (connect + read)  # a file of its is uploaded first


def test_not_found_is_believed_only_when_no_request_can_still_be_on_its_way() -> None:
    limits = TABLE[f"{PAYNOW}.charge_limits"]
    age = TABLE["customer_data.schedule.NOT_FOUND_CONCLUSIVE_AGE"].total_seconds()
    assert age > 4 * (limits.connect_seconds + limits.read_seconds)


def test_the_schedule_of_a_run_is_over_in_minutes() -> None:
    assert TABLE["customer_data.schedule.GIVE_UP_ASKING_AFTER"] <= timedelta(minutes=2.5)
    for name in ("_WAITING", "_UNKNOWN", "_CLOSED"):
        assert TABLE[f"customer_data.schedule.{name}"][-1][0] == TABLE["customer_data.schedule.GIVE_UP_ASKING_AFTER"]


def test_the_clock_beats_quicker_and_leaves_nothing_out() -> None:
    quicker = timing.beats(settings.CELERY_BEAT_SCHEDULE)
    assert set(timing.BEATS) <= set(settings.CELERY_BEAT_SCHEDULE)
    assert set(quicker) == set(settings.CELERY_BEAT_SCHEDULE)
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert quicker[name]["task"] == entry["task"]
        assert quicker[name]["schedule"] <= entry["schedule"]
        assert (quicker[name]["schedule"] < entry["schedule"]) == (name in timing.BEATS)


def test_half_the_speed_takes_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(timing.SPEED, "0.5")
    assert clock.timetable()["customer_data.schedule.EXPIRE_AFTER"] == 2 * TABLE["customer_data.schedule.EXPIRE_AFTER"]
    assert timing.beats(settings.CELERY_BEAT_SCHEDULE)["sweep"]["schedule"] == 2 * timing.BEATS["sweep"]


def as_it_is(path: str) -> Any:
    """What production has under this name."""
    owner, name = owner_of(path)
    return getattr(owner, name)


def durations(value: Any) -> list[float]:
    """Every duration in it, in seconds; of a table, the waits of the rows that both have."""
    match value:
        case timedelta():
            return [value.total_seconds()]
        case Limits():
            return [value.connect_seconds, value.read_seconds]
        case int() | float():
            return [value]
        case ((timedelta(), timedelta()), *_):
            return [value[0][1].total_seconds(), value[-1][1].total_seconds()]
    return [each.total_seconds() for each in value]
