"""What a file is, by its first bytes: names and declared types are what the sender says. Pure."""

from enum import StrEnum


class FileKind(StrEnum):
    """Kinds we tell apart; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"
    UNKNOWN = ""


PICTURES = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.WEBP})
"""What we can look at and clean."""

MOST_BYTES = 5 * 1024 * 1024
"""Of a proof. WhatsApp itself takes photos of up to 5 MB; a scanned slip is far smaller."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})
_PDF_STARTS_WITHIN = 1024


def kind_of(content: bytes) -> FileKind:
    """What `content` is. A PDF may have some bytes before its mark, as every reader of PDFs allows."""
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return FileKind.WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return FileKind.HEIC
    if b"%PDF-" in content[:_PDF_STARTS_WITHIN]:
        return FileKind.PDF
    return FileKind.UNKNOWN
