"""Slips as people send them: pictures and PDFs, good and bad."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

SIDE = (360, 740)


def slip(amount: str = "231.00", *, reference: str = "FT26324ABC", format_: str = "JPEG", scale: float = 1, **save: Any) -> bytes:
    """A screenshot of a bank's app."""
    picture = Image.new("RGB", SIDE, "#f7f7fb")
    draw, letters = ImageDraw.Draw(picture), ImageFont.load_default(22)
    draw.rectangle((0, 0, SIDE[0], 80), fill="#0b3d91")
    lines = ("Example Bank", f"Amount  USD {amount}", "To  Example Safaris", "From  Rudo Ncube", f"Reference  {reference}")
    for number, line in enumerate(lines):
        draw.text((20, 25 + 90 * number), line, font=letters, fill="white" if number == 0 else "black")
    if scale != 1:
        picture = picture.resize((round(SIDE[0] * scale), round(SIDE[1] * scale)))
    return _written(picture, format_, **save)


def photo_taken_sideways_in_harare() -> bytes:
    """60 wide and 40 high as the camera keeps it, to be turned; with place, time and a telephone's name in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it a quarter clockwise
    exif[0x0110] = "Telephone 12"
    exif.get_ifd(0x8825).update({1: "S", 2: (17.0, 49.0, 40.0), 3: "E", 4: (31.0, 3.0, 0.0)})
    return _written(Image.new("RGB", (60, 40), "gray"), "JPEG", exif=exif, comment=b"secret words")


def picture_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def pdf(*, pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    return _file_of(writer)


def pdf_that_acts() -> bytes:
    """With a script that runs when it opens, an attachment, a link, an action of the page and the name of its author."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 300)
    writer.add_attachment("list.txt", b"attached words")
    writer.add_metadata({"/Author": "Somebody Private"})
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")})
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    writer.root_object[NameObject("/OpenAction")] = action
    link = DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject("https://evil.example")})
    xmp = DecodedStreamObject()
    xmp.set_data(b"<x:xmpmeta>private</x:xmpmeta>")
    page[NameObject("/Metadata")] = writer._add_object(xmp)
    note = DictionaryObject(
        {NameObject("/Type"): NameObject("/Annot"), NameObject("/Subtype"): NameObject("/Link"), NameObject("/A"): link}
    )
    writer.add_annotation(0, note)
    return _file_of(writer)


def locked_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 300)
    writer.encrypt("secret", algorithm="RC4-128")
    return _file_of(writer)


def _file_of(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _written(picture: Image.Image, format_: str, **save: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_, **save)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
