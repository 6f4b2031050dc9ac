"""What is done to a picture that somebody hands in: drawn anew without what the camera wrote into it, made small, compared."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps, UnidentifiedImageError

from customer_data.file_kinds import PICTURES, FileKind

MOST_PIXELS = 50_000_000
"""More than any phone's camera takes by default. A small file can hold a picture that fills the memory."""

LONGEST_SIDE = 2400
PREVIEW_SIDE = 240
PATCH_SIDE, PATCH_MARGIN = 6, 3
LIKENESS_SIDE = 16
LIKENESS_MARGIN = 6
"""Grey levels. Paper is not evenly white: what differs by less would be another bit each time a photo is compressed."""

_TOO_MANY_PIXELS = "This picture has too many pixels. Please send a screenshot of it instead."
_FORMATS = {FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.WEBP: "WEBP"}


class NotAPicture(Exception):
    """It cannot be read, or is too large to be read safely. The message is a sentence for the one who sent it."""


@dataclass(frozen=True)
class CleanPicture:
    """A picture with nothing in it but what is seen. `likeness`: 256 bits in hex, to be compared with `differs_by`."""

    content: bytes
    media_type: str
    preview: bytes
    likeness: str


def clean_picture(content: bytes, kind: FileKind) -> CleanPicture:
    """The picture upright, without position, time or camera, no larger than a screen. Raises NotAPicture."""
    picture = _read(content, kind)
    upright = ImageOps.exif_transpose(picture) or picture
    plain = _on_white(upright)
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    small = plain.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    # Text on a screenshot stays sharp as PNG; a photo is a JPEG, and so is what came as WebP.
    as_kind = FileKind.PNG if kind == FileKind.PNG else FileKind.JPEG
    return CleanPicture(_written(plain, as_kind), as_kind.value, _written(small, FileKind.JPEG), _likeness(plain))


def differs_by(one: str, other: str) -> int:
    """In how many of 256 places two likenesses differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def look_the_same(preview: bytes, other: bytes) -> bool:
    """Whether two previews show one picture: nowhere does a patch of the size of a letter differ.

    Two slips of one bank have nearly the same likeness; their names, amounts and dates tell them apart here. Measured: the same
    screenshot compressed or scaled again differs by 2 grey levels, one other letter in a reference by 6, another slip by 20.
    """
    one, two = (Image.open(io.BytesIO(each), formats=["JPEG"]).convert("L") for each in (preview, other))
    if max(abs(one.width - two.width), abs(one.height - two.height)) > 2:
        return False
    blurred = (each.filter(ImageFilter.GaussianBlur(1)) for each in (one, two.resize(one.size)))
    patches = (max(1, one.width // PATCH_SIDE), max(1, one.height // PATCH_SIDE))
    return max(ImageChops.difference(*blurred).resize(patches, Image.Resampling.BOX).tobytes()) <= PATCH_MARGIN


def _read(content: bytes, kind: FileKind) -> Image.Image:
    if kind not in PICTURES:
        raise NotAPicture("This is not a picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit, just below, is lower
            picture = Image.open(io.BytesIO(content), formats=[_FORMATS[kind]])
            if picture.width * picture.height > MOST_PIXELS:
                raise NotAPicture(_TOO_MANY_PIXELS)
            picture.load()
    except Image.DecompressionBombError as error:
        raise NotAPicture(_TOO_MANY_PIXELS) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise NotAPicture("This picture is damaged and cannot be opened. Please take it again and send it once more.") from error
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, colour profile, comments or further frames: only the pixels are copied."""
    shown = picture.convert("RGBA")
    paper = Image.new("RGB", shown.size, "white")
    paper.paste(shown, mask=shown.getchannel("A"))
    return paper


def _written(picture: Image.Image, kind: FileKind) -> bytes:
    file = io.BytesIO()
    options = {"quality": 85} if kind == FileKind.JPEG else {"optimize": True}
    picture.save(file, _FORMATS[kind], **options)
    return file.getvalue()


def _likeness(picture: Image.Image) -> str:
    """The difference hash: where a cell is clearly brighter than the one to its right. Scaling and compression leave it as it is.

    After Neal Krawetz, https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
    """
    cells = picture.convert("L").resize((LIKENESS_SIDE + 1, LIKENESS_SIDE), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(LIKENESS_SIDE):
        for column in range(LIKENESS_SIDE):
            at = row * (LIKENESS_SIDE + 1) + column
            bits = bits << 1 | (cells[at] > cells[at + 1] + LIKENESS_MARGIN)
    return f"{bits:064x}"
