"""Message templates: what may be sent outside the 24-hour window, as Meta has it, and what we use each for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from customer_data.admin.desk import Desk, shown
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button
from flows.models import WhatsAppTemplate
from flows.templates_at_meta import sync_templates
from flows.whatsapp import WhatsAppError, client_from_settings

_COLOUR = {
    WhatsAppTemplate.Status.APPROVED: "success",
    WhatsAppTemplate.Status.PENDING: "warning",
    WhatsAppTemplate.Status.REJECTED: "danger",
    WhatsAppTemplate.Status.PAUSED: "warning",
    WhatsAppTemplate.Status.DISABLED: "danger",
}


@admin.register(WhatsAppTemplate)
class WhatsAppTemplateAdmin(Desk):
    when_empty = "Load the templates from Meta: outside the 24 hours after a customer's last message only they can be sent."
    list_display = ("name", "language", "shown_status", "purpose", "updated_at")
    list_filter = ("status", "language")
    ordering = ("name", "language")
    list_before_template = "admin/flows/load_templates.html"
    sortable_by = ()
    fields = ("purpose", "parameters", ("name", "language"), "body", "updated_at")
    readonly_fields = ("name", "language", "body", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- All of them at once, also while there is none yet ---------------------------------------
    def get_urls(self) -> list[URLPattern]:
        load = path("load/", self.admin_site.admin_view(self.load_view), name="flows_whatsapptemplate_load")
        return [load, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {**(extra_context or {}), "may_load": self.may_press(request)})

    def load_view(self, request: HttpRequest) -> HttpResponse:
        """Ask Meta for every template, and come back to the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_press(request):
            raise PermissionDenied
        try:
            messages.success(request, _load_all())
        except NotDone as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:flows_whatsapptemplate_changelist"))

    # --- One template -----------------------------------------------------------------------------
    def heading(self, template: WhatsAppTemplate) -> Heading:
        status = WhatsAppTemplate.Status(template.status)
        lines = ("Enter what it is used for, and the names of the facts in the order of {{1}}, {{2}} in its text.",)
        return Heading(str(template), status.label, _COLOUR[status], lines=lines)

    @shown("At Meta", label=_COLOUR)
    def shown_status(self, template: WhatsAppTemplate) -> tuple[str, str]:
        return template.status, template.get_status_display()


def _load(template: WhatsAppTemplate, press: Press) -> str:
    return _load_all()


def _load_all() -> str:
    try:
        count = sync_templates(client_from_settings())
    except WhatsAppError as error:
        raise NotDone(f"Meta did not say which templates there are. {error}") from None
    return f"{count} message templates are at Meta. This is how they stand now."


add_button(WhatsAppTemplate, Button("load", "Load all from Meta", _load, hint="Asks Meta for every template of our account."))
