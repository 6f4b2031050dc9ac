"""What Meta's monitoring says of our Flows, kept on the row of the Flow and told to staff."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.utils import timezone

from customer_data.models import Concern, ConcernKind
from flows.models import WhatsAppFlow
from flows.webhook import FlowNews

logger = logging.getLogger(__name__)

STATUS_CHANGE = "FLOW_STATUS_CHANGE"
ALARMING_STATUSES = ("THROTTLED", "BLOCKED")
VALUES = ("p90_latency", "error_rate", "availability", "new_status", "warning")
"""Where each kind of event has its figure or word."""


def record(news: FlowNews, *, received_at: datetime) -> None:
    """Keep the event on its Flow, and open or close the matter for staff. What is older than what is known changes nothing."""
    at = news.at or received_at
    flow = WhatsAppFlow.objects.select_for_update().filter(flow_id=news.flow_id).first() if news.flow_id else None
    if flow is None:
        logger.warning("WhatsApp says %s of a Flow that is not ours: %s.", news.event or "something", news.flow_id or "no id")
        return
    known = flow.health.get(news.event, {}).get("at", "")
    if known and datetime.fromisoformat(known) > at:
        return
    flow.health[news.event] = _summary(news, at)
    flow.health_at = max(flow.health_at or at, at)
    new_status = news.facts.get("new_status")
    if news.event == STATUS_CHANGE and isinstance(new_status, str):
        flow.status = new_status[:32]
    flow.save(update_fields=["health", "health_at", "status", "updated_at"])
    _tell_staff(flow, news)


def is_alarming(event: str, summary: dict[str, Any]) -> bool:
    """Whether what is kept of an event of this kind is trouble that goes on."""
    if event == STATUS_CHANGE:
        return str(summary.get("value")) in ALARMING_STATUSES
    return str(summary.get("alert_state", "ACTIVATED")) == "ACTIVATED"


def _summary(news: FlowNews, at: datetime) -> dict[str, Any]:
    facts = news.facts
    value = next((facts[name] for name in VALUES if name in facts), None)
    kept = {"value": value, "at": at.isoformat(), "message": str(facts.get("message", ""))[:500]}
    kept |= {name: facts[name] for name in ("threshold", "alert_state", "errors", "p50_latency", "requests_count") if name in facts}
    return kept


def _tell_staff(flow: WhatsAppFlow, news: FlowNews) -> None:
    """One open matter for all that troubles our Flows; it is solved by itself once nothing does."""
    troubled = [
        f"{other.name}: {event}"
        for other in WhatsAppFlow.objects.exclude(health={})
        for event, summary in other.health.items()
        if is_alarming(event, summary)
    ]
    if is_alarming(news.event, flow.health[news.event]):
        said = f"{flow.name}: {news.event}. {news.facts.get('message', '')}".strip()
        logger.error("WhatsApp reports trouble with a Flow. %s", said)
        Concern.raise_about_customer(None, ConcernKind.FLOW_HEALTH, said, flow=flow.name, event=news.event)
    elif not troubled:
        open_matters = Concern.objects.filter(kind=ConcernKind.FLOW_HEALTH, customer=None, payment=None, solved_at__isnull=True)
        open_matters.update(solved_at=timezone.now())
        logger.info("Flow %s is well again: %s.", flow.name, news.event)
