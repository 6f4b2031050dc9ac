"""The sweep: finds what is due and hands it out. The database, not the broker, remembers; a lost task is found here again.

Claims are one guarded update with SKIP LOCKED: no lock is held while a gateway is asked, and two sweeps never share a payment.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from customer_data import schedule
from customer_data.gateway import gateways
from customer_data.models import PollBudget

BATCH = 500

# MATERIALIZED, because a subquery in WHERE may be run again for every row, and would then claim more than it was allowed.
_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM customer_data_payment
        WHERE next_check_at <= %(now)s AND gateway = %(gateway)s
          AND {which}
        ORDER BY next_check_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    UPDATE customer_data_payment AS payment SET next_check_at = %(until)s
    FROM due WHERE payment.id = due.id
    RETURNING payment.reference
"""

# Word for word the condition of the index `payment_what_is_unsent`: without it every sweep would look through all that is due.
_NEVER_LEFT_US = "(status = 'created' OR (status = 'sending' AND unsent))"
_CLAIM_TO_SEND = _CLAIM.format(which=_NEVER_LEFT_US)
_CLAIM_TO_CHECK = _CLAIM.format(which=f"NOT {_NEVER_LEFT_US}")


@dataclass(frozen=True)
class Claim:
    """A payment that is ours until `until`; then it is due again, whatever became of us."""

    reference: str
    until: datetime


def sweep(*, send: Callable[[str], object], check: Callable[[str, datetime], object], now: datetime | None = None) -> int:
    """Hand every due payment to `send` (never left us) or `check` (ask the gateway), within each gateway's budget.

    Returns how many were handed out. One call handles at most BATCH of each kind per gateway; the next goes on from there.
    """
    now = now or timezone.now()
    handed_out = 0
    for gateway in gateways():
        for claim in _claim(gateway.name, to_send=True, most=BATCH, now=now):
            send(claim.reference)
            handed_out += 1
        able = gateway.capabilities()
        for claim in claim_checks(gateway.name, per_minute=None if able.is_reviewed else able.polls_per_minute, now=now):
            check(claim.reference, claim.until)
            handed_out += 1
    return handed_out


def claim_checks(gateway: str, *, per_minute: int | None, now: datetime) -> list[Claim]:
    """Claim as many due questions as the gateway's budget allows, and count them against it. None: asking costs nothing."""
    if per_minute is None:
        return list(_claim(gateway, to_send=False, most=BATCH, now=now))
    with transaction.atomic():
        budget = PollBudget.locked(gateway, now=now)
        most = min(BATCH, budget.available(per_minute=per_minute, now=now))
        claims = list(_claim(gateway, to_send=False, most=most, now=now)) if most else []
        if claims:
            budget.spend(len(claims), per_minute=per_minute, now=now)
    return claims


def _claim(gateway: str, *, to_send: bool, most: int, now: datetime) -> Iterator[Claim]:
    until = now + schedule.CHECK_LEASE
    values: dict[str, str | int | datetime] = {
        "until": until,
        "now": now,
        "gateway": gateway,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_TO_SEND if to_send else _CLAIM_TO_CHECK, values)
        references = [row[0] for row in cursor.fetchall()]
    return (Claim(reference, until) for reference in references)
