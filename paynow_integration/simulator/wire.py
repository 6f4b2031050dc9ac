"""Messages as Paynow's servers write and read them: .NET form encoding, fields in order. Pure."""

import re
from collections.abc import Iterable
from email import message_from_bytes
from urllib.parse import parse_qsl, quote_plus

Pairs = list[tuple[str, str]]

_LEFT_BARE = "!*()"  # by .NET's encoder, beside letters, digits and "-_."
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_CAPITALS = {"browserurl": "BrowserUrl", "pollurl": "PollUrl", "paynowreference": "PaynowReference"}


def encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """`pairs` with escapes in lower-case hexadecimal and `+` for a space, as seen in real replies."""
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in pairs).encode("ascii")


def decode(body: bytes, content_type: str = "") -> Pairs:
    """The fields of a request in their order; `multipart/form-data` is accepted too (the official PHP SDK sends it)."""
    if content_type.lower().startswith("multipart/form-data"):
        return _decode_multipart(body, content_type)
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def capitalised(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The same message with names as in older documentation: `Status`, `BrowserUrl`."""
    return [(_CAPITALS.get(name, name.capitalize()), value) for name, value in pairs]


def _quote(text: str) -> str:
    quoted = quote_plus(text, safe=_LEFT_BARE).replace("~", "%7E")
    return _ESCAPE.sub(lambda escape: escape[0].lower(), quoted)


def _decode_multipart(body: bytes, content_type: str) -> Pairs:
    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    pairs: Pairs = []
    for part in message.walk():
        name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            pairs.append((name, value.decode("utf-8", "replace")))
    return pairs
