"""Everything that is kept about one customer, section by section, as plain values. Of other people, and of staff, nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from customer_data.models import Change, Customer, Denial, Payment
from customer_data.money import show_amount
from customer_data.privacy import ERASED, Known, known_of, whose
from desk.privacy.erasing import statement_lines_of, updates_of_payments
from flows import privacy as talk
from flows.models import Conversation

SOMEBODY_ELSE = "somebody else"
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """`rows` in the order in which things happened; empty where there is nothing."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Everything:
    """`files`: what they handed in, cleaned, by name."""

    customer: int
    sections: tuple[Section, ...]
    files: Callable[[], Iterator[tuple[str, bytes]]]


def everything_about(customer: Customer) -> Everything:
    """All sections, with the names, numbers and addresses of everybody else taken out of the texts."""
    others = [known_of(person) for person in whose.people_beside(customer)]
    sections = tuple(Section(title, tuple(_without(others, row) for row in rows(customer))) for title, rows in _SECTIONS.items())
    return Everything(customer.pk, sections, lambda: _files(customer))


def _without(others: Iterable[Known], row: Row) -> Row:
    return {name: _leaves(others, value) for name, value in row.items()}


def _leaves(others: Iterable[Known], value: Any) -> Any:
    for known in others:
        value = known.leaves_of(value)
    return value


# --- Who they are ---------------------------------------------------------------------------------
def _person(customer: Customer) -> Iterator[Row]:
    known = known_of(customer)
    yield {
        "Name": customer.name,
        "Phone": customer.phone,
        "WhatsApp number": customer.wa_id or "",
        "WhatsApp's id of them": customer.bsuid or "",
        "E-mail": customer.email,
        "Known since": customer.created_at,
        "Every name that was ever kept": sorted(known.names),
        "Every number that was ever kept": sorted(known.numbers),
        "Every address that was ever kept": sorted(known.addresses),
    }


def _changes(customer: Customer) -> Iterator[Row]:
    for entry in Change.objects.filter(table_name=Customer._meta.db_table, row_id=str(customer.pk)).order_by("pk"):
        yield {"When": entry.at, "What": entry.get_operation_display(), "Before": entry.before or {}, "After": entry.after or {}}


def _denials(customer: Customer) -> Iterator[Row]:
    """That they are refused, and since when. Why stays with staff: it would help who tries to get around it."""
    values = [*known_of(customer).addresses, *(f"+{number}" for number in known_of(customer).numbers)]
    for denial in Denial.objects.filter(Q(customer=customer) | Q(value__in=values)).order_by("pk"):
        yield {"Since": denial.added_at, "What": denial.get_kind_display(), "Until": denial.ends_at or denial.lifted_at or ""}


# --- What they booked and paid --------------------------------------------------------------------
def _bookings(customer: Customer) -> Iterator[Row]:
    for booking in whose.bookings_of(customer).select_related("departure__tour").order_by("pk"):
        yield {
            "Booking": booking.booking_reference,
            "What": booking.title,
            "Made": booking.created_at,
            "Trip date": booking.departure.starts_on if booking.departure else "",
            "Travellers": booking.travellers or "",
            "Costs": show_amount(booking.total_amount, booking.currency),
            "Paid": show_amount(booking.amount_paid, booking.currency),
            "Status": booking.get_payment_status_display(),
            "Cancelled": booking.cancelled_at or "",
            "Why it was cancelled": booking.cancel_reason,
        }


def _payments(customer: Customer) -> Iterator[Row]:
    for payment in whose.payments_of(customer).select_related("booking").order_by("created_at"):
        theirs = _is_paid_by(customer, payment)
        is_for_them = payment.booking.customer_id == customer.pk
        yield {
            "Reference": payment.reference,
            "For booking": payment.booking.booking_reference if is_for_them else f"one of {SOMEBODY_ELSE}",
            "Paid by": "this customer" if theirs else SOMEBODY_ELSE,
            "Amount": payment.amount_shown,
            "Way to pay": payment.payment_method,
            "Number": payment.phone if theirs else "",
            "E-mail": payment.email if theirs else "",
            "Status": payment.get_status_display(),
            "Asked for": payment.created_at,
            "Ended": payment.processed_at or "",
            "Gateway": payment.gateway,
            "Gateway's reference": payment.gateway_reference,
            "What the customer was told to do": payment.instructions if theirs else "",
            "Notes": payment.notes,
        }


def _events(customer: Customer) -> Iterator[Row]:
    for event in whose.events_of(customer).select_related("payment").order_by("pk"):
        yield {
            "Payment": event.payment.reference,
            "When": event.created_at,
            "From": event.from_status,
            "To": event.to_status,
            "Through": event.source,
            "Why": event.reason,
        }


def _refunds(customer: Customer) -> Iterator[Row]:
    for refund in whose.refunds_of(customer).select_related("payment").order_by("pk"):
        yield {
            "Refund": refund.reference,
            "Of payment": refund.payment.reference,
            "Amount": refund.amount_shown,
            "Status": refund.get_status_display(),
            "Asked for": refund.requested_at,
            "Why": refund.reason,
            "Paid back": refund.done_at or "",
            "Paid back under": refund.proof_of_payment,
        }


def _receipts(customer: Customer) -> Iterator[Row]:
    papers: tuple[Any, ...] = (*whose.receipts_of(customer).order_by("pk"), *whose.letters_of(customer).order_by("pk"))
    for paper in papers:
        payment = paper.payment
        hidden = set() if _is_paid_by(customer, payment) else {"Received from", "Payer", "Payer's number", "Paid with"}
        hidden |= set() if payment.booking.customer_id == customer.pk else {"For", "Booking", "Booked", "Travellers", "Trip date"}
        hidden |= {"Signed by"}
        yield {"Paper": str(paper), **{label: SOMEBODY_ELSE if label in hidden else text for label, text in paper.facts}}


def _is_paid_by(customer: Customer, payment: Payment) -> bool:
    return (payment.payer_id or payment.booking.customer_id) == customer.pk


def _disputes(customer: Customer) -> Iterator[Row]:
    for dispute in whose.disputes_of(customer).select_related("payment").order_by("pk"):
        yield {
            "Payment": dispute.payment.reference,
            "Status": dispute.get_status_display(),
            "Opened": dispute.opened_at,
            "What was answered": dispute.answer,
        }


def _proofs(customer: Customer) -> Iterator[Row]:
    for proof in whose.own_proofs_of(customer).select_related("booking").order_by("pk"):
        yield {
            "Handed in": proof.submitted_at,
            "Kind": proof.get_kind_display(),
            "For booking": proof.booking.booking_reference if proof.booking else "",
            "Words": proof.text,
            "Amount claimed": proof.claimed_amount if proof.claimed_amount is not None else "",
            "Reference claimed": proof.claimed_reference,
            "Status": proof.get_status_display(),
            "Decision": proof.decision,
            "What spoke against it": proof.findings,
            "File": _file_name(proof.pk, proof.file.media_type) if hasattr(proof, "file") else "",
        }


def _lines(customer: Customer) -> Iterator[Row]:
    own = Q(payment__in=whose.paid_by(customer)) | Q(refund__in=whose.refunds_of(customer))
    for line in statement_lines_of(customer).filter(own).order_by("pk"):
        yield {"Day": line.day, "Amount": show_amount(line.amount, line.currency), "Words": line.words, "Reference": line.reference}


def _updates_of_payments(customer: Customer) -> Iterator[Row]:
    own = updates_of_payments(customer).filter(payment__in=whose.paid_by(customer))
    for update in own.order_by("pk"):
        yield {"When": update.received_at, "Payment": update.reference, "What the gateway said": _without_hash(update.body)}


def _without_hash(body: str) -> str:
    return "&".join(part for part in body.split("&") if not part.lower().startswith("hash="))


# --- What was said --------------------------------------------------------------------------------
def _written(customer: Customer) -> Iterator[Row]:
    for said in talk.incoming_of(customer).order_by("pk"):
        yield {"When": said.sent_at, "Kind": said.kind, "Words": said.text}


def _told(customer: Customer) -> Iterator[Row]:
    for told in talk.messages_of(customer).order_by("pk"):
        yield {"When": told.created_at, "Kind": told.kind, "Words": told.body, "Status": told.get_status_display()}


def _talk(customer: Customer) -> Iterator[Row]:
    for where in Conversation.objects.filter(customer=customer):
        yield {
            "Language": where.language,
            "Told what is done with their data": where.notice_given_at or "",
            "Said STOP (no reminders)": where.muted_at or "",
            "Asked for a person": where.wants_person_since or "",
            "Last wrote": where.last_heard_at or "",
            "Answers so far": where.answers,
        }


def _forms(customer: Customer) -> Iterator[Row]:
    for form in talk.sessions_of(customer).order_by("pk"):
        yield {"Form": form.flow_name, "Sent": form.created_at, "Opened": form.opened_at or "", "Typed": form.typed}


def _sent_files(customer: Customer) -> Iterator[Row]:
    for sent in talk.files_of(customer).order_by("pk"):
        yield {"Sent": sent.created_at, "Words beside it": sent.caption, "What became of it": sent.get_outcome_display()}


def _raw(customer: Customer) -> Iterator[Row]:
    for update in talk.updates_of(customer).order_by("pk"):
        yield {"When": update.received_at, "What WhatsApp handed over": update.body}


def _matters(customer: Customer) -> Iterator[Row]:
    for concern in whose.concerns_of(customer).order_by("pk"):
        yield {
            "When": concern.created_at,
            "What": concern.get_kind_display(),
            "Words": concern.sentence,
            "Solved": concern.solved_at or "",
            "How": concern.solution,
        }


def _files(customer: Customer) -> Iterator[tuple[str, bytes]]:
    for file in whose.proof_files_of(customer).iterator(chunk_size=1):
        yield _file_name(file.proof_id, file.media_type), bytes(file.content)


def _file_name(proof: int, media_type: str) -> str:
    return f"slips/{proof}.{media_type.rpartition('/')[2]}"


_SECTIONS: Mapping[str, Callable[[Customer], Iterable[Row]]] = {
    "Who they are": _person,
    "Bookings": _bookings,
    "Payments": _payments,
    "What happened to the payments": _events,
    "Refunds": _refunds,
    "Disputes": _disputes,
    "Receipts and letters": _receipts,
    "Slips and forwarded messages": _proofs,
    "Lines of our bank statements": _lines,
    "What the gateway told us": _updates_of_payments,
    "The talk": _talk,
    "What they wrote": _written,
    "What they were told": _told,
    "Photos and PDFs in the chat": _sent_files,
    "Forms": _forms,
    "What WhatsApp handed over": _raw,
    "Matters that a person looked at": _matters,
    "Entries of the deny list": _denials,
    "How their own row changed": _changes,
}
"""Titles as the customer reads them."""

__all__ = ["ERASED", "Everything", "Section", "everything_about"]
