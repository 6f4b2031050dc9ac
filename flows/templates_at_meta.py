"""Message templates as Meta has them: which there are, and which are approved."""

import logging
from typing import Any

from flows.models import WhatsAppTemplate
from flows.whatsapp import WhatsAppClient

logger = logging.getLogger(__name__)

_STATUS = {status.value: status for status in WhatsAppTemplate.Status} | {
    "IN_APPEAL": WhatsAppTemplate.Status.REJECTED,
    "LIMIT_EXCEEDED": WhatsAppTemplate.Status.DISABLED,
    "PENDING_DELETION": WhatsAppTemplate.Status.DISABLED,
    "DELETED": WhatsAppTemplate.Status.DISABLED,
    "ARCHIVED": WhatsAppTemplate.Status.DISABLED,
}


def sync_templates(client: WhatsAppClient) -> int:
    """Write down every template of our account; how many there are. One that Meta no longer lists is switched off.

    A new one gets its own name as purpose; purposes and names of facts that staff entered stay. Raises WhatsAppError.
    """
    seen: list[int] = []
    for described in client.templates():
        name, language = str(described.get("name") or ""), str(described.get("language") or "")
        if name and language:
            facts = {"status": _status(described), "body": _body(described)}
            row, _ = WhatsAppTemplate.objects.update_or_create(
                name=name, language=language, defaults=facts, create_defaults=facts | {"purpose": name[:64]}
            )
            seen.append(row.pk)
    WhatsAppTemplate.objects.exclude(pk__in=seen).update(status=WhatsAppTemplate.Status.DISABLED)
    return len(seen)


def _status(described: dict[str, Any]) -> str:
    word = str(described.get("status") or "")
    if word not in _STATUS:
        logger.warning("Meta says %.40r of a template, which we do not know; it is not sent.", word)
    return _STATUS.get(word, WhatsAppTemplate.Status.DISABLED)


def _body(described: dict[str, Any]) -> str:
    parts = described.get("components")
    found = (part for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict))
    return next((str(part.get("text") or "") for part in found if str(part.get("type")).upper() == "BODY"), "")
