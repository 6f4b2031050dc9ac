"""On the page of a customer: take away everything that is kept about them, and erase them. And the list of who was erased."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction

from customer_data.admin.desk import ReadOnlyDesk, link_to, shown
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button
from customer_data.doors import after_commit
from customer_data.models import Customer, Erasure
from customer_data.privacy import CannotErase
from desk import tasks
from desk.models import Export, ExportStatus
from desk.privacy import ABOUT_A_CUSTOMER, MAY_EXPORT_CUSTOMER, erase_customer

MOST_UNDER_WAY = 5

STAYS = (
    "Their name, numbers, addresses, messages and slips go for good, here and from the record of changes. "
    "Amounts, references, dates and receipts' numbers stay: the books need them."
)


def _take_away(customer: Customer, press: Press) -> str:
    under_way = Export.objects.filter(requested_by=press.user, status__in=[ExportStatus.WAITING, ExportStatus.RUNNING])
    if under_way.count() >= MOST_UNDER_WAY:
        raise NotDone(f"{MOST_UNDER_WAY} of your exports are being made. Wait for one of them.")
    with transaction.atomic():
        export = Export.objects.create(
            what=ABOUT_A_CUSTOMER,
            format=Export.Format.ZIP,
            filters={"customer": [str(customer.pk)], "why": [press.reason]},
            requested_by=press.user,
        )
        after_commit(tasks.make_export, export.pk)
    return f"The file is being made: open Exports, no. {export.pk}. Why: {press.reason}"


def _erase(customer: Customer, press: Press) -> str:
    try:
        erasure = erase_customer(customer, reason=press.reason, user=press.user)
    except CannotErase as error:
        raise NotDone(f"Nothing was erased. {error}") from None
    return f"Erased. {erasure.entries} entries of the record of changes lost values; no amount changed. Why: {erasure.reason}"


def _is_not_erased(customer: Customer) -> bool:
    return not Erasure.objects.filter(customer=customer).exists()


add_button(
    Customer,
    Button(
        name="take-away",
        label="Export all about them",
        press=_take_away,
        hint="One ZIP with everything that is kept about this customer, to hand over to them. Nobody else's data is in it.",
        asks_why="Who asks for it, and how?",
        is_offered=_is_not_erased,
        permission=MAY_EXPORT_CUSTOMER,
    ),
)
add_button(
    Customer,
    Button(
        name="erase",
        label="Erase this customer",
        press=_erase,
        hint=f"{STAYS} It cannot be undone.",
        asks_why="Who asks for it, when and how?",
        is_offered=_is_not_erased,
        permission="customer_data.erase_customer",
        is_grave=True,
    ),
)


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyDesk):
    when_empty = "Nobody was erased yet. Whoever asks for it is erased on their own page, under Customers."
    list_display = ("__str__", "made_at", "made_by", "reason")
    list_select_related = ("customer", "made_by")
    ordering = ("-made_at",)
    sortable_by = ()
    fields = (("shown_customer", "made_at"), ("made_by", "reason"), "shown_rows", "entries")

    def heading(self, erasure: Any) -> Heading:
        return Heading(str(erasure.customer), "Erased", "info", lines=(STAYS,))

    @shown("Customer")
    def shown_customer(self, erasure: Erasure) -> str:
        return link_to(erasure.customer)[1]

    @shown("Rows emptied or deleted")
    def shown_rows(self, erasure: Erasure) -> str:
        return ", ".join(f"{label.rpartition('.')[2]}: {count}" for label, count in sorted(erasure.rows.items()))
