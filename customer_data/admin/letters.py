"""The page of non-receipt letters: every fact as it was written down, and the PDF to be signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import linked
from customer_data.letters import NOTE, SIGNED_BY, fact
from customer_data.models import NonReceiptLetter
from customer_data.status import MONEY_IN

# Loaded with the first one that is made: what draws PDFs is a good part of a start.
PAGE = "customer_data.letter_page"
PDF_ADDRESS = "customer_data_letter_pdf"

_LINK = (
    '<a class="font-medium inline-flex items-center rounded-default px-3 py-2 bg-primary-600 text-white" '
    'href="{}" target="_blank" rel="noopener">Open PDF</a>'
)


@admin.register(NonReceiptLetter)
class NonReceiptLetterAdmin(ReadOnlyDesk):
    when_empty = "Letters that say money never came. One is written on the page of a payment that ended unpaid."
    list_display = ("number", "shown_amount", "shown_payment", "shown_signed", "written_at")
    list_filter = (("written_at", DaysFilter),)
    list_select_related = ("payment",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("=number", "=payment__reference", "=payment__booking__booking_reference")
    search_help_text = "Number, payment, booking"
    fields = (("number", "written_at"), ("shown_payment", "shown_pdf"), ("written_by", "reason"))

    def get_urls(self) -> list[URLPattern]:
        pdf = path("<int:letter_id>/pdf/", self.admin_site.admin_view(self.pdf_view), name=PDF_ADDRESS)
        return [pdf, *super().get_urls()]

    def pdf_view(self, request: HttpRequest, letter_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        letter = NonReceiptLetter.objects.filter(pk=letter_id).first()
        if letter is None:
            raise Http404
        page = import_module(PAGE)
        headers = {"Content-Disposition": f'inline; filename="{page.file_name(letter)}"', "Cache-Control": "private, no-store"}
        return HttpResponse(page.letter_pdf(letter), content_type="application/pdf", headers=headers)

    def heading(self, letter: NonReceiptLetter) -> Heading:
        is_void = letter.payment.status in MONEY_IN
        known = "The money has come since: this letter is void. Tell whoever has it." if is_void else "It says what was true then."
        mark, colour = ("Void", "danger") if is_void else ("", "")
        return Heading(letter.number, mark, colour, is_test=bool(fact(letter, NOTE)), lines=(known,))

    @shown("Amount")
    def shown_amount(self, letter: NonReceiptLetter) -> str:
        return fact(letter, "Amount")

    @shown("Payment")
    def shown_payment(self, letter: NonReceiptLetter) -> str:
        return linked(letter.payment, letter.payment.reference)

    @shown("Signed by")
    def shown_signed(self, letter: NonReceiptLetter) -> str:
        return fact(letter, SIGNED_BY)

    @shown("To be signed and stamped")
    def shown_pdf(self, letter: NonReceiptLetter) -> str:
        return format_html(_LINK, reverse(f"admin:{PDF_ADDRESS}", args=(letter.pk,)))


def _facts(letter: NonReceiptLetter) -> Iterator[Sequence[object]]:
    yield from letter.facts


add_panel(NonReceiptLetter, Panel("What it says", NonReceiptLetter, ("", ""), _facts, "Nothing."))
