"""Bringing a statement in: choose whose it is, say once which column is which, and read what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from customer_data.doors import after_commit
from customer_data.money import Currency
from customer_data.who import acting
from desk import importing, long_files, matching, tasks
from desk.admin.bare import page
from desk.models import SourceKind, StatementFile, StatementSource
from desk.spreadsheets import DATE_FORMATS, MOST_BYTES, NotATable

DECIMAL_MARKS = {".": "A point: 1,234.56", ",": "A comma: 1.234,56"}


@dataclass(frozen=True)
class Chosen:
    """What stands in the form of columns."""

    columns: Mapping[str, str]
    date_format: str
    decimal_mark: str


def bring(request: HttpRequest, desk: Any) -> HttpResponse:
    """The form for a file; with a file: keep it, and import it as soon as its columns are known."""
    typed = {name: request.POST.get(name, "").replace("\0", "").strip() for name in ("source", "name", "kind", "currency")}
    if request.method == "POST":
        try:
            with acting(request.user.get_username(), "Import a statement"):
                return _take(request, typed)
        except importing.CannotImport as error:
            messages.error(request, f"Nothing was imported. {error}")
    sources = list(StatementSource.objects.order_by("name"))
    at_first = typed["source"] if request.method == "POST" else str(sources[0].pk) if sources else ""
    return page(
        request,
        desk,
        "admin/matching/import.html",
        "Import a statement",
        sources=sources,
        kinds=SourceKind.choices,
        currencies=Currency.choices,
        typed=typed,
        source_at_first=at_first if any(str(each.pk) == at_first for each in sources) else "",
        most_bytes=MOST_BYTES,
        files=StatementFile.objects.select_related("source", "uploaded_by").defer("content").order_by("-uploaded_at")[:5],
    )


def choose_columns(request: HttpRequest, desk: Any, file_id: int) -> HttpResponse:
    """Which column is which, with the first rows beside it; asked once for each source, and again when a file differs."""
    file = get_object_or_404(StatementFile.objects.select_related("source"), pk=file_id)
    source = file.source
    try:
        look = importing.look_at(importing.content_of(file), source.kind, source.columns)
    except NotATable as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:desk_matching_import"))
    chosen = Chosen(look.columns, source.date_format or look.date_format, look.decimal_mark)
    if request.method == "POST":
        chosen = _chosen(request, source)
        try:
            with acting(request.user.get_username(), "Choose the columns of a statement"):
                importing.map_columns(source, chosen.columns, date_format=chosen.date_format, decimal_mark=chosen.decimal_mark)
                return _import(request, file)
        except (importing.CannotMap, importing.CannotImport) as error:
            messages.error(request, f"Nothing was imported. {error}")
    fields = [(field, chosen.columns.get(field.name, "")) for field in importing.fields_of(source.kind)]
    return page(
        request,
        desk,
        "admin/matching/columns.html",
        f"Columns of {source.name}",
        file=file,
        look=look,
        headings=[(name, ", ".join(look.examples(name))) for name in look.headings.names],
        fields=fields,
        chosen=chosen,
        date_formats=DATE_FORMATS.items(),
        decimal_marks=DECIMAL_MARKS.items(),
    )


def _take(request: HttpRequest, typed: dict[str, str]) -> HttpResponse:
    uploaded = request.FILES.get("file")
    if uploaded is None:
        raise importing.CannotImport("Choose a file.")
    source = importing.source_for(**typed)
    file, is_new = importing.keep_file(source, uploaded, request.user)
    if not is_new and file.imported_at is not None:
        at = timezone.localtime(file.imported_at)
        messages.info(
            request, f"This very file was imported on {at:%d %b %Y at %H:%M} by {file.uploaded_by}. Nothing was imported again."
        )
        return HttpResponseRedirect(reverse("admin:desk_statementfile_change", args=(file.pk,)))
    if not importing.is_mapped(file):
        if source.columns:
            messages.warning(
                request, "The columns of this file are called differently from those of the last one. Look at them again."
            )
        return HttpResponseRedirect(reverse("admin:desk_matching_columns", args=(file.pk,)))
    return _import(request, file)


def _import(request: HttpRequest, file: StatementFile) -> HttpResponse:
    if long_files.is_long(file):
        long_files.hand_over(file)
        after_commit(tasks.import_statement.delay, file.pk)
        messages.success(request, "This is a long file: it is being imported now. Load this page again in a minute.")
        return HttpResponseRedirect(reverse("admin:desk_statementfile_change", args=(file.pk,)))
    importing.import_file(file)
    run = matching.match_file(file)
    messages.success(
        request,
        f"{file.lines_new:,} new lines, {file.lines_known:,} known already. {run.matched:,} matched by themselves, "
        f"{run.proposed:,} proposed for you to confirm.",
    )
    if file.bad_rows:
        messages.warning(request, f"{len(file.bad_rows):,} rows could not be read: they are listed below with what is wrong.")
    return HttpResponseRedirect(reverse("admin:desk_statementfile_change", args=(file.pk,)))


def _chosen(request: HttpRequest, source: StatementSource) -> Chosen:
    columns = {
        field.name: request.POST.get(f"column_{field.name}", "").replace("\0", "") for field in importing.fields_of(source.kind)
    }
    chosen = {ours: theirs for ours, theirs in columns.items() if theirs}
    return Chosen(chosen, request.POST.get("date_format", ""), request.POST.get("decimal_mark", ""))
