"""The pages of statements: the accounts they come from, the files, and every line with what it was matched with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.http import url_has_allowed_host_and_scheme

from customer_data.admin.desk import Desk, ReadOnlyDesk, moment, shown
from customer_data.admin.filters import DaysFilter, words_filter
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import linked
from customer_data.money import Currency, show_amount
from desk import importing
from desk.admin.matching import matching_urls
from desk.models import LineStatus, StatementFile, StatementLine, StatementSource

COLOUR_OF = {LineStatus.OPEN: "danger", LineStatus.PROPOSED: "warning", LineStatus.MATCHED: "success", LineStatus.SET_ASIDE: "info"}


@admin.register(StatementSource)
class SourceAdmin(Desk):
    """The columns are chosen beside a file, where they can be seen; here only the name is changed."""

    when_empty = "An account stands here once its first statement is brought in, on Money matching."
    list_display = ("name", "kind", "currency", "shown_columns")
    fields = ("name", "kind", "currency", "shown_columns", "date_format", "decimal_mark")
    readonly_fields = ("kind", "currency", "shown_columns", "date_format", "decimal_mark")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @shown("Columns")
    def shown_columns(self, source: StatementSource) -> str:
        labels = {field.name: field.label for field in importing.fields_of(source.kind)}
        return "; ".join(f"{labels.get(ours, ours)}: {theirs}" for ours, theirs in source.columns.items()) or "Not chosen yet"


@admin.register(StatementFile)
class FileAdmin(ReadOnlyDesk):
    when_empty = "No statement was brought in yet. Bring in Paynow's export or a bank's statement on Money matching."
    list_display = ("file_name", "source", "uploaded_at", "uploaded_by", "lines_new", "lines_known", "shown_bad")
    list_select_related = ("source", "uploaded_by")
    ordering = ("-uploaded_at",)
    fields = (("source", "uploaded_by"), ("shown_uploaded", "shown_imported"), ("lines_new", "lines_known"), "shown_bad")
    shown_uploaded = moment("uploaded_at", "Uploaded")
    shown_imported = moment("imported_at", "Imported")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementFile]:
        files: QuerySet[StatementFile] = super().get_queryset(request)
        return files.defer("content")

    def heading(self, file: StatementFile) -> Heading:
        if file.problem:
            return Heading(file.file_name, "Not imported", "danger", lines=(file.problem,))
        if file.handed_over_at is not None and (file.imported_at is None or file.imported_at < file.handed_over_at):
            sofar = f"{StatementLine.objects.filter(file=file).count():,} new lines so far. Load this page again in a minute."
            return Heading(file.file_name, "Being imported", "info", lines=(sofar,))
        if file.imported_at is None:
            return Heading(
                file.file_name, "Not imported", "warning", lines=("It has not been imported to its end. Import it again.",)
            )
        bad = len(file.bad_rows)
        said = (
            f"{file.lines_new:,} new lines, {file.lines_known:,} that an earlier file had brought, {bad:,} that could not be read."
        )
        more = ("Mend the rows below in the file and bring it again: what is in already is not brought twice.",) if bad else ()
        return Heading(file.file_name, "Imported", "success", lines=(said, *more))

    @shown("Rows not read")
    def shown_bad(self, file: StatementFile) -> int:
        return len(file.bad_rows)


@admin.register(StatementLine)
class LineAdmin(ReadOnlyDesk):
    """One line: what it says, what it was matched with, and everything that can be decided about it."""

    when_empty = "Lines of statements stand here once a statement is brought in on Money matching."
    list_display = ("shown_title", "day", "shown_amount", "source", "shown_status", "why")
    list_select_related = ("source",)
    list_filter = ("status", "source", words_filter("currency", "currency", dict(Currency.choices)), ("day", DaysFilter))
    ordering = ("-day", "-id")
    sortable_by = ("day",)
    search_fields = ("reference",)
    search_help_text = "A reference, ours or theirs"
    fields = (
        ("day", "shown_amount"),
        ("reference", "their_reference"),
        ("their_status", "fee"),
        ("words",),
        ("shown_payment", "shown_refund"),
        ("shown_settled",),
        ("why",),
        ("source", "file"),
        ("line_number",),
        ("decided_by", "shown_decided"),
    )
    shown_decided = moment("decided_at", "Decided")

    def get_urls(self) -> list[URLPattern]:
        return [*matching_urls(self), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        lines: QuerySet[StatementLine] = super().get_queryset(request)
        return lines.select_related("source", "payment", "refund", "settled_by", "decided_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StatementLine], search_term: str
    ) -> tuple[QuerySet[StatementLine], bool]:
        term = search_term.replace("\0", "").strip()
        return (queryset.filter(Q(reference=term) | Q(their_reference=term)) if term else queryset), False

    def press_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Pressed in the list of matters, it leads back to the list."""
        response = super().press_view(request, object_id, name)
        back = request.POST.get("back", "")
        if back and response.status_code == 302 and url_has_allowed_host_and_scheme(back, {request.get_host()}):
            return HttpResponseRedirect(back)
        return response

    def heading(self, line: StatementLine) -> Heading:
        return Heading(
            title=f"{show_amount(line.amount, line.currency)} on {line.day:%d %b %Y}",
            mark=line.get_status_display(),
            colour=COLOUR_OF[LineStatus(line.status)],
            lines=(line.why,) if line.why else (),
        )

    @shown("Line")
    def shown_title(self, line: StatementLine) -> str:
        return line.reference or line.their_reference or line.words[:60] or f"Line {line.line_number}"

    @shown("Amount")
    def shown_amount(self, line: StatementLine) -> str:
        return show_amount(line.amount, line.currency)

    @shown("Status", label=COLOUR_OF)
    def shown_status(self, line: StatementLine) -> tuple[str, str]:
        return line.status, line.get_status_display()

    @shown("Payment")
    def shown_payment(self, line: StatementLine) -> str:
        return "" if line.payment is None else linked(line.payment)

    @shown("Refund")
    def shown_refund(self, line: StatementLine) -> str:
        return "" if line.refund is None else linked(line.refund)

    @shown("Paid out by Paynow with")
    def shown_settled(self, line: StatementLine) -> str:
        return "" if line.settled_by is None else linked(line.settled_by)


# --- Panels ---------------------------------------------------------------------------------------
def _bad_rows(file: StatementFile) -> Iterator[Sequence[object]]:
    for row in file.bad_rows:
        yield row["line_number"], row["problem"], row["words"]


def _settled(line: StatementLine) -> Iterator[Sequence[object]]:
    for each in line.settles.select_related("payment").order_by("day", "pk")[:100]:
        payment = "" if each.payment is None else linked(each.payment, each.payment.reference)
        yield f"{each.day:%d %b %Y}", linked(each, show_amount(each.amount, each.currency)), each.fee or "", payment


add_panel(
    StatementFile,
    Panel("Rows that could not be read", StatementFile, ("Line", "What is wrong", "What it says"), _bad_rows),
)
add_panel(
    StatementLine,
    Panel("Paynow's lines in this pay-out", StatementLine, ("Day", "Amount", "Fee", "Payment"), _settled),
)
