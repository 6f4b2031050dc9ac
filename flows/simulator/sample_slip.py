"""A picture of a bank's slip, drawn here: nobody's, and no real bank's."""

import io
from datetime import date

from PIL import Image, ImageDraw, ImageFont

SIZE = (480, 340)
PAPER, INK, FAINT, HEAD = "#fbfaf5", "#1b2b26", "#6b7a74", "#1f5c4d"


def sample_slip() -> bytes:
    """As PNG."""
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    large, small = ImageFont.load_default(24), ImageFont.load_default(17)
    draw.rectangle((0, 0, SIZE[0], 62), fill=HEAD)
    draw.text((24, 18), "Example Bank", fill="white", font=large)
    rows = (("Transfer", "Done"), ("Date", f"{date.today():%d %b %Y}"), ("Amount", "As asked for"), ("Reference", "As asked for"))  # noqa: DTZ011
    for number, (name, value) in enumerate(rows):
        draw.text((24, 92 + 48 * number), name, fill=FAINT, font=small)
        draw.text((180, 92 + 48 * number), value, fill=INK, font=small)
    draw.text((24, 298), "A sample. No bank made it, and no money moved.", fill=FAINT, font=small)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
