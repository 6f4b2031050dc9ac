"""Deciding about a proof of payment: which booking it belongs to, how much really arrived, or why not. No network is asked."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from customer_data.gateway import Account, Gateway, Method, Misconfigured, gateway_named, gateways
from customer_data.models import Booking, Concern, ConcernKind, Payment, Proof, ProofKind, ProofStatus
from customer_data.money import show_amount
from customer_data.services.opening import expire_payment
from customer_data.services.proof_findings import normal_reference, settled_before
from customer_data.services.reporting import record_report
from customer_data.signals import proof_decided
from customer_data.status import OPEN, Reason, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SOURCE = "proof"


class CannotDecide(Exception):
    """Nothing was decided; the sentence for staff says why, and what to do."""


def approve(proof: Proof, *, amount: Decimal, reference: str, user: User) -> Payment:
    """Book `amount`, in the booking's currency, as it arrived on our own statement under `reference`. One transaction.

    The open payment of that very amount becomes successful by its gateway's report; any other amount is booked as a payment of
    its own, and the booking keeps what is still owed. Raises CannotDecide.
    """
    with transaction.atomic():
        booking, proof = _locked(proof, user=user)
        if booking is None:
            raise CannotDecide("Say first which booking it belongs to.")
        received = _received_reference(proof, amount, reference)
        payment = _payment_of(proof, booking, amount, user=user)
        facts: dict[str, Any] = {"settled": payment, "received_amount": amount, "received_reference": received}
        _decide(proof, ProofStatus.APPROVED, user=user, **facts)
        _settle(payment, proof, user=user)
    return payment


def reject(proof: Proof, *, reason: str, user: User) -> None:
    """Turn it down; `reason` is what the customer is told. Sends `proof_decided` after commit. Raises CannotDecide."""
    with transaction.atomic():
        _, proof = _locked(proof, user=user)
        _decide(proof, ProofStatus.REJECTED, user=user, decision=reason[:300])


def match(proof: Proof, booking: Booking) -> None:
    """Say which booking it belongs to; it is said once. Raises CannotDecide."""
    with transaction.atomic():
        locked = Proof.objects.select_for_update().get(pk=proof.pk)
        if locked.booking_id is not None:
            raise CannotDecide(
                "Which booking it belongs to has been said already. If that is wrong, reject it and hand it in again."
            )
        _expect_waiting(locked)
        open_now = Payment.objects.filter(booking=booking, status__in=OPEN, gateway__in=_reviewed_names()).first()
        facts = {"booking": booking, "customer": locked.customer or booking.customer, "payment": open_now}
        Proof.objects.filter(pk=proof.pk).update(**facts)
        unmatched = Concern.objects.filter(proof=proof, kind=ConcernKind.UNMATCHED_PROOF, solved_at=None)
        unmatched.update(solved_at=timezone.now(), solution=f"It belongs to {booking.booking_reference}.")


# --- Who may, and what about ----------------------------------------------------------------------
def _locked(proof: Proof, *, user: User) -> tuple[Booking | None, Proof]:
    """The booking's lock first, as everywhere; two who decide at once come here one after the other."""
    booking = None if proof.booking_id is None else Booking.objects.select_for_update().get(pk=proof.booking_id)
    locked = Proof.objects.select_for_update().get(pk=proof.pk)
    if locked.booking_id != proof.booking_id:
        raise CannotDecide("It has just been given to a booking. Look at it again before you decide.")
    _expect_waiting(locked)
    if locked.submitted_by_id == user.pk:
        raise CannotDecide("You handed this in yourself. Somebody else must look at it.")
    return booking, locked


def _expect_waiting(proof: Proof) -> None:
    if proof.status != ProofStatus.WAITING:
        raise CannotDecide(f"{proof.decided_by} has decided already: it is {proof.get_status_display().lower()}. Nothing was done.")


def _received_reference(proof: Proof, amount: Decimal, reference: str) -> str:
    if amount <= 0:
        raise CannotDecide("Type the amount that arrived; nothing arrived is a reason to reject.")
    received = normal_reference(reference)
    if not received and proof.kind != ProofKind.CASH:
        raise CannotDecide("Type the reference as it stands on our own statement.")
    before = settled_before(received)
    if before is not None and before.settled is not None:
        raise CannotDecide(f"The line {received} of our statement has been booked as payment {before.settled.reference}.")
    return received


# --- Booking the money ----------------------------------------------------------------------------
def _payment_of(proof: Proof, booking: Booking, amount: Decimal, *, user: User) -> Payment:
    """The open payment that asks for just this amount in this way; else a new one, in place of whatever was open."""
    gateway, method, account = _way(proof, booking.currency)
    for current in Payment.objects.filter(booking=booking, status__in=OPEN):
        if (current.payment_method, current.amount) == (method.name, amount):
            return current
        reason = Reason.OTHER_AMOUNT if current.payment_method == method.name else Reason.METHOD_CHANGED
        expire_payment(current, source=SOURCE, actor=user.get_username(), reason=reason)
    payment = Payment(
        booking=booking,
        amount=amount,
        currency=booking.currency,
        payment_method=method.name,
        payer_id=proof.customer_id if proof.customer_id != booking.customer_id else None,
        email=booking.customer.email,
        is_test=account.is_test,
        gateway=gateway.name,
        account=account.id,
        prompt=method.prompt,
        next_check_at=timezone.now(),
    )
    payment.open(source=SOURCE, actor=user.get_username())
    return payment


def _way(proof: Proof, currency: str) -> tuple[Gateway, Method, Account]:
    """The way the money came: cash as cash, and a slip as what slips are for, whatever the customer had chosen before."""
    is_counted = proof.kind == ProofKind.CASH
    for gateway in gateways():
        able = gateway.capabilities()
        if not able.is_reviewed:
            continue
        for method in able.methods_in(currency):
            if method.is_counted == is_counted:
                try:
                    return gateway, method, gateway.account_for(currency)
                except Misconfigured as error:
                    raise CannotDecide(f"Nothing was booked. {error}") from None
    raise CannotDecide(f"No way to pay is set up for this in {currency}.")


def _settle(payment: Payment, proof: Proof, *, user: User) -> None:
    """The one road to paid: its gateway is asked, and answers with what has just been decided."""
    actor = user.get_username()
    if payment.status == Status.CREATED:
        payment.move_to(Status.SENDING, source=SOURCE, actor=actor, sent_at=timezone.now(), sends_made=1)
    Payment.objects.filter(pk=payment.pk).update(approved_by=user)
    payment.approved_by = user
    report = gateway_named(payment.gateway).fetch(payment.ticket, payment.reference)
    if report is not None:
        record_report(payment, report, source=SOURCE, actor=actor)
    if payment.status != Status.SUCCESSFUL:
        raise CannotDecide("Nothing was booked: the payment moved meanwhile. Look at it again.")
    found = show_amount(payment.amount, payment.currency)
    words = f"Found on our own statement: {found}, {proof.received_reference or 'counted as cash'}. Proof {proof.pk}."
    payment.note(source=SOURCE, actor=actor, reason=words)


def _decide(proof: Proof, status: ProofStatus, *, user: User, **facts: Any) -> None:
    now = timezone.now()
    proof.status, proof.decided_by, proof.decided_at = status, user, now
    for name, value in facts.items():
        setattr(proof, name, value)
    proof.save(update_fields=["status", "decided_by", "decided_at", *facts])
    open_matters = Concern.objects.filter(proof=proof, solved_at__isnull=True)
    open_matters.update(solved_at=now, solved_by=user, solution=f"The proof was {proof.get_status_display().lower()}.")
    transaction.on_commit(lambda: proof_decided.send_robust(Proof, proof=proof))


def _reviewed_names() -> set[str]:
    """The gateways whose payments a person of ours decides."""
    return {gateway.name for gateway in gateways() if gateway.capabilities().is_reviewed}
