"""Which languages besides English we speak: one is on from the moment a native speaker's name stands for its sentences."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from customer_data.admin.desk import Desk, shown
from customer_data.admin.page import Heading
from flows.models import ReviewedLanguage

_COLOUR = {"on": "success", "off": "warning"}


@admin.register(ReviewedLanguage)
class ReviewedLanguageAdmin(Desk):
    when_empty = "The chat speaks English. Add a language once somebody who speaks it has read its words."
    list_display = ("shown_language", "reviewer", "reviewed_on", "shown_state")
    list_display_links = ("shown_language",)
    ordering = ("code",)
    sortable_by = ()
    fields = ("code", "reviewer", "reviewed_on")

    def heading(self, language: ReviewedLanguage) -> Heading:
        is_on = bool(language.reviewer)
        lines = (
            f"Its sentences are in templates/whatsapp/{language.code}/; what is missing there is said in English.",
            "Enter who has read every one of them. Without a name no customer gets them, not even one who chose the language.",
        )
        return Heading(language.get_code_display(), "On" if is_on else "Off", _COLOUR["on" if is_on else "off"], lines=lines)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """A name without a day was entered today."""
        obj.reviewer = obj.reviewer.strip()
        if obj.reviewer and obj.reviewed_on is None:
            obj.reviewed_on = timezone.localdate()
        super().save_model(request, obj, form, change)

    @shown("Language")
    def shown_language(self, language: ReviewedLanguage) -> str:
        return language.get_code_display()

    @shown("State", label=_COLOUR)
    def shown_state(self, language: ReviewedLanguage) -> tuple[str, str]:
        return ("on", "Customers can choose it") if language.reviewer else ("off", "Off: no reviewer's name")
