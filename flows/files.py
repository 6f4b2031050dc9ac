"""The bytes behind the `source` of a document or picture: made when it is sent, never kept."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

import segno

from customer_data.models import Receipt

# Loaded with the first one that is made: what draws PDFs is a good part of a start, and most processes draw none.
RECEIPT_PAGE = "customer_data.receipt_page"


class NoSuchFile(ValueError):
    """No file can be made for this source; the sentence says why."""


@dataclass(frozen=True)
class File:
    content: bytes = field(repr=False)
    mime_type: str


def file_for(source: str) -> File:
    """The file for a source such as `receipt:R-000012` or `qr:<text>`. Raises NoSuchFile."""
    kind, separator, about = source.partition(":")
    if not separator or not about or kind not in _MAKERS:
        raise NoSuchFile(f"There is no file for {kind or 'an empty source'}. Known are {', '.join(sorted(_MAKERS))}.")
    return _MAKERS[kind](about)


def _receipt(number_shown: str) -> File:
    series, _, number = number_shown.rpartition("-")
    receipt = Receipt.objects.filter(series=series, number=number).first() if number.isascii() and number.isdigit() else None
    if receipt is None:
        raise NoSuchFile(f"There is no receipt {number_shown}.")
    return File(import_module(RECEIPT_PAGE).receipt_pdf(receipt), "application/pdf")


def _qr(text: str) -> File:
    """A PNG of two colours: some kilobytes even for a long text."""
    try:
        code = segno.make_qr(text, error="m")
    except segno.DataOverflowError:
        raise NoSuchFile("The text is too long for a QR code.") from None
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=8, border=4)
    return File(picture.getvalue(), "image/png")


_MAKERS: dict[str, Callable[[str], File]] = {"receipt": _receipt, "qr": _qr}
