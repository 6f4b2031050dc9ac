"""What is kept of a picture or a PDF: what is seen, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from customer_data.documents import NotADocument, clean_document
from customer_data.file_kinds import FileKind, kind_of
from customer_data.pictures import NotAPicture, clean_picture, look_the_same
from customer_data.tests import files


# --- Kinds ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.slip(), FileKind.JPEG),
        (files.slip(format_="PNG"), FileKind.PNG),
        (files.slip(format_="WEBP"), FileKind.WEBP),
        (files.pdf(), FileKind.PDF),
        (b"\xef\xbb\xbf\n" + files.pdf(), FileKind.PDF),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", FileKind.HEIC),
        (b"GIF89a", FileKind.UNKNOWN),
        (b"<svg onload=alert(1)>", FileKind.UNKNOWN),
        (b"MZ\x90", FileKind.UNKNOWN),
        (b"", FileKind.UNKNOWN),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, kind: FileKind) -> None:
    assert kind_of(content) == kind


# --- Pictures -------------------------------------------------------------------------------------
def test_where_and_when_a_photo_was_taken_is_gone_and_it_stands_upright() -> None:
    sent = files.photo_taken_sideways_in_harare()
    assert b"Telephone 12" in sent
    clean = clean_picture(sent, FileKind.JPEG)
    kept = Image.open(io.BytesIO(clean.content))
    assert kept.size == (40, 60)
    assert not kept.getexif()
    assert not kept.getexif().get_ifd(0x8825)
    assert b"Telephone" not in clean.content
    assert b"secret" not in clean.content
    assert b"Telephone" not in clean.preview


def test_a_preview_is_small() -> None:
    assert max(Image.open(io.BytesIO(clean_picture(files.slip(), FileKind.JPEG).preview)).size) == 240


@pytest.mark.parametrize("content", [files.picture_of(60_000, 60_000), files.picture_of(10_000, 5_001)])
def test_a_picture_that_would_fill_the_memory_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture, match="too many pixels"):
        clean_picture(content, FileKind.PNG)


def test_a_damaged_picture_is_refused_in_a_sentence() -> None:
    for content in (files.slip()[:2000], files.slip(format_="PNG")[:500], b"\xff\xd8\xff"):
        with pytest.raises(NotAPicture, match="damaged"):
            clean_picture(content, kind_of(content))


@given(position=st.integers(30, 4000), value=st.integers(0, 255))
def test_a_picture_with_a_wrong_byte_is_cleaned_or_refused(position: int, value: int) -> None:
    content = bytearray(files.slip())
    content[position % len(content)] = value
    try:
        clean_picture(bytes(content), FileKind.JPEG)
    except NotAPicture:
        return


def _preview(content: bytes) -> bytes:
    return clean_picture(content, kind_of(content)).preview


@pytest.mark.parametrize(
    "again", [files.slip(quality=30), files.slip(scale=0.7), files.slip(format_="PNG"), files.slip(format_="WEBP")]
)
def test_the_same_picture_is_known_when_it_is_compressed_or_scaled(again: bytes) -> None:
    assert look_the_same(_preview(files.slip()), _preview(again))


@pytest.mark.parametrize("other", [files.slip("845.00", reference="FT99887XYZ"), files.slip(reference="FT77001QRS")])
def test_another_slip_of_the_same_bank_is_not_taken_for_it(other: bytes) -> None:
    assert not look_the_same(_preview(files.slip()), _preview(other))


# --- PDFs -----------------------------------------------------------------------------------------
def test_nothing_in_a_kept_pdf_acts_hides_or_tells() -> None:
    sent = files.pdf_that_acts()
    kept = clean_document(sent)
    for word in (
        b"JavaScript",
        b"app.alert",
        b"app.beep",
        b"attached words",
        b"EmbeddedFile",
        b"OpenAction",
        b"/AA",
        b"evil.example",
    ):
        assert word not in kept
    for word in (b"Somebody Private", b"private", b"/Annots", b"/URI"):
        assert word not in kept
    reader = PdfReader(io.BytesIO(kept))
    assert len(reader.pages) == 1
    assert not reader.attachments
    assert "/Names" not in reader.trailer["/Root"].get_object()  # type: ignore[operator]


def test_a_locked_pdf_is_refused_in_a_sentence() -> None:
    with pytest.raises(NotADocument, match="locked with a password"):
        clean_document(files.locked_pdf())


def test_a_book_is_refused() -> None:
    with pytest.raises(NotADocument, match="21 pages"):
        clean_document(files.pdf(pages=21))


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF-1.7\n%%EOF", files.pdf()[:200], b"%PDF-1.4 trailer << /Root 1 0 R >>"])
def test_a_damaged_pdf_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(NotADocument):
        clean_document(content)


@given(position=st.integers(0, 5000), value=st.integers(0, 255))
def test_a_pdf_with_a_wrong_byte_is_cleaned_or_refused(position: int, value: int) -> None:
    content = bytearray(files.pdf_that_acts())
    content[position % len(content)] = value
    try:
        clean_document(bytes(content))
    except NotADocument:
        return


def test_the_reader_of_files_keeps_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clean_document(files.pdf())
    clean_picture(files.slip(), FileKind.JPEG)
    assert list(tmp_path.iterdir()) == []
