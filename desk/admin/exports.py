"""Exports: asked for above a list, watched while they are made, taken away by who asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from customer_data.admin.desk import ReadOnlyDesk, link_to, shown
from customer_data.admin.page import Heading, ListTool, add_list_tool, may_see
from customer_data.doors import after_commit
from desk import tasks
from desk.exporting import TABLES, filters_in
from desk.models import Export, ExportPart, ExportStatus

MAY_EXPORT = "desk.add_export"
MOST_UNDER_WAY = 5
"""For one person: who clicks again and again is told to wait."""

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_COLOURS = {"waiting": "info", "running": "info", "ready": "success", "failed": "danger"}

for _table in TABLES.values():
    add_list_tool(_table.model, ListTool(_table.name, "admin/desk/export.html", MAY_EXPORT))


@admin.register(Export)
class ExportAdmin(ReadOnlyDesk):
    when_empty = (
        "Files that you ask for above a list, as CSV or Excel, are made here. Open Payments, Bookings, Refunds or "
        "Receipts, and press one."
    )
    list_display = ("shown_what", "shown_state", "shown_rows", "requested_at", "requested_by")
    list_select_related = ("requested_by",)
    ordering = ("-requested_at",)
    sortable_by = ()
    fields = (("shown_what", "shown_filters"), ("requested_by", "requested_at"), "shown_rows")
    change_form_after_template = "admin/desk/export_progress.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Export]:
        """One's own: a file holds what its maker may see, and others may not."""
        exports: QuerySet[Export] = super().get_queryset(request)
        return exports if getattr(request.user, "is_superuser", False) else exports.filter(requested_by=request.user.pk)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see(request.user, Export) or bool(request.user.has_perm(MAY_EXPORT))

    def get_urls(self) -> list[URLPattern]:
        ours = [
            path("new/", self.admin_site.admin_view(self.new_view), name="desk_export_new"),
            path("<int:export_id>/progress/", self.admin_site.admin_view(self.progress_view), name="desk_export_progress"),
            path("<int:export_id>/file/", self.admin_site.admin_view(self.file_view), name="desk_export_file"),
        ]
        return [*ours, *super().get_urls()]

    # --- Asking, watching, taking away --------------------------------------------------------------
    def new_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAY_EXPORT):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        table = TABLES.get(request.POST.get("what", ""))
        if table is None or request.POST.get("format") not in Export.Format.values:
            raise Http404
        if not self.admin_site.get_model_admin(table.model).has_view_permission(request):
            raise PermissionDenied
        return self._begin(request, table.name)

    def _begin(self, request: HttpRequest, what: str) -> HttpResponse:
        under_way = Export.objects.filter(requested_by=request.user.pk, status__in=[ExportStatus.WAITING, ExportStatus.RUNNING])
        if under_way.count() >= MOST_UNDER_WAY:
            messages.error(request, f"{MOST_UNDER_WAY} of your exports are being made. Wait for one of them.")
            return HttpResponseRedirect(reverse("admin:desk_export_changelist"))
        with transaction.atomic():
            export = Export.objects.create(
                what=what,
                format=request.POST["format"],
                filters=filters_in(request.POST.get("filters", "")),
                requested_by_id=request.user.pk or 0,
            )
            after_commit(tasks.make_export, export.pk)
        return HttpResponseRedirect(link_to(export)[0])

    def progress_view(self, request: HttpRequest, export_id: int) -> HttpResponse:
        export = self._own(request, export_id)
        return JsonResponse({"status": export.status, "done": export.rows_done, "words": _progress(export)})

    def file_view(self, request: HttpRequest, export_id: int) -> HttpResponse | StreamingHttpResponse:
        export = self._own(request, export_id)
        if export.status != ExportStatus.READY or not ExportPart.objects.filter(export=export).exists():
            messages.error(request, "The file is not there: it is not ready, or older than a week. Make the export again.")
            return HttpResponseRedirect(link_to(export)[0])
        response = StreamingHttpResponse(_pieces(export), content_type=_TYPES[export.format])
        name = f"{export.what}-{timezone.localtime(export.requested_at):%Y-%m-%d-%H%M}.{export.format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Content-Length"] = str(export.size)
        response["Cache-Control"] = "private, no-store"
        return response

    def _own(self, request: HttpRequest, export_id: int) -> Export:
        export = self.get_queryset(request).filter(pk=export_id).first()
        if export is None or not self.has_view_permission(request):
            raise Http404
        return export

    # --- Reading ------------------------------------------------------------------------------------
    def heading(self, export: Export) -> Heading:
        return Heading(
            f"{_title(export)} as {export.get_format_display()}",
            export.get_status_display(),
            _COLOURS[export.status],
            lines=(export.problem,) if export.problem else (),
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        export = kwargs.get("obj")
        if export is not None:
            context |= {"export": export, "progress": _progress(export), "is_kept": export.parts.exists()}
        return super().render_change_form(request, context, *args, **kwargs)

    @shown("List")
    def shown_what(self, export: Export) -> str:
        return f"{_title(export)} ({export.get_format_display()})"

    @shown("How it stands", label=_COLOURS)
    def shown_state(self, export: Export) -> tuple[str, str]:
        return export.status, export.get_status_display()

    @shown("Rows")
    def shown_rows(self, export: Export) -> str:
        return f"{export.rows_done:,}"

    @shown("Filters")
    def shown_filters(self, export: Export) -> str:
        return "; ".join(f"{name}: {', '.join(values)}" for name, values in export.filters.items()) or "None: the whole list"


def _title(export: Export) -> str:
    return TABLES[export.what].title if export.what in TABLES else "Everything about a customer"


def _progress(export: Export) -> str:
    if export.status == ExportStatus.FAILED:
        return export.problem
    if export.status == ExportStatus.READY:
        return f"{export.rows_done:,} rows, {filesizeformat(export.size)}."
    if export.rows_expected is None:
        return "It begins in a moment."
    return f"{export.rows_done:,} of {export.rows_expected:,} rows."


def _pieces(export: Export) -> Iterator[bytes]:
    """One part in memory at a time."""
    for number in range(ExportPart.objects.filter(export=export).count()):
        yield bytes(ExportPart.objects.values_list("content", flat=True).get(export=export, number=number))
