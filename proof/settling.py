"""Waiting until the schedule has run out: nothing is open, nothing waits, on neither side of the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import Error, connection

from customer_data.models import Payment, Receipt, Refund, RefundStatus
from customer_data.status import NEEDS_PROOF, OPEN
from flows.models import Message, Update
from paynow_integration.models import Outcome, PaynowNotification
from proof.wire import Http

LOOK_SECONDS = 1.0
QUIET_LOOKS = 3
"""So often in a row nothing may wait: what one part ends, the next begins."""
Answer = TypeVar("Answer")


@sync_to_async
def ask_database(question: Callable[[], Answer], *, otherwise: Answer) -> Answer:
    """`otherwise` while the database is away; the next question makes a new connection."""
    try:
        return question()
    except Error:
        connection.close()
        return otherwise


async def settle(http: Http, *, paynow_url: str, phone_url: str, seconds: float) -> list[str]:
    """What still waits after so many seconds, as sentences; nothing when everything came to its end."""
    deadline, quiet = time.monotonic() + seconds, 0
    waiting: list[str] = []
    while quiet < QUIET_LOOKS and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        waiting = await ask_database(_waiting_with_us, otherwise=["The database is away."])
        waiting = waiting or await _waiting_outside(http, paynow_url, phone_url)
        quiet = 0 if waiting else quiet + 1
    return waiting


def _waiting_with_us() -> list[str]:
    receipts = Receipt.objects.values("payment")
    counts = {
        "payments are open": Payment.objects.filter(status__in=OPEN).count(),
        "receipts are missing": Payment.objects.filter(status__in=NEEDS_PROOF).exclude(pk__in=receipts).count(),
        "messages wait": Message.objects.filter(next_try_at__isnull=False).count(),
        "updates of WhatsApp wait": Update.objects.filter(next_try_at__isnull=False).count(),
        "status updates are not judged": PaynowNotification.objects.filter(outcome=Outcome.RECEIVED).count(),
        "refunds are asked about": Refund.objects.filter(status=RefundStatus.SENT, next_check_at__isnull=False).count(),
    }
    return [f"{count} {what}." for what, count in counts.items() if count]


async def _waiting_outside(http: Http, paynow_url: str, phone_url: str) -> list[str]:
    updates = (await http.json(f"{paynow_url}/simulator/updates?waiting=1"))["updates"]
    calls = await http.json(f"{phone_url}/simulator/webhooks?brief=1")
    sentences = [f"{len(updates)} status updates of Paynow are on their way."] if updates else []
    return sentences + ([f"{calls['waiting']} webhooks are on their way."] if calls["waiting"] else [])
