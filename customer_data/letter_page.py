"""A non-receipt letter as a PDF of one A4 page, to be printed, signed and stamped, or sent as it is; under 50 KB."""

from __future__ import annotations

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from customer_data.letters import (
    ABOVE_AND_BELOW,
    ADDRESS,
    ANSWER,
    CONTACT,
    ISSUED_BY,
    NOTE,
    SIGNED_BY,
    STATEMENT,
    TO,
    WRITTEN,
    fact,
)
from customer_data.models import NonReceiptLetter
from customer_data.receipt_page import FAMILY, GREEN, GREY, INK, LINE, ORANGE, blank_page, fitting, writable

TITLE = "Letter of non-receipt of a payment"

# Millimetres.
MARGIN = 20.0
BAND = 30.0
LABEL_WIDTH = 58.0
ROW = 7.0
STAMP = (60.0, 34.0)


def letter_pdf(letter: NonReceiptLetter) -> bytes:
    """The letter on one page. Its facts are those that were written down when it was written."""
    title, author = f"{TITLE}, {letter.number}", fact(letter, ISSUED_BY)
    page = blank_page("A4", title=title, author=author, written_at=letter.written_at, margin=MARGIN)
    _write_head(page, letter)
    _write_opening(page, letter)
    for label, text in letter.facts:
        if label not in ABOVE_AND_BELOW:
            _write_row(page, label, text)
    _write_statement(page, letter)
    _write_signature(page, letter)
    _write_foot(page, letter)
    return bytes(page.output())


def file_name(letter: NonReceiptLetter) -> str:
    """`letter-NR-7Q2M0F4X1AB-1.pdf`."""
    return f"letter-{letter.number}.pdf"


def _write_head(page: FPDF, letter: NonReceiptLetter) -> None:
    """Who writes, with address and contact: the letterhead."""
    page.set_xy(MARGIN, 14)
    _write_line(page, fact(letter, ISSUED_BY), "B", 16, colour=GREEN, height=8)
    for label in (ADDRESS, CONTACT):
        if fact(letter, label):
            _write_line(page, fact(letter, label), "", 9, colour=GREY, height=5)
    page.set_draw_color(*GREEN)
    page.set_line_width(0.6)
    below = max(page.get_y() + 3, BAND)
    page.line(MARGIN, below, page.w - MARGIN, below)
    page.set_line_width(0.2)
    page.set_y(below + 6)


def _write_opening(page: FPDF, letter: NonReceiptLetter) -> None:
    top = page.get_y()
    _write_line(page, f"{fact(letter, WRITTEN)}, Harare time", "", 10, colour=INK, height=6)
    _write_line(page, f"To: {fact(letter, TO)}", "", 10, colour=INK, height=6)
    page.set_xy(MARGIN, top)
    page.set_font(FAMILY, "", 9)
    page.set_text_color(*GREY)
    page.cell(page.epw, 6, f"Letter {letter.number}", align=Align.R)
    page.set_xy(MARGIN, top + 17)
    _write_line(page, TITLE, "B", 14, colour=INK, height=8)
    if fact(letter, NOTE):
        _write_line(page, fact(letter, NOTE), "B", 11, colour=ORANGE, height=8)
    page.set_y(page.get_y() + 3)


def _write_row(page: FPDF, label: str, text: str) -> None:
    top = page.get_y()
    page.set_font(FAMILY, "", 9.5)
    page.set_text_color(*GREY)
    page.cell(LABEL_WIDTH, ROW, fitting(page, label, LABEL_WIDTH))
    page.set_text_color(*INK)
    page.set_font(FAMILY, "B", 9.5)
    page.cell(page.epw - LABEL_WIDTH, ROW, fitting(page, text, page.epw - LABEL_WIDTH))
    page.set_draw_color(*LINE)
    page.line(MARGIN, top + ROW + 0.3, page.w - MARGIN, top + ROW + 0.3)
    page.set_xy(MARGIN, top + ROW + 0.6)


def _write_statement(page: FPDF, letter: NonReceiptLetter) -> None:
    """What is stated, in full: nothing of it may be cut."""
    page.set_y(page.get_y() + 6)
    page.set_text_color(*INK)
    for text, weight in ((fact(letter, STATEMENT), "B"), (fact(letter, ANSWER), "")):
        page.set_font(FAMILY, weight, 10.5)
        page.multi_cell(page.epw, 6, writable(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        page.set_y(page.get_y() + 2)


def _write_signature(page: FPDF, letter: NonReceiptLetter) -> None:
    """A line for the signature over the name, and a frame for the stamp."""
    width, height = STAMP
    top = max(page.get_y() + 8, 212.0)
    page.set_draw_color(*GREY)
    page.rect(page.w - MARGIN - width, top, width, height, round_corners=True, corner_radius=2)
    page.line(MARGIN, top + height - 12, MARGIN + 75, top + height - 12)
    page.set_font(FAMILY, "", 8.5)
    page.set_text_color(*GREY)
    page.set_xy(page.w - MARGIN - width, top + 1)
    page.cell(width, 5, "Stamp", align=Align.C)
    page.set_xy(MARGIN, top + height - 11)
    page.cell(75, 5, "Signature", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    _write_line(page, f"{fact(letter, SIGNED_BY)}, for {fact(letter, ISSUED_BY)}", "B", 10, colour=INK, height=6, width=100)


def _write_foot(page: FPDF, letter: NonReceiptLetter) -> None:
    page.set_y(-MARGIN - 2)
    page.set_font(FAMILY, "", 8)
    page.set_text_color(*GREY)
    ask = f" Questions: {fact(letter, CONTACT)}." if fact(letter, CONTACT) else ""
    page.cell(page.epw, 5, fitting(page, f"Please quote {letter.number}.{ask}", page.epw), align=Align.C)


def _write_line(
    page: FPDF, text: str, weight: str, size: float, *, colour: tuple[int, int, int], height: float, width: float = 0
) -> None:
    page.set_font(FAMILY, weight, size)
    page.set_text_color(*colour)
    wide = width or page.epw
    page.cell(wide, height, fitting(page, text, wide), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
