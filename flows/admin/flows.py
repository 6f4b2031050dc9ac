"""Our Flows at Meta: how they stand there, what Meta found wrong and at which line, and the buttons that send them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from customer_data.admin.desk import ReadOnlyDesk, link_to, moment, shown
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button
from flows.admin.flow_lines import shown_mistakes, shown_whole
from flows.crypto import public_key_pem
from flows.definitions import DEFINITIONS
from flows.flow_problems import FlowProblem, from_json
from flows.keys import fingerprint_of, private_keys
from flows.models import WhatsAppFlow
from flows.publishing import KeyNotValid, MetaRefused, give_key, missing_flows, publish, standing, sync_flow
from flows.whatsapp import WhatsAppError

logger = logging.getLogger(__name__)

_COLOUR_OF_SYNC = {
    WhatsAppFlow.SyncStatus.NEVER: "warning",
    WhatsAppFlow.SyncStatus.CURRENT: "success",
    WhatsAppFlow.SyncStatus.CHANGED: "warning",
    WhatsAppFlow.SyncStatus.FAILED: "danger",
}
_LINK_CLASSES = "text-primary-600 underline dark:text-primary-500"
_LINK = '<a class="{}" target="_blank" rel="noopener noreferrer" href="{}">Open the preview</a>{}'
_MEANING_OF_STATUS = {
    "": "Meta does not have it yet.",
    "DRAFT": "A draft: customers cannot open it yet.",
    "PUBLISHED": "Published: customers can open it.",
    "DEPRECATED": "Deprecated: it cannot be sent any more, and that cannot be undone.",
    "BLOCKED": "Blocked by Meta: customers cannot open it until the endpoint answers well again.",
    "THROTTLED": "Slowed down by Meta: few messages an hour until the endpoint answers well again.",
}


@admin.register(WhatsAppFlow)
class WhatsAppFlowAdmin(ReadOnlyDesk):
    when_empty = "The forms that open in the chat stand here once they are brought to Meta."
    list_display = ("name", "flow_id", "status", "shown_sync", "shown_can_send", "shown_synced")
    ordering = ("name",)
    sortable_by = ()
    list_before_template = "admin/flows/missing.html"
    shown_synced = moment("synced_at", "Meta was asked")

    def get_fieldsets(self, request: HttpRequest, obj: WhatsAppFlow | None = None) -> Any:
        fields = (("flow_id", "status"), ("shown_preview", "shown_synced"), "shown_key")
        whole = ("The version that was sent last", {"classes": ("collapse",), "fields": ("shown_json",)})
        if obj is None or not obj.problems:
            return ((None, {"fields": (*fields, "last_error")}), whole)
        return ((None, {"fields": fields}), ("What Meta found wrong", {"fields": ("shown_mistakes",)}), whole)

    def heading(self, flow: WhatsAppFlow) -> Heading:
        sync = standing(flow)
        said = (_MEANING_OF_STATUS.get(flow.status, f"Meta calls it {flow.status}."), *_troubles(flow))
        return Heading(flow.name, sync.label, _COLOUR_OF_SYNC[sync], lines=said)

    # --- Flows that Meta does not have ------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        bring = path("bring/<slug:name>/", self.admin_site.admin_view(self.bring_view), name="flows_whatsappflow_bring")
        return [bring, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        missing = missing_flows() if self.may_press(request) else []
        return super().changelist_view(request, {**(extra_context or {}), "missing": missing})

    def bring_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """A row for a Flow of ours that has none, and its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.may_press(request):
            raise PermissionDenied
        if name not in DEFINITIONS:
            raise Http404
        flow, is_new = WhatsAppFlow.objects.get_or_create(name=name)
        if is_new:
            self.log_addition(request, flow, "Prepared for Meta.")
            messages.success(request, f"{name} is prepared. Press Publish to send it to Meta.")
        return HttpResponseRedirect(link_to(flow)[0])

    # --- Fields -----------------------------------------------------------------------------------
    @shown("Our version", label=_COLOUR_OF_SYNC)
    def shown_sync(self, flow: WhatsAppFlow) -> tuple[str, str]:
        sync = standing(flow)
        return sync.value, sync.label

    @shown("Can be sent")
    def shown_can_send(self, flow: WhatsAppFlow) -> str:
        return str(flow.state_at_meta.get("can_send") or "")

    @shown("Preview")
    def shown_preview(self, flow: WhatsAppFlow) -> str:
        if not flow.preview_url.startswith(("https://", "http://")):
            return "None yet. Load it from Meta."
        expires = flow.preview_expires_at
        if expires is not None and expires <= timezone.now():
            return "It has expired. Load a new one from Meta."
        until = f", until {date_format(localtime(expires), 'j M Y')}" if expires else ""
        return format_html(_LINK, _LINK_CLASSES, flow.preview_url, until)

    @shown("Key")
    def shown_key(self, flow: WhatsAppFlow) -> str:
        return format_html("{}<br><small>{}</small>", *_key_lines(flow))

    @shown("Lines")
    def shown_mistakes(self, flow: WhatsAppFlow) -> str:
        return shown_mistakes(*_as_sent(flow))

    @shown("JSON")
    def shown_json(self, flow: WhatsAppFlow) -> str:
        return shown_whole(*_as_sent(flow)) if flow.flow_json else "Nothing was sent yet."


def _as_sent(flow: WhatsAppFlow) -> tuple[Mapping[str, Any], list[FlowProblem]]:
    """The JSON in the lines in which it was sent, and what Meta found in it.

    The database keeps no order of keys. Ours has it while it is the version that was sent; afterwards only paths lead to a place.
    """
    problems, ours = list(from_json(flow.problems)), DEFINITIONS.get(flow.name)
    if ours is not None and ours == flow.flow_json:
        return ours, problems
    return flow.flow_json, [replace(problem, line=0) for problem in problems]


def _troubles(flow: WhatsAppFlow) -> Iterator[str]:
    """What a person should know first."""
    if standing(flow) == WhatsAppFlow.SyncStatus.CHANGED:
        yield "Our version has changed since it was sent. Press Publish to send the present one."
    if flow.problems:
        count = "1 mistake" if len(flow.problems) == 1 else f"{len(flow.problems)} mistakes"
        yield f"Meta found {count} in the version that was sent last. They are marked below."
    yield from flow.state_at_meta.get("reasons") or ()


def _key_lines(flow: WhatsAppFlow) -> tuple[str, str]:
    """How our newest key stands at Meta, and its fingerprint."""
    keys = private_keys()
    if not keys:
        return "There is none. Set WHATSAPP_FLOW_PRIVATE_KEY.", ""
    ours = fingerprint_of(public_key_pem(keys[0]))
    at_meta, signature = (str(flow.state_at_meta.get(name) or "") for name in ("key_fingerprint", "key_signature"))
    if flow.synced_at is None:
        return "Meta was not asked yet.", ours
    if not at_meta:
        return "Meta has none. Press Give Meta our key.", ours
    if at_meta != ours:
        return (
            "Meta has another one. Press Give Meta our key, and keep the old one for some days.",
            f"Ours: {ours}. At Meta: {at_meta}",
        )
    return f"Meta has our newest, and its signature is {signature or 'missing'}.", ours


# --- Buttons --------------------------------------------------------------------------------------
def _publish(flow: WhatsAppFlow, press: Press) -> str:
    try:
        published = publish(flow.name)
    except MetaRefused as refusal:
        _look_again(WhatsAppFlow.objects.get(pk=flow.pk))
        count = "a mistake" if len(refusal.problems) == 1 else f"{len(refusal.problems)} mistakes"
        raise NotDone(f"Meta found {count}, so nothing was published. The lines are marked below.") from None
    except WhatsAppError as error:
        raise NotDone(f"It is not published. {error}") from None
    _look_again(published)
    return f"{flow.name} is published at Meta as {published.flow_id}."


def _load(flow: WhatsAppFlow, press: Press) -> str:
    try:
        sync_flow(flow)
    except WhatsAppError as error:
        raise NotDone(f"Meta did not say how it stands. {error}") from None
    return "This is how it stands at Meta now."


def _give_key(flow: WhatsAppFlow, press: Press) -> str:
    try:
        is_new = give_key()
    except (KeyNotValid, ValueError, WhatsAppError) as error:
        raise NotDone(str(error)) from None
    _look_again(flow)
    return "Meta has our newest key now." if is_new else "Meta had our newest key already. Nothing was changed."


def _look_again(flow: WhatsAppFlow) -> None:
    """What was done is done; if Meta does not answer now, the clock asks within the hour."""
    try:
        sync_flow(flow)
    except WhatsAppError as error:
        logger.warning("Meta did not say how %s stands: %s", flow.name, error)


def _is_ours(flow: WhatsAppFlow) -> bool:
    return flow.name in DEFINITIONS


def _is_at_meta(flow: WhatsAppFlow) -> bool:
    return bool(flow.flow_id)


add_button(
    WhatsAppFlow, Button("publish", "Publish", _publish, hint="Sends our version to Meta and publishes it.", is_offered=_is_ours)
)
add_button(WhatsAppFlow, Button("load", "Load state and preview from Meta", _load, is_offered=_is_at_meta))
add_button(WhatsAppFlow, Button("give-key", "Give Meta our key", _give_key, hint="Phones seal what customers type with it."))
