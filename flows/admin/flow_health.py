"""What Meta's monitoring says of a Flow, as rows for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.timezone import localtime

from customer_data.admin.page import Panel, add_panel
from flows.health import is_alarming
from flows.models import WhatsAppFlow

_MEANING = {
    "CLIENT_ERROR_RATE": "Errors on phones",
    "ENDPOINT_ERROR_RATE": "Errors of our endpoint",
    "ENDPOINT_LATENCY": "Slowness of our endpoint (nine of ten requests are faster)",
    "ENDPOINT_AVAILABILITY": "How often our endpoint can be reached",
    "FLOW_VERSION_EXPIRY_WARNING": "Its version of Flow JSON runs out",
    "FLOW_STATUS_CHANGE": "Its status changed",
}
_UNITS = {"CLIENT_ERROR_RATE": " %", "ENDPOINT_ERROR_RATE": " %", "ENDPOINT_AVAILABILITY": " %", "ENDPOINT_LATENCY": " ms"}


def health_rows(flow: WhatsAppFlow) -> Iterator[Sequence[object]]:
    """Meta's newest word of each kind, the newest first."""
    words = [(event, word) for event, word in flow.health.items() if isinstance(word, Mapping)]
    for event, word in sorted(words, key=lambda each: str(each[1].get("at") or ""), reverse=True):
        state = "Trouble" if is_alarming(event, dict(word)) else "Over" if word.get("alert_state") else ""
        measured, limit = (_with_unit(event, word.get(name)) for name in ("value", "threshold"))
        marked = (format_html('<span class="whitespace-nowrap">{}</span>', text) for text in (state, measured, limit))
        yield _moment(word.get("at")), _MEANING.get(event, event), *marked, str(word.get("message") or "")


def _with_unit(event: str, value: Any) -> str:
    return "" if value is None else f"{value}{_UNITS.get(event, '')}"


def _moment(text: Any) -> datetime | str:
    try:
        return localtime(datetime.fromisoformat(str(text)))
    except ValueError:  # also one without a time zone
        return str(text or "")


add_panel(
    WhatsAppFlow,
    Panel(
        "Meta's monitoring",
        WhatsAppFlow,
        ("When", "What", "State", "Measured", "Limit", "Meta's words"),
        health_rows,
        "Meta has reported nothing.",
    ),
)
