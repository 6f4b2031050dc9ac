"""One request of a Flow, read strictly, and what every Flow answers alike: to a ping, to an error notice, to anything odd. Pure."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customer_data import correlation
from customer_data.card_numbers import holds_card_number

logger = logging.getLogger(__name__)

_ERROR_KEYS = ("error", "error_key")
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class Answer:
    """An HTTP status and what to seal into the body."""

    status: int
    payload: dict[str, Any]


@dataclass(frozen=True)
class FormRequest:
    """What the phone asks: with which token, what happened, on which screen, and what the screen carried."""

    token: str
    action: str
    screen: str
    data: Mapping[str, Any]


def answer_form(request: Mapping[str, Any], answer_session: Callable[[FormRequest], Answer]) -> Answer:
    """The reply to one decrypted request: a ping and an error notice are answered here, the rest by `answer_session`."""
    if request.get("action") == "ping":
        return Answer(200, {"data": {"status": "active"}})
    data = request.get("data")
    data = _without_card_numbers(data) if isinstance(data, Mapping) else {}
    if any(key in data for key in _ERROR_KEYS):
        logger.warning("The phone could not show a screen: %s", _error_key(data))
        return Answer(200, {"data": {"acknowledged": True}})
    token, action, screen = (form_text(request.get(name)) for name in ("flow_token", "action", "screen"))
    reply = answer_session(FormRequest(token, action, screen, data))
    correlation.step(
        logger, "form answered", action=action[:20], screen=screen[:40], shown=reply.payload.get("screen"), status=reply.status
    )
    return reply


def _without_card_numbers(data: Mapping[str, Any]) -> dict[str, Any]:
    """A field with a card number in it counts as left empty: it is asked for again, and nothing of it is kept."""
    return {name: "" if holds_card_number(form_text(value)) else value for name, value in data.items()}


def refuse_token(sentence: str) -> Answer:
    """The message's button goes grey, and the customer reads the sentence."""
    return Answer(427, {"error_msg": sentence})


def completion(token: str, **params: str) -> dict[str, Any]:
    """The end of a Flow. What it carries is a notice for the chat; the truth stays in our database."""
    return {"screen": "SUCCESS", "data": {"extension_message_response": {"params": {"flow_token": token, **params}}}}


def form_text(value: object) -> str:
    """A form value as text: phones and codes come as text or as a number; anything else is nothing.

    What JSON allows and a database does not keep (NUL, half an emoji) is left out.
    """
    if isinstance(value, str):
        return value[:_LONGEST_VALUE].encode("utf-8", "ignore").decode().replace("\x00", "").strip()
    return str(value)[:_LONGEST_VALUE] if isinstance(value, int) and not isinstance(value, bool) else ""


def _error_key(data: Mapping[str, Any]) -> str:
    return next((form_text(data[key])[:60] for key in _ERROR_KEYS if key in data), "")
