"""Proofs of payment: taken in, cleaned and compared. A proof by itself moves no money; a person decides about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from customer_data.documents import NotADocument, clean_document
from customer_data.file_kinds import MOST_BYTES, FileKind, kind_of
from customer_data.gateway import gateways
from customer_data.models import Booking, Concern, ConcernKind, Customer, Payment, Proof, ProofFile, ProofKind
from customer_data.money import Currency
from customer_data.pictures import NotAPicture, clean_picture
from customer_data.services.proof_decisions import CannotDecide, approve, match, reject
from customer_data.services.proof_findings import findings_of, normal_reference
from customer_data.status import OPEN
from customer_data.wallet_messages import read_wallet_message

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["CannotDecide", "Claim", "NotAProof", "approve", "hand_in", "match", "reject"]

LONGEST_TEXT = 4_000


class NotAProof(Exception):
    """What was handed in cannot be kept: wrong kind of file, too large, unreadable. The sentence is for customers too."""


@dataclass(frozen=True)
class Claim:
    """What the person who hands in says was paid. `amount` None, `currency` and `reference` empty, `on` None: not said."""

    amount: Decimal | None = None
    currency: str = ""
    reference: str = ""
    on: date | None = None


@dataclass(frozen=True)
class _Cleaned:
    """What is kept of a file."""

    content: bytes = b""
    media_type: str = ""
    preview: bytes | None = None
    likeness: str = ""


def hand_in(
    *,
    booking: Booking | None,
    customer: Customer | None,
    content: bytes = b"",
    text: str = "",
    wamid: str | None = None,
    submitted_by: User | None = None,
    claimed: Claim | None = None,
    is_cash: bool = False,
) -> Proof:
    """Keep what was handed in, cleaned, with what speaks against it. The same chat message twice is the same proof.

    `content`: the file's bytes as they came; empty for a forwarded message (`text`) or counted cash (`is_cash`). Without
    `claimed`, what a forwarded wallet message says is taken. It hangs on the booking's open payment of a gateway whose payments
    a person decides, where there is one. Raises NotAProof.
    """
    kept = Proof.objects.filter(wamid=wamid).first() if wamid else None
    if kept is not None:
        return kept
    words = text.replace("\0", "").encode("utf-8", "ignore").decode()[:LONGEST_TEXT]
    cleaned = _clean(content)
    facts = {
        "kind": _kind(cleaned, words, is_cash=is_cash),
        "booking": booking,
        "customer": customer or (booking.customer if booking is not None else None),
        "payment": _open_payment(booking),
        "text": words,
        "fingerprint": hashlib.sha256(content).hexdigest() if content else "",
        "likeness": cleaned.likeness,
        "submitted_by": submitted_by,
        **_claim_facts(claimed or _claim_in(words)),
    }
    return _keep(facts, cleaned, wamid=wamid)


# --- What it is -----------------------------------------------------------------------------------
def _clean(content: bytes) -> _Cleaned:
    """What may be kept of the file. Done before any row is touched: it takes a moment."""
    if not content:
        return _Cleaned()
    if len(content) > MOST_BYTES:
        raise NotAProof("This file is larger than 5 MB. Please send a screenshot, or a smaller photo.")
    kind = kind_of(content)
    try:
        if kind == FileKind.PDF:
            return _Cleaned(clean_document(content), kind.value)
        if kind == FileKind.HEIC:
            raise NotAProof("We cannot open HEIC photos. Please send a screenshot of it, or the photo as JPEG.")
        if kind == FileKind.UNKNOWN:
            raise NotAProof(
                "We can only take a photo (JPEG, PNG or WebP) or a PDF. Please send a photo or a screenshot of the slip."
            )
        picture = clean_picture(content, kind)
    except (NotADocument, NotAPicture) as error:
        raise NotAProof(str(error)) from error
    return _Cleaned(picture.content, picture.media_type, picture.preview, picture.likeness)


def _kind(cleaned: _Cleaned, text: str, *, is_cash: bool) -> ProofKind:
    if is_cash:
        return ProofKind.CASH
    if cleaned.media_type:
        return ProofKind.PDF if cleaned.media_type == FileKind.PDF else ProofKind.PICTURE
    if text.strip():
        return ProofKind.MESSAGE
    raise NotAProof("There is nothing in it. Please send a photo, a screenshot or a PDF of the slip.")


def _claim_in(text: str) -> Claim:
    message = read_wallet_message(text)
    if message is None:
        return Claim()
    return Claim(message.amount, message.currency, message.code, message.at.date() if message.at else None)


def _claim_facts(claim: Claim) -> dict[str, Any]:
    return {
        "claimed_amount": claim.amount if claim.amount is not None and claim.amount > 0 else None,
        "claimed_currency": claim.currency if claim.currency in Currency.values else "",
        "claimed_reference": normal_reference(claim.reference),
        "claimed_on": claim.on,
    }


def _open_payment(booking: Booking | None) -> Payment | None:
    """The open payment that a person of ours decides about."""
    reviewed = [gateway.name for gateway in gateways() if gateway.capabilities().is_reviewed]
    return Payment.objects.filter(booking=booking, status__in=OPEN, gateway__in=reviewed).first() if booking is not None else None


# --- Keeping it -----------------------------------------------------------------------------------
@transaction.atomic
def _keep(facts: dict[str, Any], cleaned: _Cleaned, *, wamid: str | None) -> Proof:
    if wamid:
        proof, is_new = Proof.objects.get_or_create(wamid=wamid, defaults=facts)
        if not is_new:  # another worker was faster with the same message
            return proof
    else:
        proof = Proof.objects.create(**facts)
    if cleaned.content:
        size = len(cleaned.content)
        ProofFile.objects.create(
            proof=proof, content=cleaned.content, media_type=cleaned.media_type, size=size, preview=cleaned.preview
        )
    _compare(proof)
    return proof


def _compare(proof: Proof) -> None:
    """Keep what speaks against it, and call a person where it belongs nowhere or was seen before."""
    findings = findings_of(proof)
    proof.findings = [finding.sentence for finding in findings]
    proof.save(update_fields=["findings"])
    if proof.booking is None:
        who = f" from {proof.customer}" if proof.customer is not None else ""
        Concern.raise_about_proof(proof, ConcernKind.UNMATCHED_PROOF, f"A proof of payment{who} belongs to no booking yet.")
    doubt = next((finding for finding in findings if finding.is_doubt), None)
    if doubt is not None:
        Concern.raise_about_proof(proof, ConcernKind.PROOF_DOUBTED, doubt.sentence)
