"""Filters that lists of several parts share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter

from customer_data.admin.wording import method_label
from customer_data.gateway import gateways
from customer_data.models import PaymentEvent
from customer_data.status import MONEY_IN, Status


class DaysFilter(RangeDateFilter):  # type: ignore[misc]  # Unfold has no types
    """From one day to another in Harare, both included. A day that cannot be read is left out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first is not None and first.year > MINYEAR:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last is not None and last.year < MAXYEAR:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))})
        return queryset

    def _day(self, end: str) -> date | None:
        text = str(self.used_parameters.get(f"{self.field_path}_{end}", ""))
        try:
            return cast(date, forms.DateField().clean(text))
        except ValidationError:
            return None


class PaidDaysFilter(DaysFilter):
    """Payments whose money came in from one day to another, by the trail: a payment itself knows its first end only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "money came in"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        came_in = PaymentEvent.objects.filter(to_status=Status.SUCCESSFUL).exclude(from_status__in=MONEY_IN).order_by()
        if first is not None and first.year > MINYEAR:
            came_in = came_in.filter(created_at__gte=_midnight(first))
        if last is not None and last.year < MAXYEAR:
            came_in = came_in.filter(created_at__lt=_midnight(last + timedelta(days=1)))
            # Money comes in after it was asked for: the newest-first list need not be walked down from today.
            queryset = queryset.filter(created_at__lt=_midnight(last + timedelta(days=1)))
        return queryset if first is None and last is None else queryset.filter(pk__in=came_in.values("payment"))


class MethodFilter(admin.SimpleListFilter):
    """The ways to pay that are plugged in, and those that staff record by hand."""

    title = "way to pay"
    parameter_name = "payment_method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        plugged_in = [method.name for gateway in gateways() for method in gateway.capabilities().methods]
        return [(name, method_label(name)) for name in [*plugged_in, "bank_transfer", "cash"]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(payment_method=value) if value and "\x00" not in value else queryset


class OpenFilter(admin.SimpleListFilter):
    """What still needs a person comes first; what was solved is kept."""

    title = "how it stands"
    parameter_name = "solved"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Solved"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(solved_at__isnull=self.value() != "yes")

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield (
                {**choice, "display": "Open"}
                if choice["query_string"] == changelist.get_query_string({}, [self.parameter_name])
                else choice
            )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def words_filter(field: str, title: str, words: dict[str, str]) -> type[admin.SimpleListFilter]:
    """A filter by `field` with choices that are known: looking for them in a million rows would take longer than the list."""

    class WordsFilter(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return list(words.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() in words else queryset

    WordsFilter.title = title
    return WordsFilter
