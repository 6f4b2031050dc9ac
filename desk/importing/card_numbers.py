"""Card numbers in statements: banks write them beside card payments. From text they are taken out; Excel files are refused."""

from __future__ import annotations

import codecs
import io
import zipfile

from customer_data.card_numbers import holds_card_number, without_card_numbers

_ZIP = b"PK\x03\x04"
_PIECE = 1024 * 1024
_OVERLAP = 64
_WITH_CELLS = ("xl/sharedStrings.xml", "xl/worksheets/")


class HoldsCardNumber(Exception):
    """A workbook with a card number in it; the message is a sentence that says what to do."""


def file_without_card_numbers(content: bytes) -> bytes:
    """The file as it is kept. Its size and its parts have been checked. Raises HoldsCardNumber."""
    if content.startswith(_ZIP):
        if _workbook_holds_one(content):
            sentence = (
                "There is a whole card number in this Excel file. Save it as CSV and bring that: there we take it out ourselves."
            )
            raise HoldsCardNumber(sentence)
        return content
    encoding = _encoding(content)
    text = content.decode(encoding)
    plain = without_card_numbers(text)
    return content if plain is text else plain.encode(encoding)


def _encoding(content: bytes) -> str:
    """One in which every byte is a character, so that all else stays as it was."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(content) % 2 == 0
    return "utf-16" if is_utf_16 else "latin-1"


def _workbook_holds_one(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return any(_part_holds_one(parts, name) for name in parts.namelist() if name.startswith(_WITH_CELLS))


def _part_holds_one(parts: zipfile.ZipFile, name: str) -> bool:
    before = ""
    with parts.open(name) as part:
        while piece := part.read(_PIECE):
            text = before + piece.decode("latin-1")
            if holds_card_number(text):
                return True
            before = text[-_OVERLAP:]
    return False
