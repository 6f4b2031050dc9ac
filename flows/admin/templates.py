"""Message templates: what may be sent outside the 24-hour window, as Meta has it, and what we use each for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

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
    list_display = ("name", "language", "shown_status", "purpose", "updated_at")
    list_filter = ("status", "language")
    ordering = ("name", "language")
    sortable_by = ()
    fields = ("purpose", "parameters", ("name", "language"), "body", "updated_at")
    readonly_fields = ("name", "language", "body", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def heading(self, template: WhatsAppTemplate) -> Heading:
        status = WhatsAppTemplate.Status(template.status)
        lines = ("Enter what it is used for, and the names of the facts in the order of {{1}}, {{2}} in its text.",)
        return Heading(str(template), status.label, _COLOUR[status], lines=lines)

    @shown("At Meta", label=_COLOUR)
    def shown_status(self, template: WhatsAppTemplate) -> tuple[str, str]:
        return template.status, template.get_status_display()


def _load(template: WhatsAppTemplate, press: Press) -> str:
    try:
        count = sync_templates(client_from_settings())
    except WhatsAppError as error:
        raise NotDone(f"Meta did not say which templates there are. {error}") from None
    return f"{count} message templates are at Meta. This is how they stand now."


add_button(WhatsAppTemplate, Button("load", "Load all from Meta", _load, hint="Asks Meta for every template of our account."))
