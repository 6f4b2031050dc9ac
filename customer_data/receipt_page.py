"""A receipt as a PDF of one A5 page, under 50 KB: it is downloaded over a phone's data bundle.

The letters are DejaVu Sans Condensed, of which only those on the page are put into the file.
"""

from __future__ import annotations

import logging
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from customer_data.models import Receipt
from customer_data.receipts import AMOUNT, BALANCE, ISSUED_BY, NOT_FISCAL, NOTE, NUMBER, fact

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "DejaVuSansCondensed.ttf", FONTS / "DejaVuSansCondensed-Bold.ttf"
# The same without all but Latin letters: nearly every receipt needs no others, and a font costs by the letters it has.
LATIN = FONTS / "DejaVuSansCondensed-Latin.ttf", FONTS / "DejaVuSansCondensed-Bold-Latin.ttf"
FAMILY = "DejaVu"

Colour = tuple[int, int, int]
GREEN: Colour = (15, 118, 110)
PALE: Colour = (240, 250, 248)
INK: Colour = (28, 38, 43)
GREY: Colour = (98, 112, 119)
LINE: Colour = (222, 228, 230)
ORANGE: Colour = (180, 83, 9)

# Millimetres.
A5 = (148.0, 210.0)
MARGIN = 12.0
BAND = 26.0
LABEL_WIDTH = 40.0
ROW = 6.6

# The sum stands out at the top of the page, the rest below it.
_ABOVE = {NUMBER, ISSUED_BY, AMOUNT, NOTE}

logging.getLogger("fontTools").setLevel(logging.ERROR)  # what it says while it picks letters is of no use in our logs


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt on one page. Its facts are those that were written down when it was issued."""
    title, author = f"Receipt {receipt.number_shown}", fact(receipt, ISSUED_BY)
    words = "".join(text for line in receipt.facts for text in line) + author + NOT_FISCAL
    page = blank_page(A5, title=title, author=author, written_at=receipt.issued_at, margin=MARGIN, words=words)
    _write_band(page, receipt)
    _write_amount(page, receipt)
    for label, text in receipt.facts:
        if label not in _ABOVE:
            _write_row(page, label, text)
    _write_foot(page)
    return bytes(page.output())


def file_name(receipt: Receipt) -> str:
    """`receipt-R-000041.pdf`."""
    return f"receipt-{receipt.number_shown}.pdf"


def blank_page(
    paper: str | tuple[float, float], *, title: str, author: str, written_at: datetime, margin: float, words: str | None = None
) -> FPDF:
    """A new page of `paper` in our letters; `margin` in millimetres. The same facts are the same file, byte for byte.

    `words`: all that will stand on it, where that is known.
    """
    regular, bold = (REGULAR, BOLD) if words is None else _fonts_for(words)
    page = FPDF(format=paper)
    page.set_creation_date(written_at)
    page.set_title(title)
    page.set_author(writable(author))
    page.set_lang("en")
    page.add_font(FAMILY, "", regular)
    page.add_font(FAMILY, "B", bold)
    page.set_margins(margin, margin)
    page.set_auto_page_break(auto=False)
    page.add_page()
    return page


def _write_band(page: FPDF, receipt: Receipt) -> None:
    """Who issued it, on our colour; its number at the right."""
    page.set_fill_color(*GREEN)
    page.rect(0, 0, page.w, BAND, style="F")
    page.set_text_color(255, 255, 255)
    page.set_xy(MARGIN, 8)
    page.set_font(FAMILY, "B", 13)
    page.cell(page.epw - 40, 10, fitting(page, fact(receipt, ISSUED_BY), page.epw - 40))
    page.set_xy(-MARGIN - 40, 7)
    page.set_font(FAMILY, "", 8)
    page.cell(40, 5, "Receipt", align=Align.R, new_x=XPos.LEFT, new_y=YPos.NEXT)
    page.set_font(FAMILY, "B", 11)
    page.cell(40, 6, receipt.number_shown, align=Align.R)


def _write_amount(page: FPDF, receipt: Receipt) -> None:
    """The sum, large, with what is still owed beside it."""
    page.set_fill_color(*PALE)
    page.rect(MARGIN, BAND + 6, page.epw, 21, style="F", round_corners=True, corner_radius=2)
    half = page.epw / 2 - 5
    _write_sum(page, MARGIN + 5, "Amount received", fact(receipt, AMOUNT), half, Align.L)
    _write_sum(page, MARGIN + page.epw / 2, "Balance still to pay", fact(receipt, BALANCE), half, Align.R)
    note = fact(receipt, NOTE)
    page.set_xy(MARGIN, BAND + 30)
    if note:
        page.set_text_color(*ORANGE)
        page.set_font(FAMILY, "B", 10)
        page.cell(page.epw, 7, writable(note), align=Align.C, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.set_y(page.get_y() + 1)


def _write_sum(page: FPDF, left: float, label: str, amount: str, width: float, align: Align) -> None:
    page.set_xy(left, BAND + 9)
    page.set_text_color(*GREY)
    page.set_font(FAMILY, "", 8)
    page.cell(width, 5, label, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)
    page.set_text_color(*(GREEN if align is Align.L else INK))
    page.set_font(FAMILY, "B", 17 if align is Align.L else 12)
    page.cell(width, 10, fitting(page, amount, width), align=align)


def _write_row(page: FPDF, label: str, text: str) -> None:
    """One fact; a long one takes two lines, and no more: the page stays one."""
    top = page.get_y()
    page.set_font(FAMILY, "", 8.5)
    page.set_text_color(*GREY)
    page.set_xy(MARGIN, top)
    page.cell(LABEL_WIDTH, ROW, fitting(page, label, LABEL_WIDTH))
    page.set_text_color(*INK)
    page.set_font(FAMILY, "B" if label in (AMOUNT, BALANCE) else "", 8.5)
    for line in _lines(page, text, page.epw - LABEL_WIDTH):
        page.set_x(MARGIN + LABEL_WIDTH)
        page.cell(page.epw - LABEL_WIDTH, ROW, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.set_draw_color(*LINE)
    page.line(MARGIN, page.get_y() + 0.4, page.w - MARGIN, page.get_y() + 0.4)
    page.set_y(page.get_y() + 0.8)


def _write_foot(page: FPDF) -> None:
    page.set_y(-MARGIN - 6)
    page.set_text_color(*GREY)
    page.set_font(FAMILY, "", 7.5)
    page.cell(page.epw, 5, NOT_FISCAL, align=Align.C)


def _lines(page: FPDF, text: str, width: float) -> list[str]:
    """The text on one or two lines; what does not fit there is cut, since the message in the chat has it whole."""
    first: list[str] = []
    rest = writable(text).split()
    while rest and page.get_string_width(" ".join([*first, rest[0]])) <= width:
        first.append(rest.pop(0))
    return [line for line in (" ".join(first), fitting(page, " ".join(rest), width)) if line]


def fitting(page: FPDF, text: str, width: float) -> str:
    """As much of the text as fits on one line in the font that is set."""
    whole = writable(text)
    kept = whole
    while kept and page.get_string_width(kept if kept == whole else f"{kept}…") > width:
        kept = kept[:-1]
    return kept if kept == whole else f"{kept.rstrip()}…"


def _fonts_for(words: str) -> tuple[Path, Path]:
    return LATIN if {ord(letter) for letter in writable(words)} <= _letters(*LATIN) else (REGULAR, BOLD)


def writable(text: str) -> str:
    """The text in letters the fonts have. What they lack is written as `?`, pictures and signs without width not at all."""
    return "".join(_writable_letter(letter) for letter in unicodedata.normalize("NFC", text)).strip()


def _writable_letter(letter: str) -> str:
    if ord(letter) in _letters(REGULAR, BOLD):
        return letter
    return " " if letter.isspace() else "?" if letter.isalnum() else ""


@cache
def _letters(regular: Path, bold: Path) -> frozenset[int]:
    """What both fonts can write."""
    with TTFont(regular) as one, TTFont(bold) as other:
        return frozenset(one.getBestCmap()) & frozenset(other.getBestCmap())
