"""Erasing one customer in the whole house: the core's rows, the talk, what gateways and banks said, and files of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from customer_data.models import Customer, Erasure, IdempotentRequest
from customer_data.privacy import Emptied, Known, Part, erase
from customer_data.privacy.whose import payments_of, refunds_of
from desk.models import Export, ExportPart, StatementLine
from flows.privacy import PART as TALK
from paynow_integration.models import PaynowNotification


def erase_customer(customer: Customer, *, reason: str, user: Any) -> Erasure:
    """Erase everything that names them, all or nothing; `user` is None for a command. Raises CannotErase with a sentence."""
    return erase(customer, reason=reason, user=user, parts=(TALK, PART))


def updates_of_payments(customer: Customer) -> QuerySet[PaynowNotification]:
    return PaynowNotification.objects.filter(payment__in=payments_of(customer))


def statement_lines_of(customer: Customer) -> QuerySet[StatementLine]:
    """Lines that were matched with their payments and refunds."""
    matched = Q(payment__in=payments_of(customer)) | Q(refund__in=refunds_of(customer))
    return StatementLine.objects.filter(matched)


def _delete_copies(customer: Customer, known: Known) -> Mapping[str, int]:
    """Copies of what is being erased: files of lists, which can be made again, and answers kept for repeated API requests."""
    parts, _ = ExportPart.objects.all().delete()
    references = list(payments_of(customer).values_list("reference", flat=True))
    answers, _ = IdempotentRequest.objects.filter(answer__reference__in=references).delete() if references else (0, {})
    for export in Export.objects.exclude(filters={}):
        filters = known.leaves_of(export.filters)
        if filters != export.filters:
            Export.objects.filter(pk=export.pk).update(filters=filters)
    counts = {"desk.ExportPart": parts, "customer_data.IdempotentRequest": answers}
    return {label: count for label, count in counts.items() if count}


PART = Part(
    rows=(
        Emptied(updates_of_payments, blank={"body": ""}, exact=("detail",)),
        Emptied(statement_lines_of, free=("words", "why")),
    ),
    delete=_delete_copies,
)
