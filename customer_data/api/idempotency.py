"""`Idempotency-Key`: the same request is done once, however often and however simultaneously it is sent."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework.request import Request

from customer_data.api.errors import Refusal
from customer_data.card_numbers import holds_card_number
from customer_data.models import IdempotentRequest

LONGEST_KEY = 255

Answer = tuple[int, dict[str, Any]]


def answer_once(request: Request, do: Callable[[], Answer]) -> Answer:
    """What `do` answers, or what it answered when this caller sent the same key and body before.

    The key is written in the transaction in which `do` works: a crash loses both, a second call at the same moment waits
    for the first. A refusal is not remembered, because nothing was done: what was wrong may be put right, here or there, and
    the request repeated under the same key. What was done is remembered for `KEEP_API_ANSWERS_DAYS`.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return do()
    if not (key.strip() and len(key) <= LONGEST_KEY and key.isprintable()) or holds_card_number(key):
        raise Refusal(400, "idempotency_key_invalid", f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
    with transaction.atomic():
        found, is_new = IdempotentRequest.objects.get_or_create(
            caller=str(request.auth.pk), key=key, defaults={"request_hash": _hash_of(request)}
        )
        if not is_new:
            return _repeat(found, request)
        status_code, answer = do()
        IdempotentRequest.objects.filter(pk=found.pk).update(status_code=status_code, answer=answer)
    return status_code, answer


def _repeat(found: IdempotentRequest, request: Request) -> Answer:
    if found.request_hash != _hash_of(request) or found.answer is None or found.status_code is None:
        sentence = "This Idempotency-Key was used for another request. Use a new key for a new request."
        raise Refusal(422, "idempotency_key_reused", sentence)
    return found.status_code, found.answer


def _hash_of(request: Request) -> str:
    """Of what was asked, not of how it was written: white space and the order of names do not count."""
    text = json.dumps([request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
