"""The queue of what needs a person: what happened, what is at stake, the right things to do, who took it, when it was solved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join

from customer_data.admin.advice import advice_for
from customer_data.admin.desk import Desk, ReadOnlyDesk, shown
from customer_data.admin.filters import OpenFilter
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button
from customer_data.admin.payments import linked
from customer_data.models import Concern

MAY_SOLVE = "customer_data.solve_concern"


class TakenFilter(admin.SimpleListFilter):
    """Whose matters."""

    title = "who took it"
    parameter_name = "taken"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("nobody", "Nobody yet"), ("me", "I did")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Concern]) -> QuerySet[Concern]:
        if self.value() == "nobody":
            return queryset.filter(taken_by__isnull=True)
        return queryset.filter(taken_by=request.user.pk) if self.value() == "me" else queryset


@admin.register(Concern)
class ConcernAdmin(ReadOnlyDesk):
    when_empty = "Nothing waits for a person. What the machine cannot decide alone stands here, with what to do about it."
    list_display = ("what_happened", "shown_stake", "about_whom", "created_at", "shown_state")
    list_filter = (OpenFilter, TakenFilter, "kind")
    list_select_related = ("payment__booking__customer", "customer", "proof", "taken_by", "solved_by")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    fields = (("shown_about", "shown_phone"), "created_at", ("taken_at", "taken_by"), ("solved_at", "solved_by"), "solution")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"title": "Needs a person", **(extra_context or {})})
        return response

    def heading(self, concern: Concern) -> Heading:
        advice, stake = advice_for(concern), advice_for(concern).at_stake(concern)
        mark, colour = _mark(concern)
        lines = (concern.sentence, f"At stake: {stake}." if stake else "")
        to_do = "" if concern.solved_at else f"What to do: {advice.what_to_do}"
        return Heading(concern.get_kind_display(), mark, colour, lines=tuple(line for line in (*lines, to_do) if line))

    def extra_buttons(self, request: HttpRequest, row: Concern) -> list[dict[str, Any]]:
        """The few buttons of the payment, or the proof, that this matter is likely to need."""
        if row.solved_at is not None:
            return []
        subjects: tuple[Model | None, ...] = (row.payment, row.proof)
        return [form for subject in subjects if subject is not None for form in self._buttons_of(request, row, subject)]

    def _buttons_of(self, request: HttpRequest, concern: Concern, subject: Model) -> list[dict[str, Any]]:
        desk = self.admin_site.get_model_admin(type(subject))
        if not isinstance(desk, Desk):
            return []
        offered = {form["button"].name: form for form in desk.button_forms(request, subject)}
        return [offered[name] for name in advice_for(concern).buttons if name in offered]

    @shown("What happened", header=True)
    def what_happened(self, concern: Concern) -> Sequence[str]:
        return concern.get_kind_display(), concern.sentence

    @shown("About", header=True)
    def about_whom(self, concern: Concern) -> Sequence[str]:
        return self.shown_about(concern), self.shown_phone(concern)

    @shown("Customer's phone")
    def shown_phone(self, concern: Concern) -> str:
        customer = concern.customer or (concern.payment.booking.customer if concern.payment else None)
        return customer.known_phone if customer is not None else ""

    @shown("At stake")
    def shown_stake(self, concern: Concern) -> str:
        return advice_for(concern).at_stake(concern)

    @shown("About")
    def shown_about(self, concern: Concern) -> str:
        """The payment, the proof or the customer, one click away."""
        about = [
            (concern.payment, concern.payment.reference if concern.payment else ""),
            (concern.proof, ""),
            (concern.customer, ""),
        ]
        return format_html_join(", ", "{}", ((linked(row, words),) for row, words in about if row is not None))

    @shown("How it stands", label={"open": "warning", "taken": "info", "solved": "success"})
    def shown_state(self, concern: Concern) -> tuple[str, str]:
        if concern.solved_at:
            return "solved", f"Solved by {concern.solved_by}" if concern.solved_by else "Solved by itself"
        return ("taken", f"Taken by {concern.taken_by}") if concern.taken_by else ("open", "Open")


def _mark(concern: Concern) -> tuple[str, str]:
    if concern.solved_at:
        return "Solved", "success"
    return (f"Taken by {concern.taken_by}", "info") if concern.taken_by else ("Open", "warning")


# --- Buttons --------------------------------------------------------------------------------------
def _take(concern: Concern, press: Press) -> str:
    free = Concern.objects.filter(pk=concern.pk, solved_at__isnull=True, taken_by__isnull=True)
    if free.update(taken_by=press.user, taken_at=timezone.now()) == 0:
        raise NotDone("Somebody else has taken or solved this in the meantime.")
    return "It is yours. The others see that you look after it."


def _give_back(concern: Concern, press: Press) -> str:
    Concern.objects.filter(pk=concern.pk, solved_at__isnull=True).update(taken_by=None, taken_at=None)
    return "It is back in the queue."


def _solve(concern: Concern, press: Press) -> str:
    with transaction.atomic():
        unsolved = Concern.objects.filter(pk=concern.pk, solved_at__isnull=True)
        if unsolved.update(solved_at=timezone.now(), solved_by=press.user, solution=press.reason) == 0:
            raise NotDone("Somebody else has solved this in the meantime.")
        if concern.payment is not None:
            solved = f"Solved: {concern.get_kind_display()}. {press.reason}"
            concern.payment.note(source="admin", actor=press.actor, reason=solved)
    return "Solved. Should the same happen again, it comes back as a new matter."


add_button(
    Concern,
    Button(
        name="take",
        label="I look after it",
        press=_take,
        hint="Your name stands beside it; the others leave it to you.",
        is_offered=lambda concern: concern.solved_at is None and concern.taken_by_id is None,
        in_lists=True,
        permission=MAY_SOLVE,
    ),
)
add_button(
    Concern,
    Button(
        name="give-back",
        label="Give it back to the queue",
        press=_give_back,
        is_offered=lambda concern: concern.solved_at is None and concern.taken_by_id is not None,
        permission=MAY_SOLVE,
    ),
)
add_button(
    Concern,
    Button(
        name="solve",
        label="Solved",
        press=_solve,
        hint="Your name, the time and your words are kept. Nothing else changes.",
        asks_why="What was done about it?",
        is_offered=lambda concern: concern.solved_at is None,
        permission=MAY_SOLVE,
    ),
)
