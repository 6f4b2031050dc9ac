"""What waits: payments that customers have not answered, by age, and matters that need a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from customer_data.admin.desk import link_to
from customer_data.models import Concern, Payment
from customer_data.status import OPEN
from desk.dashboard import links

MOST_COUNTED = 5_000
MOST_MATTERS = 8
MOST_MATTERS_COUNTED = 100

_AGES = (
    ("Under 2 minutes", timedelta(0)),
    ("2 to 10 minutes", timedelta(minutes=2)),
    ("10 to 60 minutes", timedelta(minutes=10)),
    ("1 to 6 hours", timedelta(hours=1)),
    ("6 to 24 hours", timedelta(hours=6)),
    ("Over 24 hours", timedelta(hours=24)),
)


@dataclass(frozen=True)
class Age:
    label: str
    count: int
    percent: int
    link: str


@dataclass(frozen=True)
class Pending:
    """Payments that are under way. `is_more`: only the first thousands were counted."""

    count: int
    is_more: bool
    ages: tuple[Age, ...]
    link: str


def pending(now: datetime) -> Pending:
    """The index that allows one open payment per booking holds exactly these, so that no other payment is looked at."""
    open_now = Payment.objects.filter(status__in=sorted(OPEN), is_test=False).order_by()
    moments = list(open_now.values_list("created_at", flat=True)[: MOST_COUNTED + 1])
    counted = [
        (label, until, after, sum(1 for moment in moments if moment <= until and (after is None or moment > after)))
        for label, until, after in _windows(now)
    ]
    most = max((count for *_, count in counted), default=0)
    ages = (
        Age(label, count, count * 100 // most if most else 0, links.open_payments(after=after, until=until))
        for label, until, after, count in counted
    )
    return Pending(
        count=min(len(moments), MOST_COUNTED), is_more=len(moments) > MOST_COUNTED, ages=tuple(ages), link=links.open_payments()
    )


def _windows(now: datetime) -> list[tuple[str, datetime, datetime | None]]:
    """Each age as the moments between which such a payment was asked for."""
    following = [(now - older) for (_, _), (_, older) in pairwise(_AGES)]
    return [(label, now - age, after) for (label, age), after in zip(_AGES, [*following, None], strict=True)]


@dataclass(frozen=True)
class Matter:
    what: str
    sentence: str
    since: datetime
    taken_by: str
    link: str


@dataclass(frozen=True)
class Matters:
    """The oldest open matters, and how many there are, as text: `99+` when there are more."""

    count: str
    oldest: tuple[Matter, ...]
    link: str


def matters() -> Matters:
    open_now = Concern.objects.filter(solved_at__isnull=True)
    oldest = open_now.select_related("taken_by").order_by("created_at")[:MOST_MATTERS]
    count = open_now.order_by()[:MOST_MATTERS_COUNTED].count()
    return Matters(
        count=f"{MOST_MATTERS_COUNTED - 1}+" if count >= MOST_MATTERS_COUNTED else str(count),
        oldest=tuple(_matter(concern) for concern in oldest),
        link=links.list_of("customer_data_concern"),
    )


def _matter(concern: Concern) -> Matter:
    taken_by = "" if concern.taken_by is None else str(concern.taken_by)
    address, _ = link_to(concern)
    return Matter(concern.get_kind_display(), concern.sentence, timezone.localtime(concern.created_at), taken_by, address)
