"""Our Flows at Meta."""

from __future__ import annotations

import logging

from django.contrib import admin

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.page import Heading
from flows.models import WhatsAppFlow

logger = logging.getLogger(__name__)


_COLOUR_OF_SYNC = {
    WhatsAppFlow.SyncStatus.NEVER: "warning",
    WhatsAppFlow.SyncStatus.CURRENT: "success",
    WhatsAppFlow.SyncStatus.CHANGED: "warning",
    WhatsAppFlow.SyncStatus.FAILED: "danger",
}


@admin.register(WhatsAppFlow)
class WhatsAppFlowAdmin(ReadOnlyDesk):
    list_display = ("name", "flow_id", "status", "shown_sync", "updated_at")
    ordering = ("name",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("name", "flow_id"), ("status", "updated_at"), "last_error")}),
        ("The version that was sent last", {"classes": ("collapse",), "fields": ("flow_json",)}),
    )

    def heading(self, flow: WhatsAppFlow) -> Heading:
        mark, colour = flow.get_sync_status_display(), _COLOUR_OF_SYNC[WhatsAppFlow.SyncStatus(flow.sync_status)]
        return Heading(flow.name, mark, colour, lines=(f"./manage.py publish_flow {flow.name} sends the present version to Meta.",))

    @shown("At Meta", label=_COLOUR_OF_SYNC)
    def shown_sync(self, flow: WhatsAppFlow) -> tuple[str, str]:
        return flow.sync_status, flow.get_sync_status_display()
