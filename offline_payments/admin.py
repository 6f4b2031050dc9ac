"""The page of places to pay: the bank accounts and offices that customers are told of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin

from customer_data.admin.desk import Desk, shown
from customer_data.admin.page import Heading, Panel, add_panel
from offline_payments.instructions import write_instructions
from offline_payments.models import PlaceToPay

_EXAMPLE_REFERENCE, _EXAMPLE_AMOUNT = "9QX2TAZ7K3M", Decimal("231.00")


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Real and test money of one currency never come in at the same time."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = PlaceToPay.objects.filter(currency=cleaned.get("currency"), is_active=True).exclude(pk=self.instance.pk)
        if cleaned.get("is_active") and others.filter(is_test=not cleaned.get("is_test")).exists():
            self.add_error("is_test", "Another active place of this currency takes the other kind of money. Switch it off first.")
        if cleaned.get("way") == PlaceToPay.Way.BANK_TRANSFER and not cleaned.get("account_number"):
            self.add_error("account_number", "A bank transfer needs the number of the account.")
        return cleaned


@admin.register(PlaceToPay)
class PlaceToPayAdmin(Desk):
    form = PlaceForm
    when_empty = "Nobody can pay by transfer or in cash yet. Add a bank account or a cash desk."
    list_display = ("name", "way", "currency", "account_number", "shown_state")
    list_filter = ("way", "currency", "is_active")
    ordering = ("way", "currency", "-is_active")
    fields = (("way", "currency"), "name", ("account_name", "account_number"), "branch", "more", ("is_active", "is_test"))

    def heading(self, place: PlaceToPay) -> Heading:
        mark, colour = ("Customers are told", "success") if place.is_active else ("Switched off", "warning")
        return Heading(str(place), mark, colour, is_test=place.is_test)

    @shown("How it stands", label={"on": "success", "off": "warning", "test": "warning"})
    def shown_state(self, place: PlaceToPay) -> tuple[str, str]:
        if not place.is_active:
            return "off", "Switched off"
        return ("test", "Test money") if place.is_test else ("on", "Customers are told")


def _as_told(place: PlaceToPay) -> list[tuple[str]]:
    words = write_instructions(
        place.way, place.details, amount=_EXAMPLE_AMOUNT, currency=place.currency, reference=_EXAMPLE_REFERENCE
    )
    return [(line,) for line in words.splitlines()]


add_panel(PlaceToPay, Panel("What a customer is told", PlaceToPay, ("For example",), _as_told, ""))
