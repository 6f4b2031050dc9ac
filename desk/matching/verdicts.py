"""What is concluded about one line of a statement, and how it is written: only onto lines that nobody has decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from customer_data.references import read_reference
from desk.models import LineStatus, StatementLine

UNDECIDED = (LineStatus.OPEN, LineStatus.PROPOSED)
_LOCK = 4_206_001  # one run of matching, or one decision, at a time; held for a batch, never while a network is asked
_PART = re.compile(r"[A-Za-z0-9]+")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Verdict:
    """How a line stands now, and why, in a sentence."""

    status: LineStatus
    why: str = ""
    payment_id: UUID | None = None
    refund_id: int | None = None


OPEN = Verdict(LineStatus.OPEN)


def lock_matching() -> None:
    """Until the end of this transaction nobody else matches: two at once would give one payment to two lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def undecided(kind: str, first: date, last: date, currency: str) -> QuerySet[StatementLine]:
    """Lines of these days that neither the machine has settled nor a person has decided."""
    return StatementLine.objects.filter(
        source__kind=kind, currency=currency, day__gte=first, day__lte=last, status__in=UNDECIDED, decided_by=None
    )


def write(lines: Iterable[StatementLine], verdicts: dict[int, Verdict]) -> int:
    """Write what changed; how many lines that were. The caller holds the lock."""
    changed = []
    for line in lines:
        verdict = verdicts.get(line.pk, OPEN)
        now = (line.status, line.why, line.payment_id, line.refund_id)
        then = (verdict.status, verdict.why[:300], verdict.payment_id, verdict.refund_id)
        if now != then:
            line.status, line.why, line.payment_id, line.refund_id = then
            changed.append(line)
    StatementLine.objects.bulk_update(changed, ["status", "why", "payment", "refund"], batch_size=500)
    return len(changed)


def references_in(*texts: str) -> Iterator[str]:
    """Our references that a text holds: the whole of it, or a word of it, with a right check character."""
    for text in texts:
        for word in (text, *_TOKEN.findall(text), *_PART.findall(text)):
            try:
                yield read_reference(word)
            except ValueError:
                continue


def words_in(*texts: str) -> set[str]:
    """Words and whole texts in one form, to find a bank's reference in them: capitals and digits only, four at least."""
    plain = (re.sub(r"[^A-Z0-9]", "", word.upper()) for text in texts for word in (text, *text.split(), *_TOKEN.findall(text)))
    return {word for word in plain if len(word) >= 4}


def matched_already(payment_ids: Iterable[UUID]) -> dict[UUID, StatementLine]:
    """The line of money that each payment is matched with."""
    matched = StatementLine.objects.filter(payment__in=payment_ids, status=LineStatus.MATCHED, is_money=True, amount__gt=0)
    return {line.payment_id: line for line in matched if line.payment_id}


def seen_twice(line: StatementLine, other: StatementLine | None) -> str:
    """What is wrong when another line is matched with the same payment."""
    if other is None or other.pk == line.pk:
        return ""
    return f"Another line, of {other.day:%d %b %Y}, is matched with this payment: perhaps the customer paid twice."
