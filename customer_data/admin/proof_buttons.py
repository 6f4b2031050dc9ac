"""What staff do about proofs of payment: hand one in, say which booking it belongs to, approve, reject."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from customer_data.admin.page import Ask, Button, NotDone, Press, add_button
from customer_data.admin.searching import read_typed
from customer_data.file_kinds import MOST_BYTES
from customer_data.models import Booking, Proof, ProofStatus
from customer_data.money import NotAnAmount, parse_amount, show_amount
from customer_data.services.proofs import CannotDecide, Claim, NotAProof, approve, hand_in, match, reject

MAY_REVIEW, MAY_HAND_IN = "customer_data.review_proof", "customer_data.submit_proof"
SLIP, CASH = "slip", "cash"


# --- Handing in -----------------------------------------------------------------------------------
def _hand_in(booking: Booking, press: Press) -> str:
    is_cash, file = press.given["what"] == CASH, press.files.get("file")
    if file is None and not is_cash:
        raise NotDone("Nothing was handed in: choose the photo or PDF of the slip.")
    if file is not None and file.size > MOST_BYTES:
        raise NotDone("Nothing was handed in: this file is larger than 5 MB. Choose a smaller photo, or a screenshot of it.")
    claimed = Claim(_amount(press.given["amount"]), booking.currency, press.given["reference"], _day(press.given["on"]))
    try:
        proof = hand_in(
            booking=booking,
            customer=None,
            content=file.read() if file is not None else b"",
            submitted_by=press.user,
            claimed=claimed,
            is_cash=is_cash,
        )
    except NotAProof as error:
        raise NotDone(f"Nothing was handed in: {error}") from None
    look = f" Look out: {proof.findings[0]}" if proof.findings else ""
    return f"Handed in. Somebody else must now find the money and approve it.{look}"


def _amount(text: str) -> Decimal:
    try:
        amount = parse_amount(text)
    except NotAnAmount as error:
        raise NotDone(f"Nothing was done: {error}") from None
    if amount <= 0:
        raise NotDone("Nothing was done: type an amount above nothing.")
    return amount


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotDone("Nothing was done: write the day like 2026-03-31.") from None


# --- Deciding -------------------------------------------------------------------------------------
def _belongs(proof: Proof, press: Press) -> str:
    reference = read_typed(press.given["booking"]).booking_reference
    booking = Booking.objects.filter(booking_reference=reference or press.given["booking"].upper()).first()
    if booking is None:
        raise NotDone("Nothing was done: there is no booking with this reference. It starts with BK.")
    try:
        match(proof, booking)
    except CannotDecide as error:
        raise NotDone(str(error)) from None
    return f"It belongs to {booking} now."


def _approve(proof: Proof, press: Press) -> str:
    amount = _amount(press.given["amount"])
    _expect_meant(proof, amount, press.given["again"])
    try:
        payment = approve(proof, amount=amount, reference=press.given["reference"], user=press.user)
    except CannotDecide as error:
        raise NotDone(str(error)) from None
    return f"{payment.amount_shown} is booked as payment {payment.reference}. The customer gets the receipt."


def _expect_meant(proof: Proof, amount: Decimal, again: str) -> None:
    """An amount that nobody asked for is typed twice: 2310 for 231.0 would be a refund to make."""
    if proof.booking is None:
        return
    asked = proof.booking.balance if proof.payment is None else proof.payment.amount
    if amount != asked and (not again or _amount(again) != amount):
        shown, asked_shown = (show_amount(each, proof.booking.currency) for each in (amount, asked))
        raise NotDone(
            f"Nothing was booked: you typed {shown}, and {asked_shown} was asked for. If it is right, type it in both fields."
        )


def _reject(proof: Proof, press: Press) -> str:
    try:
        reject(proof, reason=press.reason, user=press.user)
    except CannotDecide as error:
        raise NotDone(str(error)) from None
    return "Rejected. The customer is told why, where the chat reaches them."


def _is_not_the_maker(proof: Proof, user: object) -> bool:
    return proof.submitted_by != user


add_button(
    Booking,
    Button(
        name="hand-in-proof",
        label="Hand in a proof or cash",
        press=_hand_in,
        hint="Money counts once somebody else has approved it.",
        permission=MAY_HAND_IN,
        asks=(
            Ask("what", "What", kind="choice", choices=lambda _: ((SLIP, "A slip or screenshot"), (CASH, "Cash, counted by me"))),
            Ask("file", "Photo or PDF (not needed for cash)", kind="file", is_required=False, accept="image/*,application/pdf"),
            Ask("amount", "Amount", kind="amount"),
            Ask("reference", "Reference on the slip, or receipt book number", is_required=False),
            Ask("on", "Paid on", kind="date"),
        ),
    ),
)
add_button(
    Proof,
    Button(
        name="belongs",
        label="Belongs to booking …",
        press=_belongs,
        hint="This is said once.",
        permission=MAY_HAND_IN,
        is_offered=lambda proof: proof.booking_id is None and proof.status == ProofStatus.WAITING,
        asks=(Ask("booking", "Booking reference"),),
    ),
)
add_button(
    Proof,
    Button(
        name="approve",
        label="Approve",
        press=_approve,
        hint="Only what stands on our own statement, or was counted. Both fields are empty on purpose: copy them from there.",
        permission=MAY_REVIEW,
        is_offered=lambda proof: proof.status == ProofStatus.WAITING and proof.booking_id is not None,
        is_for=_is_not_the_maker,
        asks=(
            # Nothing is filled in: what the customer claims must not be approved by looking away.
            Ask("amount", "Amount that arrived", kind="amount"),
            Ask("again", "The same again, if it is not what was asked for", kind="amount", is_required=False),
            Ask("reference", "Reference on our statement", is_required=False),
        ),
    ),
)
add_button(
    Proof,
    Button(
        name="reject",
        label="Reject",
        press=_reject,
        hint="The customer is told these words.",
        asks_why="What the customer is told",
        permission=MAY_REVIEW,
        is_offered=lambda proof: proof.status == ProofStatus.WAITING,
        is_for=_is_not_the_maker,
        is_grave=True,
    ),
)
