"""Everything that happened to a payment, in one list. The other parts of the house add their lines by `add_timeline`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from customer_data.admin.desk import link_to
from customer_data.admin.page import MOST_LINES, Reading, TimelineLine, add_timeline, timelines_of
from customer_data.admin.wording import COLOUR_OF, gateway_label
from customer_data.models import (
    Concern,
    Dispute,
    NonReceiptLetter,
    Payment,
    PaymentEvent,
    Proof,
    Receipt,
    Transfer,
)
from customer_data.money import show_amount
from customer_data.receipts import AMOUNT, fact
from customer_data.status import Status

LETTER_PDF = "admin:customer_data_letter_pdf"

ORDER, OLDEST = "timeline", "oldest"
"""In the address of the page: read it from its beginning."""

KINDS = {
    "system": ("By itself", "schedule"),
    "gateway": ("Gateway", "account_balance"),
    "customer": ("Customer", "person"),
    "message": ("Message", "chat"),
    "staff": ("Staff", "badge"),
    "money": ("Money", "payments"),
    "concern": ("Needs a person", "flag"),
    "paper": ("Paper", "description"),
}
"""What a line is about: how that is called, and its icon."""

_THROUGH = {
    "flow": "in the form",
    "chat": "in the chat",
    "api": "through the API",
    "admin": "at the desk",
    "task": "by itself",
    "sweep": "by the clock",
    "command": "by a command",
}

_MEANING = {
    Status.CREATED: "The payment was asked for. Nothing has left us yet.",
    Status.SENDING: "{gateway} is asked for the money.",
    Status.PENDING: "{gateway} has taken the request, and the customer is asked to pay.",
}


_ICON_OF = {
    Status.CREATED: "add_circle",
    Status.SENDING: "send",
    Status.PENDING: "hourglass_top",
    Status.SUCCESSFUL: "check_circle",
    Status.FAILED: "cancel",
    Status.CANCELLED: "cancel",
    Status.EXPIRED: "timer_off",
    Status.DISPUTED: "gavel",
    Status.REFUNDED: "undo",
}

_TOLD_BY_ITS_ROW = {"transfer", "letter"}
"""Marks in the details of an event about which a line with links comes from the row itself."""


@dataclass(frozen=True)
class Shown:
    """One line as the page shows it."""

    line: TimelineLine
    kind: str
    icon: str


@dataclass(frozen=True)
class Timeline:
    """The lines from the end that was asked for; `is_cut` when there are more."""

    lines: tuple[Shown, ...]
    is_oldest_first: bool
    is_cut: bool
    most: int = MOST_LINES


def timeline_of(row: Any, request: HttpRequest) -> Timeline:
    """What this user may read of what happened to `row`. Each source is asked once."""
    reading = Reading(is_oldest_first=request.GET.get(ORDER) == OLDEST)
    found = [line for source in timelines_of(type(row), request.user) for line in source(row, reading)]
    found.sort(key=lambda line: line.at, reverse=not reading.is_oldest_first)
    lines = tuple(_shown(line) for line in found[: reading.most])
    return Timeline(lines, is_oldest_first=reading.is_oldest_first, is_cut=len(found) > reading.most)


def _shown(line: TimelineLine) -> Shown:
    kind, icon = KINDS[line.kind]
    return Shown(line, kind, line.icon or icon)


def link(row: Any, text: str) -> str:
    """A link to a row's own page, for a line's title."""
    return format_html('<a href="{}">{}</a>', *link_to(row, text))


# --- The trail ------------------------------------------------------------------------------------
def _events(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    for event in reading.first_of(PaymentEvent.objects.filter(payment=payment), "created_at"):
        if _TOLD_BY_ITS_ROW & event.details.keys():
            continue
        kind = _kind_of(event)
        yield TimelineLine(
            at=event.created_at,
            kind=kind,
            title=_title(event, kind),
            words=event.reason or _meaning(event, payment),
            who=event.actor or _THROUGH.get(event.source, event.source),
            colour=COLOUR_OF[Status(event.to_status)] if event.is_move else "",
            icon=_ICON_OF.get(Status(event.to_status), "") if event.is_move else "",
        )


def _kind_of(event: PaymentEvent) -> str:
    if "refund" in event.details:
        return "money"
    if event.actor:
        return "staff"
    if "gateway_status" in event.details:
        return "gateway"
    if "answer_to" in event.details or event.source in ("chat", "flow"):
        return "customer"
    return "system"


def _meaning(event: PaymentEvent, payment: Payment) -> str:
    """What a move means of which nobody said more."""
    return _MEANING.get(Status(event.to_status), "").format(gateway=gateway_label(payment)) if event.is_move else ""


def _title(event: PaymentEvent, kind: str) -> str:
    end = Status(event.to_status).label
    if event.is_move:
        return f"{Status(event.from_status).label} → {end}" if event.from_status in Status.values else f"{end} (new)"
    said = {"gateway": "The gateway answered", "customer": "The customer asks", "staff": "Done by staff", "money": "Refund"}
    return f"{said.get(kind, 'Noted')}, still {end.lower()}"


# --- What needs a person --------------------------------------------------------------------------
def _concerns(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    matters = Concern.objects.filter(payment=payment).select_related("taken_by", "solved_by")
    for matter in reading.first_of(matters, "created_at"):
        name = matter.get_kind_display()
        yield TimelineLine(matter.created_at, "concern", link(matter, name), matter.sentence, colour="warning")
        if matter.taken_at:
            yield TimelineLine(matter.taken_at, "concern", f"Taken: {name}", who=_name(matter.taken_by))
        if matter.solved_at:
            yield TimelineLine(
                matter.solved_at, "concern", f"Solved: {name}", matter.solution, _name(matter.solved_by), colour="success"
            )


def _disputes(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    for case in reading.first_of(Dispute.objects.filter(payment=payment), "opened_at"):
        words = f"To be answered before {_date(case.deadline)}."
        yield TimelineLine(case.opened_at, "concern", "Dispute opened", words, colour="warning", icon="gavel")
        if case.closed_at:
            yield TimelineLine(case.closed_at, "concern", "Dispute decided", case.get_status_display(), icon="gavel")


# --- Money that counts elsewhere ------------------------------------------------------------------
def _transfers(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    moved = Transfer.objects.filter(payment=payment).select_related("from_booking", "to_booking", "made_by")
    for transfer in reading.first_of(moved, "made_at"):
        title = format_html(
            "Moved from {} to {}",
            link(transfer.from_booking, transfer.from_booking.booking_reference),
            link(transfer.to_booking, transfer.to_booking.booking_reference),
        )
        yield TimelineLine(
            transfer.made_at, "money", title, transfer.reason, _name(transfer.made_by), colour="info", icon="move_up"
        )


# --- Papers ---------------------------------------------------------------------------------------
def _receipts(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    for receipt in reading.first_of(Receipt.objects.filter(payment=payment), "issued_at"):
        title = format_html("Receipt {}", link(receipt, receipt.number_shown))
        yield TimelineLine(receipt.issued_at, "paper", title, fact(receipt, AMOUNT), icon="receipt_long")


def _proofs(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    handed_in = Proof.objects.filter(payment=payment) | Proof.objects.filter(settled=payment)
    for proof in reading.first_of(handed_in.select_related("submitted_by", "decided_by", "settled"), "submitted_at"):
        who = _name(proof.submitted_by) or "the customer"
        words = " ".join([_claim(proof), *map(str, proof.findings)]).strip()
        colour = "warning" if proof.findings else ""
        yield TimelineLine(proof.submitted_at, "paper", f"Proof: {proof.get_kind_display()}", words, who, colour, "attach_file")
        if proof.decided_at:
            good = proof.status == "approved"
            decided = f"Proof {proof.get_status_display().lower()}"
            yield TimelineLine(
                proof.decided_at, "staff", decided, _decision(proof), _name(proof.decided_by), "success" if good else "danger"
            )


def _claim(proof: Proof) -> str:
    claimed = "" if proof.claimed_amount is None else show_amount(proof.claimed_amount, proof.claimed_currency or "USD")
    parts = [part for part in (claimed, proof.claimed_reference) if part]
    return f"It claims {', '.join(parts)}." if parts else ""


def _decision(proof: Proof) -> str:
    if proof.received_amount is None or proof.settled is None:
        return proof.decision
    return f"{show_amount(proof.received_amount, proof.settled.currency)} received. {proof.received_reference}".strip()


def _letters(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    for letter in reading.first_of(NonReceiptLetter.objects.filter(payment=payment).select_related("written_by"), "written_at"):
        title = format_html("Non-receipt letter {}", link(letter, letter.number))
        words = format_html('{} <a href="{}">Open the PDF</a>', letter.reason, reverse(LETTER_PDF, args=(letter.pk,)))
        yield TimelineLine(letter.written_at, "paper", title, words, _name(letter.written_by), icon="mail")


def _name(user: Any) -> str:
    return "" if user is None else user.get_username()


def _date(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M}"


_SOURCES: Iterable[tuple[Any, Any]] = (
    (_events, Payment),
    (_concerns, Concern),
    (_disputes, Dispute),
    (_transfers, Payment),
    (_receipts, Receipt),
    (_proofs, Proof),
    (_letters, NonReceiptLetter),
)
for _source, _model in _SOURCES:
    add_timeline(Payment, _source, seen_with=_model)
