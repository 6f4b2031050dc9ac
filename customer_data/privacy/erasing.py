"""Erasing one customer: what names them goes everywhere at once, the books stay as they are, and the record stays verifiable."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Customer, Erasure, SeatHold
from customer_data.privacy import whose
from customer_data.privacy.emptying import Emptied
from customer_data.privacy.known import Known, known_of
from customer_data.privacy.record import RecordIsBroken, erase_from_record, vouch
from customer_data.privacy.refusals import CannotErase, refuse_if_needed
from customer_data.privacy.rows import ROWS
from customer_data.who import acting, who_acts

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """What another part of the house keeps about a customer. `lock` is taken before all else; it may raise CannotErase.

    `rows` are emptied. `delete` deletes what need not stay, and returns how many rows of which table.
    """

    lock: Callable[[Customer], None] = lambda _customer: None
    rows: tuple[Emptied, ...] = ()
    delete: Callable[[Customer, Known], Mapping[str, int]] = field(default=lambda _customer, _known: {})


def erase(customer: Customer, *, reason: str, user: Any, parts: Iterable[Part] = ()) -> Erasure:
    """Erase them, all or nothing. `user` is None for a command. Raises CannotErase."""
    parts = tuple(parts)
    try:
        with transaction.atomic():
            for part in parts:
                part.lock(customer)
            _lock(customer)
            refuse_if_needed(customer)
            erasure = _erase_locked(customer, reason, user, parts)
    except RecordIsBroken as broken:
        raise CannotErase(str(broken)) from None
    customer.refresh_from_db()
    logger.info("Erased customer %s: %s rows, %s entries of the record", customer.pk, sum(erasure.rows.values()), erasure.entries)
    return erasure


def _lock(customer: Customer) -> None:
    """No payment of theirs moves meanwhile: a move takes its booking's row first."""
    paid = set(whose.paid_by(customer).values_list("booking_id", flat=True))
    booked = set(whose.bookings_of(customer).values_list("pk", flat=True))
    list(Booking.objects.select_for_update().filter(pk__in=paid | booked).order_by("pk"))
    Customer.objects.select_for_update().get(pk=customer.pk)
    customer.refresh_from_db()


def _erase_locked(customer: Customer, reason: str, user: Any, parts: tuple[Part, ...]) -> Erasure:
    known = known_of(customer)
    reason = known.leaves_of_free_text(reason)
    acts = who_acts()
    with acting(acts.who if acts else "command", reason):
        counts: Counter[str] = Counter(_delete(customer))
        for part in parts:
            counts.update(part.delete(customer, known))
        emptied = _empty(customer, known, (*(rule for part in parts for rule in part.rows), *ROWS), counts)
        erasure = Erasure(customer=customer, reason=reason, made_by=user, made_at=timezone.now(), rows=dict(counts))
        return _erase_record(erasure, emptied, known)


def _empty(customer: Customer, known: Known, rules: tuple[Emptied, ...], counts: Counter[str]) -> list[tuple[Emptied, list[Any]]]:
    """Whose rows are whose is asked before anything is gone by which it is known. The customer's own row comes last."""
    emptied = []
    for rule in rules:
        rows, changed = rule.empty(customer, known)
        if rows:
            emptied.append((rule, rows))
            counts[type(rows[0])._meta.label] += changed
            _empty_log(rows, known)
    return emptied


def _erase_record(erasure: Erasure, emptied: list[tuple[Emptied, list[Any]]], known: Known) -> Erasure:
    """The row is written when all is known: its entry in the record is then made once, and it never changes."""
    with transaction.atomic():
        erasure.save(force_insert=True)
        for rule, rows in emptied:
            if type(rows[0])._meta.label in settings.RECORDED:
                erase_from_record(erasure, rule, rows, known)
        vouch(erasure)
        with pgtrigger.ignore("customer_data.Erasure:what_was_erased_stays"):
            erasure.save(update_fields=["entries", "digest", "key_name", "code"])
    return erasure


def _delete(customer: Customer) -> dict[str, int]:
    """Files of proofs, and seats that were being chosen."""
    files = whose.proof_files_of(customer)
    with pgtrigger.ignore("customer_data.ProofFile:proof_files_are_kept"):
        deleted, _ = files.delete()
    SeatHold.objects.filter(customer=customer, booking__isnull=True, released_at__isnull=True).update(released_at=timezone.now())
    return {"customer_data.ProofFile": deleted} if deleted else {}


def _empty_log(rows: list[Any], known: Known) -> None:
    """What Django's own log says about these rows: what they were called, and what was said about them."""
    kind = ContentType.objects.get_for_model(type(rows[0]))
    for entry in LogEntry.objects.filter(content_type=kind, object_id__in=[str(row.pk) for row in rows]):
        called, said = known.leaves(entry.object_repr), known.leaves_of_free_text(entry.change_message)
        if (called, said) != (entry.object_repr, entry.change_message):
            LogEntry.objects.filter(pk=entry.pk).update(object_repr=called[:200], change_message=said)
