"""The DRF view behind which machines post signed raw bytes: Paynow's status updates, Meta's Flow requests."""

from typing import Any

from django.http.request import UnreadablePostError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class _AnyAccept(BaseContentNegotiation):
    """The answer is the same whatever the Accept header says: a signed message must not be lost to a 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[JSONRenderer, str]:
        return JSONRenderer(), "application/json"


class SignedDoor(APIView):
    """No parser, no negotiation, no login: the bytes are what was signed, and the signature is the proof."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = ()
    throttle_classes = ()
    content_negotiation_class = _AnyAccept
    schema = None


def read_bytes(request: Request, most: int) -> bytes:
    """The body, at most `most` bytes and one more to show that it is longer; empty when the sender hung up."""
    try:
        return request._request.read(most + 1)
    except UnreadablePostError:
        return b""
