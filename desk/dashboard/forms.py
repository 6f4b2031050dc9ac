"""Where customers drop out of the forms in the chat: of those sent in the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from desk.figures import forms_since
from desk.health import form_label
from desk.models import DayForms

DAYS = 7
_STEPS = {
    "payment_whatsapp_flow": (
        ("sent", "Form sent"),
        ("opened", "Opened"),
        ("submitted", "Sent back"),
        ("asked", "Asked on the phone"),
        ("paid", "Paid"),
    ),
    "booking_whatsapp_flow": (("sent", "Form sent"), ("opened", "Opened"), ("submitted", "Booked")),
}


@dataclass(frozen=True)
class Step:
    """How many came this far; `percent` of those sent, `lost` since the step before."""

    label: str
    count: int
    percent: int
    lost: int


@dataclass(frozen=True)
class Form:
    label: str
    is_test: bool
    steps: tuple[Step, ...]


def forms(today: date) -> list[Form]:
    """Each form that was sent; test money apart."""
    rows = forms_since(today - timedelta(days=DAYS - 1))
    return [
        Form(form_label(name), is_test, tuple(_steps(name, of_kind)))
        for is_test in (False, True)
        for name in _STEPS
        if (of_kind := [row for row in rows if row.flow_name == name and row.is_test is is_test])
    ]


def _steps(name: str, rows: Sequence[DayForms]) -> list[Step]:
    steps: list[Step] = []
    for field, label in _STEPS[name]:
        count = sum(getattr(row, field) for row in rows)
        before = steps[-1].count if steps else count
        sent = steps[0].count if steps else count
        steps.append(Step(label, count, count * 100 // sent if sent else 0, before - count))
    return steps
