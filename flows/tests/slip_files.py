"""Photos and PDFs as customers send them, for tests; what WhatsApp keeps of them, and the row that says to fetch it."""

from __future__ import annotations

import base64
import io
from functools import cache
from itertools import count
from typing import Any

from django.utils import timezone
from fpdf import FPDF
from PIL import Image

from customer_data.models import Customer
from flows.models import SentFile
from flows.simulator import GraphSimulator

_numbers = count(1)


def photo(shade: int = 120) -> bytes:
    """A JPEG; another shade is another photo."""
    file = io.BytesIO()
    picture = Image.new("RGB", (64, 48), (shade, 90, 40))
    picture.putpixel((shade % 64, shade % 48), (255, 255, 255))
    picture.save(file, "JPEG", quality=95)
    return file.getvalue()


@cache
def pdf() -> bytes:
    """The same each time: its date is in it."""
    page = FPDF()
    page.add_page()
    page.set_font("helvetica", size=14)
    page.cell(text="Transfer of US$ 115.50")
    return bytes(page.output())


def at_whatsapp(graph: GraphSimulator, content: bytes, *, kind: str = "image", mime_type: str = "image/jpeg") -> str:
    """WhatsApp's id of a file that a customer has sent."""
    return graph.files.keep_sent(kind, name="slip", mime_type=mime_type, content=base64.b64encode(content).decode()).id


def sent_file(customer: Customer, media_id: str, **facts: Any) -> SentFile:
    """As the chat writes it for a photo: due now."""
    defaults = {"wamid": f"wamid.file{next(_numbers)}", "next_try_at": timezone.now()}
    return SentFile.objects.create(customer=customer, media_id=media_id, **(defaults | facts))
