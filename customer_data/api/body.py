"""Reads the body of a request: JSON in UTF-8, small, unambiguous. Whatever else arrives is refused with a sentence."""

import json
from typing import Any

from django.http.request import UnreadablePostError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from customer_data.api.errors import Refusal
from customer_data.card_numbers import NEVER_SEND_ONE, without_card_numbers_inside

LARGEST_BYTES = 64 * 1024
DEEPEST = 10


class StrictJSONParser(JSONParser):
    """DRF's reads any size, decodes by whatever charset the caller names, and takes the last of two equal names."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = _read(stream)
        if len(body) > LARGEST_BYTES:
            raise Refusal(413, "body_too_large", f"A request has {LARGEST_BYTES // 1024} kB at most.")
        try:
            value = json.loads(body.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise ParseError from None
        if _is_deeper_than(DEEPEST, value):
            raise ParseError
        if without_card_numbers_inside(value) != value:
            raise Refusal(422, "card_number", NEVER_SEND_ONE)
        return value


def _read(stream: Any) -> bytes:
    try:
        body: bytes = stream.read(LARGEST_BYTES + 1)
    except UnreadablePostError:
        raise ParseError from None  # the caller hung up; nobody reads the answer
    return body


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A proxy before us may have read the other of two values."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError
    return values


def _no_constant(name: str) -> None:
    """NaN and Infinity are not JSON."""
    raise ValueError(name)


def _is_deeper_than(levels: int, value: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _is_deeper_than(levels - 1, each) for each in inside)
