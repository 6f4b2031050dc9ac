"""Bringing a Flow and its key to Meta, and learning how they stand there. Running anything here twice changes nothing."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from flows.crypto import public_key_pem
from flows.definitions import BOOKING_FLOW, DEFINITIONS, PAYMENT_FLOW
from flows.flow_problems import FlowProblem
from flows.keys import fingerprint_of, private_keys
from flows.models import WhatsAppFlow
from flows.refusals import SendRefused, WhatsAppError
from flows.whatsapp import FlowDetails, PublicKeyStatus, WhatsAppClient, client_from_settings

logger = logging.getLogger(__name__)

CATEGORIES = {PAYMENT_FLOW: ("OTHER",), BOOKING_FLOW: ("APPOINTMENT_BOOKING",)}
DOORS = {PAYMENT_FLOW: "payment-flow", BOOKING_FLOW: "booking-flow"}
"""Names of the addresses at which our endpoint answers for each Flow."""

DRAFT = "DRAFT"
PUBLISHED = "PUBLISHED"
VALID = "VALID"

_Sync = WhatsAppFlow.SyncStatus
_NO_SUCH_FLOW = 100


class MetaRefused(Exception):
    """Meta found mistakes in the Flow, each with its line or path."""

    def __init__(self, problems: Sequence[FlowProblem]) -> None:
        super().__init__("Meta refused the Flow.")
        self.problems = list(problems)


class KeyNotValid(Exception):
    """Phones cannot seal requests for us yet. The sentence says what to do."""


# --- Publishing -----------------------------------------------------------------------------------
def publish(name: str) -> WhatsAppFlow:
    """Create or update the Flow `name` at Meta, upload its JSON and publish it. Its row tells how that went.

    Raises MetaRefused, KeyError for an unknown name, and the errors of `flows.whatsapp`.
    """
    definition = DEFINITIONS[name]
    flow, _ = WhatsAppFlow.objects.get_or_create(name=name)
    if flow.status == PUBLISHED and standing(flow) == _Sync.CURRENT:
        return flow
    client = client_from_settings()
    try:
        if not _is_published_already(client, flow, definition):
            _ensure_at_meta(client, flow)
            _upload(client, flow, definition)
            client.publish_flow(flow.flow_id)
    except (MetaRefused, WhatsAppError) as error:
        _record(flow, sync_status=_Sync.FAILED, last_error=_sentence(error))
        raise
    return _record(flow, status=PUBLISHED, sync_status=_Sync.CURRENT, last_error="", problems=[])


def standing(flow: WhatsAppFlow) -> WhatsAppFlow.SyncStatus:
    """How Meta's version compares with ours now: a Flow changed in code since it was sent says so at once."""
    kept = _Sync(flow.sync_status)
    if kept == _Sync.CURRENT and flow.flow_json != DEFINITIONS.get(flow.name):
        return _Sync.CHANGED
    return kept


def missing_flows() -> list[str]:
    """Names of Flows of ours that have no row yet."""
    known = set(WhatsAppFlow.objects.values_list("name", flat=True))
    return [name for name in DEFINITIONS if name not in known]


def _is_published_already(client: WhatsAppClient, flow: WhatsAppFlow, definition: dict[str, Any]) -> bool:
    """Whether the answer to our last *publish* was only lost: every upload makes a draft, so what is published is that upload."""
    if not flow.flow_id or flow.flow_json != definition or flow.problems or flow.sync_status == _Sync.NEVER:
        return False
    return client.flow_details(flow.flow_id).status == PUBLISHED


def _ensure_at_meta(client: WhatsAppClient, flow: WhatsAppFlow) -> None:
    endpoint = settings.SITE_URL + reverse(DOORS[flow.name])
    if flow.flow_id and _is_moved_here(client, flow, endpoint):
        return
    # A creation whose answer was lost left a Flow of this name behind.
    found = client.find_flow(flow.name)
    if found:
        client.update_flow(found, endpoint_uri=endpoint)
    flow_id = found or client.create_flow(flow.name, categories=CATEGORIES[flow.name], endpoint_uri=endpoint)
    _record(flow, flow_id=flow_id, status=DRAFT)


def _is_moved_here(client: WhatsAppClient, flow: WhatsAppFlow, endpoint: str) -> bool:
    """Give Meta the address of our endpoint; False when Meta has this Flow no more, because somebody deleted the draft."""
    try:
        client.update_flow(flow.flow_id, endpoint_uri=endpoint)
    except SendRefused as refusal:
        if refusal.code == _NO_SUCH_FLOW and client.find_flow(flow.name) != flow.flow_id:
            return False
        raise
    return True


def _upload(client: WhatsAppClient, flow: WhatsAppFlow, definition: dict[str, Any]) -> None:
    problems = client.upload_flow_json(flow.flow_id, definition)
    _record(flow, status=DRAFT, flow_json=definition, problems=_kept(problems), sync_status=_Sync.FAILED)
    if problems:
        raise MetaRefused(problems)


# --- How it stands at Meta ------------------------------------------------------------------------
def sync_flow(flow: WhatsAppFlow) -> WhatsAppFlow:
    """Ask Meta about one Flow and about our key, and write both on its row. Raises the errors of `flows.whatsapp`.

    A Flow that was never sent is left as it is.
    """
    if not flow.flow_id:
        return flow
    client = client_from_settings()
    details, key = client.flow_details(flow.flow_id), client.public_key_status()
    sync = _standing_after(flow, details)
    return _record(
        flow,
        status=details.status or flow.status,
        sync_status=sync,
        last_error="" if sync == _Sync.CURRENT else flow.last_error,
        problems=_kept(details.validation_errors),
        preview_url=details.preview_url,
        preview_expires_at=_moment(details.preview_expires_at),
        state_at_meta=_state(details, key),
        synced_at=timezone.now(),
    )


def sync_flows() -> None:
    """`sync_flow` for every Flow at Meta; one that Meta does not answer for is asked about again next time."""
    for flow in WhatsAppFlow.objects.exclude(flow_id=""):
        try:
            sync_flow(flow)
        except WhatsAppError as error:
            logger.warning("Meta did not say how %s stands: %s", flow.name, error)


def _standing_after(flow: WhatsAppFlow, details: FlowDetails) -> WhatsAppFlow.SyncStatus:
    if flow.flow_json != DEFINITIONS.get(flow.name):
        return _Sync.CHANGED if flow.flow_json else _Sync.NEVER
    if details.validation_errors:
        return _Sync.FAILED
    return _Sync(flow.sync_status) if details.status == DRAFT else _Sync.CURRENT


def _state(details: FlowDetails, key: PublicKeyStatus) -> dict[str, Any]:
    return {
        "can_send": details.can_send,
        "reasons": list(details.reasons),
        "key_fingerprint": fingerprint_of(key.public_key),
        "key_signature": key.signature,
    }


def _moment(text: str) -> datetime | None:
    """A moment of Meta's, such as `2026-12-21T11:18:09+0000`; None for one that cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


# --- The key --------------------------------------------------------------------------------------
def give_key() -> bool:
    """Make the newest of our keys the one that phones seal requests with; False when Meta has it already.

    Raises KeyNotValid, ValueError for a key that cannot be read, and the errors of `flows.whatsapp`.
    """
    keys = private_keys()
    if not keys:
        raise KeyNotValid("There is no Flow key. Set WHATSAPP_FLOW_PRIVATE_KEY.")
    ours, client = public_key_pem(keys[0]), client_from_settings()
    if _is_in_use(client.public_key_status(), ours):
        return False
    client.upload_public_key(ours)
    status = client.public_key_status()
    if not _is_in_use(status, ours):
        said = status.signature or "missing"
        raise KeyNotValid(
            f"Meta reports the signature of our key as {said}. Upload it again; phones cannot use it until it is VALID."
        )
    return True


def _is_in_use(status: PublicKeyStatus, ours: str) -> bool:
    return status.signature == VALID and fingerprint_of(status.public_key) == fingerprint_of(ours)


def _kept(problems: Iterable[FlowProblem]) -> list[dict[str, Any]]:
    return [problem.as_json() for problem in problems]


def _sentence(error: Exception) -> str:
    return "\n".join(map(str, error.problems)) if isinstance(error, MetaRefused) else str(error)


def _record(flow: WhatsAppFlow, **fields: Any) -> WhatsAppFlow:
    for name, value in fields.items():
        setattr(flow, name, value)
    flow.save(update_fields=[*fields, "updated_at"])
    return flow
