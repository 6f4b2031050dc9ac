"""How much quicker a run's clock goes. Read by the settings, so it knows nothing of Django."""

import os
from collections.abc import Mapping
from typing import Any

SPEED = "PROOF_SPEED"
"""Environment variable: 1 is as written here and in `clock.py`, 0.5 takes twice as long."""

BEATS = {
    "heartbeat": 2.0,
    "sweep": 1.0,  # 5 seconds
    "send-due-refunds": 2.0,  # 15 seconds
    "judge-forgotten": 3.0,  # 1 minute
    "issue-missed-receipts": 2.0,  # 15 seconds
    "mark-lapsed-holds": 10.0,  # 5 minutes
    "seal-changes": 5.0,  # 1 minute
    "handle-due": 1.0,  # 5 seconds
    "tell-missed": 2.0,  # 15 seconds
    "update-figures": 10.0,  # 15 seconds
    "watch-updates": 15.0,  # 1 minute
}
"""Seconds between two of what the clock does."""

VISIBILITY_SECONDS = 30.0
"""After which Redis hands out a task again whose worker died; 15 minutes."""


def speed() -> float:
    return float(os.environ.get(SPEED, "") or 1)


def beats(schedule: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The clock's timetable of `settings`, quicker; what runs once in ten minutes or more stays as it is."""
    return {name: _beat(entry, BEATS[name] / speed()) if name in BEATS else dict(entry) for name, entry in schedule.items()}


def _beat(entry: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    return {**entry, "schedule": seconds, "options": {**entry.get("options", {}), "expires": max(seconds, 2.0)}}
