"""Bringing a Flow to Meta: create it once, upload the JSON, publish, and record what Meta said. Running twice changes nothing."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from flows.definitions import DEFINITIONS
from flows.models import WhatsAppFlow
from flows.whatsapp import WhatsAppClient, WhatsAppError, client_from_settings

CATEGORIES = ("OTHER",)
PUBLISHED = "PUBLISHED"


class MetaRefused(Exception):
    """Meta found mistakes in the Flow. `problems` are its own sentences, with the line where it gives one."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Meta refused the Flow.")
        self.problems = problems


def publish(name: str) -> WhatsAppFlow:
    """Create or update the Flow `name` at Meta, upload its JSON and publish it. Its row tells how that went.

    Raises MetaRefused, KeyError for an unknown name, and the errors of `flows.whatsapp`.
    """
    definition = DEFINITIONS[name]
    flow, _ = WhatsAppFlow.objects.get_or_create(name=name)
    if flow.status == PUBLISHED and flow.flow_json == definition and flow.sync_status == WhatsAppFlow.SyncStatus.CURRENT:
        return flow
    client = client_from_settings()
    try:
        _ensure_at_meta(client, flow)
        _upload(client, flow, definition)
        client.publish_flow(flow.flow_id)
    except (MetaRefused, WhatsAppError) as error:
        _record(flow, sync_status=WhatsAppFlow.SyncStatus.FAILED, last_error=_sentence(error))
        raise
    return _record(flow, status=PUBLISHED, sync_status=WhatsAppFlow.SyncStatus.CURRENT, flow_json=definition, last_error="")


def _ensure_at_meta(client: WhatsAppClient, flow: WhatsAppFlow) -> None:
    endpoint = settings.SITE_URL + reverse("payment-flow")
    if flow.flow_id:
        client.update_flow(flow.flow_id, endpoint_uri=endpoint)
        return
    # A creation whose answer was lost left a Flow of this name behind.
    flow_id = client.find_flow(flow.name) or client.create_flow(flow.name, categories=CATEGORIES, endpoint_uri=endpoint)
    _record(flow, flow_id=flow_id, status="DRAFT")


def _upload(client: WhatsAppClient, flow: WhatsAppFlow, definition: dict[str, Any]) -> None:
    problems = client.upload_flow_json(flow.flow_id, definition)
    if problems:
        raise MetaRefused(problems)


def _sentence(error: Exception) -> str:
    return "\n".join(error.problems) if isinstance(error, MetaRefused) else str(error)


def _record(flow: WhatsAppFlow, **fields: Any) -> WhatsAppFlow:
    for name, value in fields.items():
        setattr(flow, name, value)
    flow.save(update_fields=[*fields, "updated_at"])
    return flow
