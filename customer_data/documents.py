"""What is done to a PDF that somebody hands in: its pages are written anew, and nothing in it can act, hide or tell."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, NameObject

MOST_PAGES = 20
"""A slip has one page, a statement some. More is a book, and would have to be read by somebody."""

_ACTING_OR_HIDING = ("/AA", "/OpenAction", "/Names", "/AcroForm", "/Metadata", "/Collection", "/AF", "/Outlines", "/URI", "/Dests")
_OF_PAGES = ("/AA", "/Annots", "/Metadata", "/AF", "/PieceInfo", "/LastModified")
_OF_OBJECTS = ("/Metadata", "/AF", "/AA", "/JS", "/PieceInfo", "/OPI", "/LastModified", "/EF")

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every oddity in files of strangers

# A damaged file breaks its reader in many ways; whatever it is, the sender hears what to do.
_DAMAGE = (
    *(PyPdfError, RecursionError, MemoryError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError),
    *(OSError, AssertionError, NotImplementedError, zlib.error, struct.error),
)


class NotADocument(Exception):
    """It cannot be read or must not be kept. The message is a sentence for the one who sent it."""


def clean_document(content: bytes) -> bytes:
    """The same pages without scripts, actions, links, forms, attachments, comments and properties. Raises NotADocument."""
    try:
        return _pages_written_anew(content)
    except _DAMAGE as error:
        raise NotADocument(
            "This PDF is damaged and cannot be opened. Please send a photo or a screenshot of it instead."
        ) from error


def _pages_written_anew(content: bytes) -> bytes:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise NotADocument("This PDF is locked with a password. Please send it without one, or a screenshot of it.")
    pages = len(reader.pages)
    if not 0 < pages <= MOST_PAGES:
        raise NotADocument(f"This PDF has {pages} pages. Please send only the page with the payment.")
    writer = PdfWriter()
    for page in reader.pages:
        _without(page, _OF_PAGES)
        writer.add_page(page)
    _without(writer.root_object, _ACTING_OR_HIDING)
    for number in range(len(writer._objects)):
        _clean_object(writer._objects[number])
    writer.metadata = None
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _clean_object(thing: Any) -> None:
    if isinstance(thing, DictionaryObject):
        _without(thing, _OF_OBJECTS)
        if thing.get("/S") in ("/JavaScript", "/Launch", "/URI", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE"):
            thing[NameObject("/S")] = NameObject("/None")


def _without(thing: DictionaryObject, names: tuple[str, ...]) -> None:
    for name in names:
        if name in thing:
            del thing[name]
