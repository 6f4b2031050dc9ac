"""Small numbers beside lines of the sidebar: what waits for staff. Each is counted through the index of what is open, to 99."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import mark_safe

from customer_data.admin.page import may_see
from customer_data.models import Concern, Proof, ProofStatus, Refund, RefundStatus

MOST_SHOWN = 99


def open_matters(request: HttpRequest) -> str:
    """Matters that need a person."""
    return _waiting(request, Concern, Concern.objects.filter(solved_at__isnull=True))


def proofs_waiting(request: HttpRequest) -> str:
    """Proofs of payment that nobody has approved or rejected."""
    return _waiting(request, Proof, Proof.objects.filter(status=ProofStatus.WAITING))


def refunds_waiting(request: HttpRequest) -> str:
    """Refunds under way: to approve, to pay back, or at the gateway."""
    waiting = [RefundStatus.REQUESTED, RefundStatus.APPROVED, RefundStatus.SENT]
    return _waiting(request, Refund, Refund.objects.filter(status__in=waiting))


def _waiting(request: HttpRequest, model: type[Model], rows: QuerySet[Concern] | QuerySet[Proof] | QuerySet[Refund]) -> str:
    """The number as it is shown; with none, the mark by which the style sheet hides the badge."""
    waiting = rows.order_by()[: MOST_SHOWN + 1].count() if may_see(request.user, model) else 0
    if not waiting:
        return mark_safe('<i class="desk-none"></i>')
    return f"{MOST_SHOWN}+" if waiting > MOST_SHOWN else str(waiting)
