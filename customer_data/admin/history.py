"""The record of changes on the staff's pages: below every recorded row, and as a list of all changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join

from customer_data.admin.desk import ReadOnlyDesk, moment, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import MOST_ROWS, Heading, Panel, add_panel
from customer_data.admin.searching import read_typed
from customer_data.changes import Told, changes_of, in_words, kinds, model_of
from customer_data.models import Booking, Change, Operation, Payment, Seal

_FEW = 6


class KindFilter(admin.SimpleListFilter):
    """What kind of row was changed."""

    title = "what"
    parameter_name = "table"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return kinds()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(table_name=self.value()) if self.value() in dict(kinds()) else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnlyDesk):
    when_empty = "Every change of money and settings is recorded here, with who and why."
    list_display = ("shown_at", "who", "shown_row", "shown_fields", "why")
    list_display_links = ("shown_at",)
    list_filter = (KindFilter, ("at", DaysFilter))
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("who",)
    search_help_text = "User name, or a payment's or booking's reference"
    fields = (("shown_moment", "who"), ("shown_row", "number"), "why", "shown_fields_all", ("shown_seal", "database_user"))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page's entries are put in words together: a constant number of queries."""
        listed = super().get_changelist_instance(request)
        told = {one.entry.pk: one for one in in_words(list(listed.result_list))}
        for entry in listed.result_list:
            entry.told = told[entry.pk]
        return listed

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By exactly who, or about exactly which payment or booking: each has an index."""
        typed = read_typed(search_term)
        if not typed.text:
            return queryset, False
        found = Q(who=typed.text)
        if typed.reference:
            found |= _about(Payment, reference=typed.reference)
        if typed.booking_reference:
            found |= _about(Booking, booking_reference=typed.booking_reference)
        return queryset.filter(found), False

    def heading(self, entry: Change) -> Heading:
        told = _told(entry)
        return Heading(title=f"{told.about}: {Operation(entry.operation).label.lower()}", lines=(f"By {entry.who}.",))

    shown_moment = moment("at", "When")

    @shown("When")
    def shown_at(self, entry: Change) -> Any:
        return entry.at

    @shown("What")
    def shown_row(self, entry: Change) -> str:
        """The kind of row and what was done, one click from its page."""
        words = f"{_told(entry).about} · {Operation(entry.operation).label.lower()}"
        address = _page_of(entry)
        return format_html('<a href="{}">{}</a>', address, words) if address else words

    @shown("From → to")
    def shown_fields(self, entry: Change) -> str:
        return _fields(_told(entry), most=_FEW)

    @shown("From → to")
    def shown_fields_all(self, entry: Change) -> str:
        return _fields(_told(entry))

    @shown("Sealed")
    def shown_seal(self, entry: Change) -> str:
        """Whether the entry can still be taken out unseen: not once it is sealed."""
        later = Seal.objects.filter(last_id__gte=entry.pk, to_transaction__gt=entry.transaction).order_by("number").first()
        return f"Under seal {later.number}" if later else "Not yet: the clock seals every minute"


def _told(entry: Any) -> Told:
    if not hasattr(entry, "told"):
        entry.told = in_words([entry])[0]
    told: Told = entry.told
    return told


def _about(model: Any, **named: str) -> Q:
    return Q(
        table_name=model._meta.db_table, row_id__in=[str(key) for key in model.objects.filter(**named).values_list("pk", flat=True)]
    )


def _page_of(entry: Change) -> str:
    """The address of the changed row's page; empty where it has none, or is gone."""
    model = model_of(entry.table_name)
    if model is None or entry.operation == Operation.DELETE:
        return ""
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=(entry.row_id,))
    except NoReverseMatch:
        return ""


def _fields(told: Told, most: int = 1000) -> str:
    """Each field on a line of its own; what was made shows what it was made with."""
    is_change = told.entry.operation == Operation.UPDATE
    lines = [
        (field.label, f"{field.before} → {field.after}" if is_change else field.after or field.before)
        for field in told.fields[:most]
    ]
    shown_lines = format_html_join("", "<div><span>{}:</span> {}</div>", lines)
    left = len(told.fields) - most
    return format_html("{}<div>and {} more</div>", shown_lines, left) if left > 0 else shown_lines


def _rows(row: Any) -> Iterable[Sequence[object]]:
    """Newest first: when, who, what was done, from what to what, why."""
    for told in changes_of(row, most=MOST_ROWS):
        entry = told.entry
        is_own = entry.table_name == row._meta.db_table
        done = Operation(entry.operation).label if is_own else f"{told.about} · {Operation(entry.operation).label.lower()}"
        yield (
            entry.at,
            entry.who,
            done,
            _fields(told, most=_FEW if is_own and entry.operation != Operation.UPDATE else 1000),
            entry.why,
        )


for _label in settings.RECORDED:
    add_panel(
        apps.get_model(_label),
        Panel("Record of changes", Change, ("When", "Who", "What", "From → to", "Why"), _rows, "Nothing is recorded yet."),
    )
