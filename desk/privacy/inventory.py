"""The table of personal data as people read it, made from what is written down in `fields`, `purposes` and the timetable."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings

from desk.privacy.fields import FIELDS
from desk.privacy.purposes import PURPOSES, Purpose

HEAD = ("What", "Fields", "Why", "How long", "Who sees it", "Where it goes", "When the customer is erased")


def table() -> str:
    """Markdown: one row for each kind of row that holds personal data of customers."""
    lines = [HEAD, ("---",) * len(HEAD), *_rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _rows() -> Iterator[tuple[str, ...]]:
    for label, purpose in PURPOSES.items():
        fields = ", ".join(f"`{name}`" for name in FIELDS[label].personal_ones)
        what = str(apps.get_model(label)._meta.verbose_name)
        yield (
            f"{what[:1].upper()}{what[1:]}",
            fields,
            purpose.why,
            _how_long(purpose),
            purpose.sees,
            purpose.goes_to,
            purpose.erased,
        )


def _how_long(purpose: Purpose) -> str:
    return f"{settings.KEEP_DAYS[purpose.days]} days" if purpose.days else purpose.how_long
