"""Whose data was read, written or taken away between two moments: what a notice of a breach must name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from customer_data.models import Booking, Change, Customer, Payment
from desk.models import Export
from flows.models import IncomingMessage, Message


@dataclass(frozen=True)
class Affected:
    """One customer, and in which ways: `changed`, `wrote`, `was told`, `looked at by staff`, `taken away`."""

    customer: Customer
    ways: tuple[str, ...]


def affected(begins: datetime, ends: datetime, *, by: str = "") -> Iterator[Affected]:
    """Customers in the order of their numbers. `by`: only what this member of staff did. It reads whole tables of messages.

    Nobody sees what was only *read* in the database itself: after a copy of it was taken, everybody in it is affected.
    """
    ways: defaultdict[int, set[str]] = defaultdict(set)
    for key, way in _found(begins, ends, by):
        ways[key].add(way)
    for customer in Customer.objects.filter(pk__in=ways).order_by("pk").iterator():
        yield Affected(customer, tuple(sorted(ways[customer.pk])))


def lists_taken_away(begins: datetime, ends: datetime, *, by: str = "") -> list[Export]:
    """Whole lists that left the house: everybody on them is affected."""
    exports = Export.objects.filter(requested_at__range=(begins, ends)).exclude(what="customer").select_related("requested_by")
    return list(exports.filter(requested_by__username=by) if by else exports)


def _found(begins: datetime, ends: datetime, by: str) -> Iterator[tuple[int, str]]:
    yield from ((key, "changed") for key in _changed(begins, ends, by))
    yield from ((key, "handled by staff") for key in _handled(begins, ends, by))
    packages = Export.objects.filter(requested_at__range=(begins, ends), what="customer")
    for filters in (packages.filter(requested_by__username=by) if by else packages).values_list("filters", flat=True):
        yield from ((int(key), "taken away") for key in filters.get("customer", ()))
    if not by:
        for model, moment, way in ((IncomingMessage, "created_at", "wrote"), (Message, "created_at", "was told")):
            keys = model._default_manager.filter(**{f"{moment}__range": (begins, ends)}).values_list("customer_id", flat=True)
            yield from ((key, way) for key in keys.distinct())


def _changed(begins: datetime, ends: datetime, by: str) -> Iterator[int]:
    changes = Change.objects.filter(at__range=(begins, ends))
    changes = changes.filter(who=by) if by else changes
    rows: defaultdict[str, set[str]] = defaultdict(set)
    for table, row in changes.values_list("table_name", "row_id").distinct():
        rows[table].add(row)
    yield from (int(key) for key in rows[Customer._meta.db_table])
    yield from Booking.objects.filter(pk__in=rows[Booking._meta.db_table]).values_list("customer_id", flat=True)
    for booked, payer in Payment.objects.filter(pk__in=rows[Payment._meta.db_table]).values_list(
        "booking__customer_id", "payer_id"
    ):
        yield from (key for key in (booked, payer) if key is not None)


def _handled(begins: datetime, ends: datetime, by: str) -> Iterator[int]:
    """Customers on whose pages staff pressed or changed something."""
    kind = ContentType.objects.get_for_model(Customer)
    entries = LogEntry.objects.filter(content_type=kind, action_time__range=(begins, ends))
    entries = entries.filter(user__username=by) if by else entries
    yield from (int(key) for key in entries.values_list("object_id", flat=True) if key)
