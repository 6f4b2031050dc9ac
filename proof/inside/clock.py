"""A compressed timetable: the same schedule, run out in minutes instead of a week. Only durations change, never decisions.

Seconds are compressed little, because machines do not get quicker; hours and days much. What is longer than what stays so, and
every claim stays longer than the call it covers; a test looks at both.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from customer_data import schedule
from customer_data.gateway import Capabilities, Gateway
from paynow_integration.transport import Limits
from proof.inside.patching import replace, replace_value
from proof.inside.timing import speed


def _seconds(*numbers: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=number / speed()) for number in numbers)


def _time(number: float) -> timedelta:
    return _seconds(number)[0]


def _table(*rows: tuple[float, float]) -> tuple[tuple[timedelta, timedelta], ...]:
    return tuple((_time(younger_than), _time(wait)) for younger_than, wait in rows)


def timetable() -> Mapping[str, Any]:
    """What each name of ours is during a run."""
    expire, give_up = _time(70), _time(140)
    core = {
        "GIVE_UP_ASKING_AFTER": give_up,  # 7 days
        "EXPIRE_AFTER": expire,  # 24 hours
        "CODE_GRACE": _time(50),  # 10 minutes
        "TASK_LOST_AFTER": _time(3),  # 10 seconds
        "CHECK_LEASE": _time(12),  # 60 seconds
        "LEAST_GAP": _time(0.5),  # 2 seconds
        "STUCK_AFTER": _time(60),  # 1 hour
        "SEND_AGAIN_AFTER": _seconds(1, 2, 4),  # 5, 15, 40 seconds
        "NOT_FOUND_CONCLUSIVE_AGE": _time(50),  # 10 minutes
        "_WAITING": _table((10, 1.5), (30, 3), (140, 6)),
        "_UNKNOWN": _table((10, 2), (30, 3), (140, 6)),
        "_CLOSED": _table((10, 3), (40, 6), (140, 12)),
    }
    return {f"customer_data.schedule.{name}": value for name, value in core.items()} | {
        "customer_data.services.checking.BUDGET_SPENT_WAIT": _time(2),  # 5 seconds
        "paynow_integration.notifications.FORGOTTEN_AFTER": _time(12),  # 1 minute
        "offline_payments.gateway.WAITS": give_up,  # 7 days
        "flows.outbox.SENDING_LEASE": _time(50),  # 2 minutes; both web processes may be down for a while on a slow machine
        "flows.outcomes.TRY_AGAIN_AFTER": _seconds(1, 3, 6, 10, 15),  # 5 seconds to an hour
        "flows.outcomes.ALARM_WAIT": _time(50),  # 10 minutes
        "flows.inbox.TRY_AGAIN_AFTER": _seconds(1, 3, 8),  # 2, 10, 60 seconds
        "flows.inbox.STATUS_TRY_AGAIN_AFTER": _seconds(1, 2, 5, 10, 20),  # 2 seconds to five minutes
        "flows.inbox.PATIENCE": _time(2),  # 5 seconds
        "flows.telling.FORM_IS_CLOSED_AFTER": _time(20),  # 90 seconds
        "flows.telling.ANSWER_AT_THE_LATEST": _time(50),  # 2 minutes
        "flows.window.PAIR_GAP": _time(2),  # 6 seconds
        "flows.transport.CONNECT_SECONDS": 1 / speed(),  # 5 seconds
        "flows.transport.READ_SECONDS": 4 / speed(),  # 20 seconds
        "paynow_integration.gateway.PaynowGateway.charge_limits": _limits(connect=1, read=4, tries=1),  # 5, 25 seconds
        "paynow_integration.gateway.PaynowGateway.question_limits": _limits(connect=1, read=2.5, tries=2),  # 5, 10 seconds
    }


def put_in_place() -> None:
    """After all modules are loaded: a name that was taken from another module is changed there, too."""
    for path, value in timetable().items():
        replace_value(path, value)
    replace("paynow_integration.gateway.PaynowGateway.capabilities", _waiting_less_long)


def _limits(*, connect: float, read: float, tries: int) -> Limits:
    return Limits(connect_seconds=connect / speed(), read_seconds=read / speed(), tries=tries)


def _waiting_less_long(capabilities: Callable[[Gateway], Capabilities]) -> Callable[[Gateway], Capabilities]:
    """How long an open payment is waited for was taken from the timetable when the contract was read."""

    @functools.wraps(capabilities)
    def waiting(gateway: Gateway) -> Capabilities:
        return dataclasses.replace(capabilities(gateway), waits=schedule.EXPIRE_AFTER)

    return waiting
