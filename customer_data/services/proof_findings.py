"""What speaks against a proof, in sentences for the one who decides: seen before, another amount, a date that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from customer_data.models import Payment, Proof, ProofFile, ProofStatus
from customer_data.money import show_amount
from customer_data.offer import amount_options
from customer_data.pictures import differs_by, look_the_same
from customer_data.status import OPEN
from customer_data.wallet_messages import KINDS, WalletMessage, read_wallet_message

ALIKE_WITHIN = 10
"""Bits of 256 by which a picture's likeness may differ to be looked at more closely."""

MOST_LOOKED_AT = 20

PICTURES_COMPARED = 5_000
"""The newest ones. A slip is sent again within days or months, not years."""

OLD_AFTER = timedelta(days=60)
MOST_SEEN = 3


@dataclass(frozen=True)
class Finding:
    """One sentence. `seen_in`: the other proof it speaks of, by its key. `is_doubt`: it may be the same money a second time."""

    sentence: str
    seen_in: int | None = None
    is_doubt: bool = False


def normal_reference(text: str) -> str:
    """A bank's or wallet's reference as it is compared: capitals and digits only, whatever was typed between them."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())[:64]


def findings_of(proof: Proof) -> list[Finding]:
    """Everything that speaks against `proof` now, doubts first. Each look-up is served by an index."""
    seen: dict[int | None, Finding] = {}
    for finding in (*_same_file(proof), *_same_reference(proof), *_alike(proof), *_same_money(proof)):
        seen.setdefault(finding.seen_in, finding)
    return [*seen.values(), *_of_the_money(proof), *_of_the_date(proof), *_of_the_message(proof), *_of_the_booking(proof)]


def settled_before(reference: str) -> Proof | None:
    """The approved proof that this line of our own statement was booked for."""
    found = Proof.objects.filter(received_reference=reference, status=ProofStatus.APPROVED).exclude(received_reference="")
    return found.select_related("settled").first()


# --- Seen before ----------------------------------------------------------------------------------
def _same_file(proof: Proof) -> Iterator[Finding]:
    if proof.fingerprint:
        for other in _others(proof, Q(fingerprint=proof.fingerprint)):
            yield _seen("The same file was handed in", other)


def _same_reference(proof: Proof) -> Iterator[Finding]:
    if not proof.claimed_reference:
        return
    for other in _others(proof, Q(claimed_reference=proof.claimed_reference)):
        yield _seen(f"The reference {proof.claimed_reference} was handed in", other)
    settled = settled_before(proof.claimed_reference)
    if settled is not None and settled.pk != proof.pk:
        yield _seen(f"The reference {proof.claimed_reference} was handed in", settled)


def _alike(proof: Proof) -> Iterator[Finding]:
    if not proof.likeness:
        return
    newest = Proof.objects.exclude(likeness="").order_by("-submitted_at").values_list("pk", "likeness")[:PICTURES_COMPARED]
    alike = [pk for pk, likeness in newest if pk != proof.pk and differs_by(likeness, proof.likeness) <= ALIKE_WITHIN]
    previews = dict(ProofFile.objects.filter(proof__in=[proof.pk, *alike[:MOST_LOOKED_AT]]).values_list("proof", "preview"))
    own = bytes(previews.pop(proof.pk, None) or b"")
    same = [pk for pk, preview in previews.items() if preview and own and look_the_same(own, bytes(preview))]
    for other in _others(proof, Q(pk__in=same)):
        yield _seen("A picture that looks the same was handed in", other)


def _same_money(proof: Proof) -> Iterator[Finding]:
    if proof.customer_id is None or proof.claimed_amount is None or proof.claimed_on is None:
        return
    same = Q(customer=proof.customer_id, claimed_amount=proof.claimed_amount, claimed_on=proof.claimed_on)
    for other in _others(proof, same):
        yield _seen("The same amount of the same day was handed in by the same customer", other)


def _others(proof: Proof, same: Q) -> list[Proof]:
    return list(Proof.objects.filter(same).exclude(pk=proof.pk).select_related("booking").order_by("-submitted_at")[:MOST_SEEN])


def _seen(what: str, other: Proof) -> Finding:
    booking = f" for {other.booking.booking_reference}" if other.booking is not None else ""
    when = f"{timezone.localtime(other.submitted_at):%-d %b %Y, %H:%M}"
    return Finding(f"{what} on {when}{booking}; that one is {other.get_status_display().lower()}.", other.pk, is_doubt=True)


# --- Money, date, message, booking ----------------------------------------------------------------
def _of_the_money(proof: Proof) -> Iterator[Finding]:
    if proof.booking is None or proof.claimed_amount is None:
        return
    if proof.claimed_currency and proof.claimed_currency != proof.booking.currency:
        yield Finding(f"It is about {proof.claimed_currency}; the booking is in {proof.booking.currency}.")
        return
    asked = proof.booking.balance if proof.payment is None else proof.payment.amount
    may_be_paid = {asked, *amount_options(proof.booking).values()}
    if proof.status == ProofStatus.WAITING and proof.claimed_amount not in may_be_paid:
        claimed, asked_shown = (show_amount(amount, proof.booking.currency) for amount in (proof.claimed_amount, asked))
        yield Finding(f"It says {claimed}; {'asked for' if proof.payment else 'still owed'} is {asked_shown}.")


def _of_the_date(proof: Proof) -> Iterator[Finding]:
    if proof.claimed_on is None:
        return
    handed_in, day = timezone.localtime(proof.submitted_at).date(), f"{proof.claimed_on:%-d %b %Y}"
    if proof.claimed_on > handed_in:
        yield Finding(f"It is dated {day}, after it was handed in.")
    elif proof.claimed_on < handed_in - OLD_AFTER:
        yield Finding(f"It is dated {day}, {(handed_in - proof.claimed_on).days} days before it was handed in.")
    if proof.booking is not None and proof.claimed_on < timezone.localtime(proof.booking.created_at).date():
        yield Finding(f"It is dated {day}, before the booking was made.")


def _of_the_message(proof: Proof) -> Iterator[Finding]:
    message = read_wallet_message(proof.text)
    if message is None:
        return
    yield Finding("A forwarded message is easily made up: look for this money on our own statement.")
    yield from _of_the_code(message)


def _of_the_code(message: WalletMessage) -> Iterator[Finding]:
    if message.kind and message.at is None:
        yield Finding(f"The code {message.code} holds a date that does not exist.")
    if message.kind == "PP":
        yield Finding("It is a transfer to a person, not to a merchant: look whether the number it went to is ours.")
    elif message.kind not in ("", "MP"):
        yield Finding(f"It is about {KINDS[message.kind]}, not about a payment to us.")
    if message.amount is None or not message.currency:
        yield Finding("It names no amount in a currency that we take.")


def _of_the_booking(proof: Proof) -> Iterator[Finding]:
    if proof.booking is None or proof.status != ProofStatus.WAITING:
        return
    if proof.booking.cancelled_at is not None:
        yield Finding("The booking has been cancelled.")
    elif proof.booking.balance == 0:
        yield Finding("Nothing is owed for the booking any more.")
    under_way = Payment.objects.filter(booking=proof.booking, status__in=OPEN).first()
    if under_way is not None and under_way.pk != proof.payment_id:
        words = (
            f"Payment {under_way.reference} of {under_way.amount_shown} is under way: ask its gateway first, it may be this money."
        )
        yield Finding(words)
