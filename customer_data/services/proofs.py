"""Proofs of payment: taken in, and decided by a person who looked at our own statement. A proof by itself moves no money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from customer_data.models import Booking, Customer, Payment, Proof

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NotAProof(Exception):
    """What was handed in cannot be kept: wrong kind of file, too large, unreadable. The sentence says what to do; for customers too."""


class CannotDecide(Exception):
    """Nothing was decided; the sentence for staff says why, and what to do."""


@dataclass(frozen=True)
class Claim:
    """What the person who hands in says was paid. `amount` None, `currency` and `reference` empty, `on` None: not said."""

    amount: Decimal | None = None
    currency: str = ""
    reference: str = ""
    on: date | None = None


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

    `content`: the file's bytes as they came; empty for a forwarded message (`text`) or counted cash (`is_cash`).
    It hangs on the booking's open payment that a person of ours decides, where there is one. Raises NotAProof.
    """
    raise NotImplementedError


def approve(proof: Proof, *, amount: Decimal, reference: str, user: User) -> Payment:
    """Book `amount`, as it arrived on our own statement under `reference`. One transaction. Raises CannotDecide."""
    raise NotImplementedError


def reject(proof: Proof, *, reason: str, user: User) -> None:
    """Turn it down; `reason` is what the customer is told. Sends `proof_decided` after commit. Raises CannotDecide."""
    raise NotImplementedError
