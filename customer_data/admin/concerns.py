"""The page of what needs a person: open matters first, solved ones with who solved them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import mark_safe

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import OpenFilter
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button, may_see
from customer_data.admin.payments import linked
from customer_data.models import Concern


@admin.register(Concern)
class ConcernAdmin(ReadOnlyDesk):
    list_display = ("shown_kind", "sentence", "shown_about", "created_at", "shown_state")
    list_filter = (OpenFilter, "kind")
    list_select_related = ("payment", "customer", "solved_by")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    fields = (("shown_about", "created_at"), ("solved_at", "solved_by"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"title": "Needs a person", **(extra_context or {})})
        return response

    def heading(self, concern: Concern) -> Heading:
        mark, colour = ("Solved", "success") if concern.solved_at else ("Open", "warning")
        return Heading(title=concern.get_kind_display(), mark=mark, colour=colour, lines=(concern.sentence,))

    @shown("What", ordering="kind")
    def shown_kind(self, concern: Concern) -> str:
        return concern.get_kind_display()

    @shown("About")
    def shown_about(self, concern: Concern) -> str:
        """The payment or the customer, one click away."""
        if concern.payment is not None:
            return linked(concern.payment, concern.payment.reference)
        return linked(concern.customer) if concern.customer is not None else ""

    @shown("How it stands", label={"open": "warning", "solved": "success"})
    def shown_state(self, concern: Concern) -> tuple[str, str]:
        return ("solved", f"Solved by {concern.solved_by}") if concern.solved_at else ("open", "Open")


def open_concerns(request: HttpRequest) -> str:
    """How many matters wait, for the sidebar; with none, the mark by which the style sheet hides the badge."""
    waiting = Concern.objects.filter(solved_at__isnull=True)[:100].count() if may_see(request.user, Concern) else 0
    if not waiting:
        return mark_safe('<i class="desk-none"></i>')
    return "99+" if waiting > 99 else str(waiting)


def _solve(concern: Concern, press: Press) -> str:
    with transaction.atomic():
        unsolved = Concern.objects.filter(pk=concern.pk, solved_at__isnull=True)
        if unsolved.update(solved_at=timezone.now(), solved_by=press.user) == 0:
            raise NotDone("Somebody else has solved this in the meantime.")
        if concern.payment is not None:
            solved = f"Solved: {concern.get_kind_display()}. {concern.sentence}"
            concern.payment.note(source="admin", actor=press.actor, reason=solved)
    return "Solved. Should the same happen again, it comes back as a new matter."


add_button(
    Concern,
    Button(
        name="solve",
        label="Solved",
        press=_solve,
        hint="Your name and the time are kept. Nothing else changes.",
        is_offered=lambda concern: concern.solved_at is None,
        in_lists=True,
    ),
)
