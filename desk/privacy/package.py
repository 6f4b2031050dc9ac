"""Everything about one customer as one file to hand over: JSON for machines, a page for people, and the slips as they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from customer_data.models import Customer
from desk.privacy.gathering import Everything, everything_about

ABOUT_A_CUSTOMER = "customer"
"""What such an export is of, where lists are of payments or bookings."""

MAY_EXPORT_CUSTOMER = "customer_data.export_customer"

PIECE = 1_000_000
"""Bytes of a part of the file, as `desk.exporting` keeps them."""


def write_package(customer: Customer, path: Path) -> int:
    """Write the zip to `path`. Returns how many rows are in it. Nobody else's data, and nothing of staff, is in it."""
    everything = everything_about(customer)
    with ZipFile(path, "w", ZIP_DEFLATED) as package:
        package.writestr("data.json", json.dumps(_as_json(everything), indent=2, ensure_ascii=False, default=_plain))
        package.writestr("read-me-first.html", _as_page(everything))
        for name, content in everything.files():
            package.writestr(name, content)
    return sum(len(section.rows) for section in everything.sections)


def pieces_of(path: Path) -> Iterator[bytes]:
    """The file in parts that fit into a row each."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _as_json(everything: Everything) -> dict[str, Any]:
    sections = {section.title: section.rows for section in everything.sections}
    return {"from": settings.BUSINESS_NAME, "made": timezone.now(), "customer": everything.customer, **sections}


def _as_page(everything: Everything) -> str:
    facts = {
        "business": settings.BUSINESS_NAME,
        "contact": settings.BUSINESS_CONTACT,
        "made": timezone.localtime(),
        "customer": everything.customer,
        "sections": [
            (section.title, [[(name, _in_words(value)) for name, value in row.items()] for row in section.rows])
            for section in everything.sections
        ],
    }
    return render_to_string("desk/customer_package.html", facts)


def _in_words(value: Any) -> str:
    match value:
        case datetime():
            return f"{timezone.localtime(value):%d %b %Y, %H:%M}"
        case date():
            return f"{value:%d %b %Y}"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=_plain) if value else ""
        case _:
            return str(value)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else f"{value:.2f}" if isinstance(value, Decimal) else str(value)
