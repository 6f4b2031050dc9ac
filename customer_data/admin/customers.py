"""The page of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime

from customer_data.admin.desk import Desk
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import linked
from customer_data.admin.searching import customers_like
from customer_data.models import Booking, Customer, Erasure
from customer_data.money import show_amount
from customer_data.phones import NotAPhoneNumber, parse_phone


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Numbers are taken in any form and kept in one."""

    def clean_phone(self) -> str:
        return _read_phone(self.cleaned_data["phone"])

    def clean_wa_id(self) -> str | None:
        return _read_phone(self.cleaned_data["wa_id"] or "").removeprefix("+") or None


@admin.register(Customer)
class CustomerAdmin(Desk):
    form = CustomerForm
    when_empty = "Whoever writes on WhatsApp stands here by themselves. Add a customer who has no WhatsApp."
    list_display = ("__str__", "phone", "wa_id", "email", "created_at")
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("name",)
    search_help_text = "Name, phone, e-mail"
    fields = ("name", "phone", "wa_id", "email", "bsuid")

    def heading(self, customer: Any) -> Heading | None:
        erasure = Erasure.objects.filter(customer=customer).first()
        if erasure is None:
            return None
        line = "What named this customer is gone for good. The bookings and payments stay in the books."
        return Heading(str(customer), f"Erased on {date_format(localtime(erasure.made_at), 'j M Y')}", "info", lines=(line,))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody gives an erased customer a name again: who comes back is a new customer."""
        return super().has_change_permission(request, obj) and not (obj and Erasure.objects.filter(customer=obj).exists())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        return (queryset.filter(customers_like(search_term)) if search_term.strip() else queryset), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        if not change:
            obj.save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)


def _read_phone(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return parse_phone(text)
    except NotAPhoneNumber as error:
        raise ValidationError(str(error)) from None


def _bookings(customer: Customer) -> Iterator[Sequence[object]]:
    for booking in Booking.objects.filter(customer=customer).order_by("-created_at")[:100]:
        total = show_amount(booking.total_amount, booking.currency)
        yield (
            linked(booking, booking.booking_reference),
            booking.title,
            total,
            booking.balance_shown,
            booking.get_payment_status_display(),
        )


add_panel(
    Customer,
    Panel("Bookings", Booking, ("Reference", "Title", "Total", "Still owed", "Status"), _bookings, "Nothing booked yet."),
)
