"""Celery's doors to the services. Fetch, call, done: safe to run twice, safe to kill."""

from datetime import datetime, timedelta

from celery import shared_task

from customer_data import ledger, seats, services
from customer_data.ledger import record
from customer_data.sweep import sweep as hand_out_what_is_due

LATELY = timedelta(days=2)
"""What the clock looks through every few seconds; whatever is older is found once a day."""


@shared_task
def send_payment(reference: str) -> None:
    services.send_payment(reference)


@shared_task
def check_payment(reference: str, claimed_until: str | None = None) -> None:
    """`claimed_until`: the sweep's claim in ISO 8601, so that a task delivered twice asks once."""
    claim = None if claimed_until is None else datetime.fromisoformat(claimed_until)
    services.check_payment(reference, claimed_until=claim)


@shared_task
def submit_otp(reference: str) -> None:
    services.submit_otp(reference)


@shared_task
def sweep() -> None:
    hand_out_what_is_due(
        send=send_payment.delay,
        check=lambda reference, until: check_payment.delay(reference, until.isoformat()),
    )


@shared_task
def send_refund(reference: str) -> None:
    services.send_refund(reference)


@shared_task
def send_due_refunds() -> None:
    """Hand out what was approved, and what a gateway is to be asked about."""
    for reference in services.due_refunds():
        send_refund.delay(reference)


@shared_task
def issue_missed_receipts() -> None:
    services.issue_missed_receipts(within=LATELY)


@shared_task
def issue_every_missed_receipt() -> None:
    services.issue_missed_receipts()


@shared_task
def mark_lapsed_holds() -> None:
    seats.mark_lapsed_holds()


@shared_task
def seal_changes() -> None:
    record.seal_or_tell()


@shared_task
def check_new_changes() -> None:
    """What was recorded since yesterday."""
    record.check_and_tell(within=timedelta(days=1))


@shared_task
def check_the_record() -> None:
    """All of it, and every row beside it: a minute for each million rows or so."""
    record.check_and_tell()


@shared_task
def check_the_books() -> None:
    """Every invariant of money, over all there is."""
    ledger.check_and_tell()
