"""The page of receipts: every fact as it was written down, and the PDF that the customer was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter, words_filter
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import linked
from customer_data.models import Payment, Receipt
from customer_data.receipts import AMOUNT, NOT_FISCAL, SERIES, TEST_SERIES, fact

# Loaded with the first one that is made: what draws PDFs is a good part of a start.
PAGE = "customer_data.receipt_page"
PDF_ADDRESS = "customer_data_receipt_pdf"

_LINK = (
    '<a class="font-medium inline-flex items-center rounded-default px-3 py-2 bg-primary-600 text-white" '
    'href="{}" target="_blank" rel="noopener">Open PDF</a>'
)


_SERIES = {SERIES: "Receipts", TEST_SERIES: "Test receipts"}


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyDesk):
    when_empty = "A receipt is issued by itself when money is in."
    list_display = ("shown_number", "shown_amount", "shown_from", "shown_payment", "issued_at")
    list_filter = (words_filter("series", "series", _SERIES), ("issued_at", DaysFilter))
    list_select_related = ("payment",)
    ordering = ("-issued_at", "-id")
    sortable_by = ("issued_at",)
    search_fields = ("=payment__reference", "=payment__booking__booking_reference")
    search_help_text = "Number, payment, booking"
    fields = (("shown_number", "issued_at"), ("shown_payment", "shown_pdf"))

    def get_urls(self) -> list[URLPattern]:
        pdf = path("<int:receipt_id>/pdf/", self.admin_site.admin_view(self.pdf_view), name=PDF_ADDRESS)
        return [pdf, *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """A number is found as it stands on the paper, `R-000041`, or without series and noughts."""
        series, _, number = search_term.strip().upper().rpartition("-")
        if number.isascii() and number.isdigit() and len(number) < 19:
            numbered = queryset.filter(number=int(number))
            return (numbered.filter(series=series) if series else numbered), False
        found: tuple[Any, bool] = super().get_search_results(request, queryset, search_term.strip().upper())
        return found

    def pdf_view(self, request: HttpRequest, receipt_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        receipt = Receipt.objects.filter(pk=receipt_id).first()
        if receipt is None:
            raise Http404
        page = import_module(PAGE)
        shown_here = {"Content-Disposition": f'inline; filename="{page.file_name(receipt)}"'}
        return HttpResponse(page.receipt_pdf(receipt), content_type="application/pdf", headers=shown_here)

    def heading(self, receipt: Receipt) -> Heading:
        title = f"{receipt.number_shown}, {fact(receipt, AMOUNT)}"
        return Heading(title=title, is_test=receipt.series == TEST_SERIES, lines=(NOT_FISCAL,))

    @shown("Number", ordering="number")
    def shown_number(self, receipt: Receipt) -> str:
        return receipt.number_shown

    @shown("Amount")
    def shown_amount(self, receipt: Receipt) -> str:
        return fact(receipt, AMOUNT)

    @shown("Received from")
    def shown_from(self, receipt: Receipt) -> str:
        return fact(receipt, "Received from")

    @shown("Payment")
    def shown_payment(self, receipt: Receipt) -> str:
        return linked(receipt.payment, receipt.payment.reference)

    @shown("As the customer has it")
    def shown_pdf(self, receipt: Receipt) -> str:
        return format_html(_LINK, reverse(f"admin:{PDF_ADDRESS}", args=(receipt.pk,)))


def _facts(receipt: Receipt) -> Iterator[Sequence[object]]:
    yield from receipt.facts


def _receipt_of(payment: Payment) -> Iterator[Sequence[object]]:
    for receipt in Receipt.objects.filter(payment=payment):
        pdf = format_html(_LINK, reverse(f"admin:{PDF_ADDRESS}", args=(receipt.pk,)))
        yield receipt.issued_at, linked(receipt), fact(receipt, AMOUNT), pdf


add_panel(Receipt, Panel("What it says", Receipt, ("", ""), _facts, "Nothing."))
add_panel(Payment, Panel("Receipt", Receipt, ("When", "Number", "Amount", "PDF"), _receipt_of))
