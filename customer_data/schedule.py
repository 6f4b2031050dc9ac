"""When to ask again: one timetable for payments the customer is approving, one for lost answers, one for closed ones. Pure.

No gateway publishes a polling rate. Paynow's own shop plugin asks every 5 seconds; clients in the wild stop after 3 to 5
minutes and leave the rest to a later job. Notifications usually come first; these times are for when they do not.
"""

from datetime import timedelta

from customer_data.status import MONEY_IN, UNPAID_ENDS, Status

Timetable = tuple[tuple[timedelta, timedelta], ...]

GIVE_UP_ASKING_AFTER = timedelta(days=7)
EXPIRE_AFTER = timedelta(hours=24)
"""Our own clock for an unanswered prompt: long enough for a ten-hour power cut, and the customer may change method at any time."""

CODE_GRACE = timedelta(minutes=10)
"""How long after its end a code that the customer must enter is still waited for."""

TASK_LOST_AFTER = timedelta(seconds=10)
"""A payment still `created` after this has lost its task; the sweep sends it."""

CHECK_LEASE = timedelta(seconds=60)
"""How long one check holds a payment. Longer than any gateway call may take; a dead worker's payment comes back after it."""

LEAST_GAP = timedelta(seconds=2)
"""Two questions about one payment are never closer than this, however often the bell rings."""

STUCK_AFTER = timedelta(hours=1)
"""A person is told when an answer has been lost for this long."""

SEND_AGAIN_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=40))
"""After a try that certainly never left us. Then the customer is told; nothing was charged."""

REFUND_STUCK_AFTER = timedelta(days=3)
"""A person is told when a refund that was handed to the gateway has come to no end for this long; cards may take some days."""

NOT_FOUND_IS_CONCLUSIVE_AFTER = 5
"""Questions in a row, at least NOT_FOUND_CONCLUSIVE_AGE after sending. Paynow does not say when its *not found* can be believed."""

NOT_FOUND_CONCLUSIVE_AGE = timedelta(minutes=10)

# (payment younger than, ask again after)
_WAITING: Timetable = (
    (timedelta(minutes=1), timedelta(seconds=5)),
    (timedelta(minutes=5), timedelta(seconds=15)),
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(hours=24), timedelta(minutes=15)),
    (GIVE_UP_ASKING_AFTER, timedelta(hours=6)),
)
_UNKNOWN: Timetable = (
    (timedelta(minutes=1), timedelta(seconds=10)),
    (timedelta(minutes=10), timedelta(seconds=30)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=24), timedelta(minutes=30)),
    (GIVE_UP_ASKING_AFTER, timedelta(hours=6)),
)
_CLOSED: Timetable = (
    (timedelta(minutes=5), timedelta(seconds=30)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=24), timedelta(hours=1)),
    (GIVE_UP_ASKING_AFTER, timedelta(hours=12)),
)
_REFUND: Timetable = (
    (timedelta(minutes=1), timedelta(seconds=10)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(minutes=30)),
)
_REFUND_LATER = timedelta(hours=6)


def ask_about_refund_after(*, age: timedelta) -> timedelta:
    """How long to wait before a refund that was handed to the gateway is asked about again: as long as it has no end."""
    return _look_up(_REFUND, age) or _REFUND_LATER


def ask_again_after(status: str, *, age: timedelta, reviewed_within: timedelta | None = None) -> timedelta | None:
    """How long to wait before the next question; None: never again, unless somebody rings.

    `reviewed_within`: a person of ours decides within that time, so there is nothing to ask until it is over.
    """
    if status in MONEY_IN or status == Status.REFUNDED:
        return None
    if reviewed_within is not None:
        return None if status in UNPAID_ENDS else max(reviewed_within - age, LEAST_GAP)
    return _look_up(_timetable(status), age)


def ask_after_a_bell(*, age: timedelta) -> timedelta | None:
    """How long to wait before a question is repeated that was asked because the gateway rang, and got no answer; None: give up.

    `age`: since it rang. Also where nothing else is due any more: it may ring of a refund or a dispute.
    """
    return _look_up(_UNKNOWN, age)


def send_again_after(sends_made: int) -> timedelta | None:
    """How long to wait before a try that certainly never left us is repeated; None: give up."""
    return SEND_AGAIN_AFTER[sends_made - 1] if 0 < sends_made <= len(SEND_AGAIN_AFTER) else None


def not_found_is_conclusive(times: int, *, age: timedelta) -> bool:
    """Whether the gateway has said often and late enough that it never heard of the payment."""
    return times >= NOT_FOUND_IS_CONCLUSIVE_AFTER and age >= NOT_FOUND_CONCLUSIVE_AGE


def _timetable(status: str) -> Timetable:
    if status in UNPAID_ENDS:
        return _CLOSED
    return _UNKNOWN if status == Status.SENDING else _WAITING


def _look_up(timetable: Timetable, age: timedelta) -> timedelta | None:
    return next((wait for younger_than, wait in timetable if age < younger_than), None)
