"""What people do about money that goes back: one asks, another approves or turns down, and where no gateway can, one pays it back.

The rule for the way back: where the payment's gateway can refund, approving hands it to the gateway. Where it cannot, approving
asks people to pay it (a matter in the queue); whoever does takes it first, so that nobody else pays it too, and then writes down
the approval code or bank reference.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customer_data.gateway import NotSupported, gateway_named
from customer_data.models import Concern, ConcernKind, Payment, Refund, RefundStatus, RefundWay
from customer_data.money import CENT, show_amount
from customer_data.services.refund_steps import back_or_on_its_way, fail, finish, locked, locked_payment, note, tell_people
from customer_data.status import MONEY_IN, Status

LONGEST_PROOF = 128


class CannotRefund(Exception):
    """Nothing was done. The message is a sentence for staff: why, and what to do."""


def most_to_refund(payment: Payment) -> Decimal:
    """What of the payment has neither gone back nor is spoken for, in its currency; nothing unless its money is in."""
    return payment.amount - back_or_on_its_way(payment) if payment.status == Status.SUCCESSFUL else Decimal("0.00")


def request_refund(payment: Payment, *, amount: Decimal, reason: str, user: Any) -> Refund:
    """Ask for part or all of a payment to go back. It is spoken for from now on. Raises CannotRefund."""
    why = _said(reason, "say why, in a few words")
    with transaction.atomic():
        paid = locked_payment(payment.pk)
        _expect_money_in(paid)
        _expect_possible(amount, paid)
        refund = _new_refund(paid, amount, why, user)
        sentence = f"Asks for a refund of {refund.amount_shown} ({refund.reference}): {why}"
        note(refund, sentence, source="admin", actor=user.get_username())
    return refund


def approve_refund(refund: Refund, *, user: Any) -> Refund:
    """Agree. It goes to the gateway within seconds, or people are asked to pay it back. Raises CannotRefund."""
    with locked(refund) as current:
        _expect(current, RefundStatus.REQUESTED)
        if current.requested_by_id == user.pk:
            raise CannotRefund("Somebody else must approve this refund: who asks for one does not approve it.")
        _expect_money_in(current.payment)
        now = timezone.now()
        _move(current, RefundStatus.APPROVED, approved_by=user, approved_at=now, **_road_back(current.payment, now))
        sentence = f"Approved the refund of {current.amount_shown} ({current.reference})."
        note(current, sentence, source="admin", actor=user.get_username())
        if current.way == RefundWay.PERSON:
            tell_people(current.payment)
    return current


def turn_down_refund(refund: Refund, *, reason: str, user: Any) -> Refund:
    """Refuse what was asked for; who asked reads why. Whoever asked may take it back by this too. Raises CannotRefund."""
    why = _said(reason, "say why, in a few words")
    with locked(refund) as current:
        _expect(current, RefundStatus.REQUESTED)
        verb = "Taken back" if current.requested_by_id == user.pk else "Turned down"
        fail(current, f"{verb} by {user.get_username()}: {why}", source="admin", actor=user.get_username())
    return current


def take_refund(refund: Refund, *, user: Any) -> Refund:
    """Say that one is paying it back now, so that nobody else does. Raises CannotRefund."""
    with locked(refund) as current:
        _expect_for_a_person(current)
        if current.status == RefundStatus.SENT:
            raise CannotRefund(f"{current.sent_by} is paying this back already. Do not pay it a second time.")
        _expect(current, RefundStatus.APPROVED)
        _expect_money_in(current.payment)
        now = timezone.now()
        _move(current, RefundStatus.SENT, sent_at=now, sent_by=user)
        note(current, f"Is paying back {current.amount_shown} ({current.reference}).", source="admin", actor=user.get_username())
        _mark_taken(current.payment, user, now)
    return current


def record_paid_back(refund: Refund, *, proof_of_payment: str, user: Any) -> Refund:
    """The customer has the money back, by this approval code or bank reference. Raises CannotRefund."""
    proof = _said(proof_of_payment, "write the approval code or bank reference of the money that went back")
    if len(proof) > LONGEST_PROOF:
        raise CannotRefund(f"Nothing was done: a reference has at most {LONGEST_PROOF} characters.")
    with locked(refund) as current:
        _expect_for_a_person(current)
        if current.status == RefundStatus.APPROVED:  # paid at once, without taking it first
            _move(current, RefundStatus.SENT, sent_at=timezone.now(), sent_by=user)
        _expect(current, RefundStatus.SENT)
        _expect_new_proof(current, proof)
        sentence = f"Paid back {current.amount_shown} ({current.reference}) under {proof}."
        finish(current, sentence, source="admin", actor=user.get_username(), done_by=user, proof_of_payment=proof)
    return current


def record_refund_failed(refund: Refund, *, reason: str, user: Any) -> Refund:
    """It could not be paid back; the customer is told, and another one may be asked for. Raises CannotRefund."""
    why = _said(reason, "say why, in a few words")
    with locked(refund) as current:
        _expect_for_a_person(current)
        _expect(current, RefundStatus.APPROVED, RefundStatus.SENT)
        fail(current, why, source="admin", actor=user.get_username())
        sentence = f"{current.amount_shown} ({current.reference}) could not be paid back: {why} The customer waits for it."
        Concern.raise_about(current.payment, ConcernKind.REFUND_FAILED, sentence)
    return current


# --- What must hold -------------------------------------------------------------------------------
def _expect(refund: Refund, *statuses: RefundStatus) -> None:
    if refund.status not in statuses:
        stands = refund.get_status_display().lower()
        raise CannotRefund(f"Nothing was done: refund {refund.reference} is {stands} by now. Look at how it stands.")


def _expect_for_a_person(refund: Refund) -> None:
    if refund.way != RefundWay.PERSON:
        raise CannotRefund("The gateway sends this one back by itself. Do not pay it by hand: the customer would have it twice.")


def _expect_money_in(payment: Payment) -> None:
    if payment.status == Status.DISPUTED:
        raise CannotRefund("The customer disputes this payment, and the gateway decides it: a refund now could go back twice.")
    if payment.status == Status.REFUNDED:
        raise CannotRefund("All of this payment has gone back already.")
    if payment.status not in MONEY_IN:
        stands = payment.get_status_display().lower()
        raise CannotRefund(f"No money came in by this payment: it is {stands}. There is nothing to give back.")


def _expect_possible(amount: Decimal, payment: Payment) -> None:
    if not amount.is_finite() or amount < CENT or amount != amount.quantize(CENT):
        least = show_amount(CENT, payment.currency)
        raise CannotRefund(f"Nothing was done: a refund is of {least} or more, with at most two decimals.")
    left = payment.amount - back_or_on_its_way(payment)
    if left == 0:
        raise CannotRefund(f"All of {payment.amount_shown} has gone back or is on its way. Look at the refunds of this payment.")
    if amount > left:
        raise CannotRefund(f"At most {show_amount(left, payment.currency)} of this payment can still go back.")


def _expect_new_proof(refund: Refund, proof: str) -> None:
    """One approval code pays one refund: the same again is a slip of the hand, or the same money counted twice."""
    same = Refund.objects.filter(payment=refund.payment_id, proof_of_payment__iexact=proof).exclude(pk=refund.pk).first()
    if same is not None:
        raise CannotRefund(f"Nothing was done: {proof} is the reference of refund {same.reference} already. Check it.")


def _said(text: str, wanted: str) -> str:
    plain = " ".join(text.replace("\0", "").split())
    if len(plain) < 3:
        raise CannotRefund(f"Nothing was done: {wanted}.")
    return plain


# --- Writing --------------------------------------------------------------------------------------
def _new_refund(payment: Payment, amount: Decimal, why: str, user: Any) -> Refund:
    try:
        with transaction.atomic():
            return Refund.objects.create(
                payment=payment,
                amount=amount,
                currency=payment.currency,
                way=_way_back(payment),
                reason=why[:300],
                is_test=payment.is_test,
                requested_by=user,
            )
    except IntegrityError:  # the database counted otherwise, and it is right
        sentence = f"Nothing was done: refunds may never exceed the {payment.amount_shown} received. Look at the others of it."
        raise CannotRefund(sentence) from None


def _move(refund: Refund, status: RefundStatus, **facts: Any) -> None:
    """The second guard behind the locks: another process was faster, and its word stands."""
    if not refund.move_to(status, **facts):
        raise CannotRefund(f"Nothing was done: somebody else was faster with refund {refund.reference}. Look at how it stands.")


def _road_back(payment: Payment, now: datetime) -> dict[str, Any]:
    """Asked again at the approval: by then a gateway may have learned it, or forgotten it."""
    way = _way_back(payment)
    return {"way": way, "next_check_at": now if way == RefundWay.GATEWAY else None}


def _way_back(payment: Payment) -> RefundWay:
    with suppress(NotSupported):
        if gateway_named(payment.gateway).capabilities().can_refund:
            return RefundWay.GATEWAY
    return RefundWay.PERSON


def _mark_taken(payment: Payment, user: Any, now: datetime) -> None:
    task = payment.concerns.filter(kind=ConcernKind.REFUND_TO_PAY, solved_at__isnull=True, taken_by__isnull=True)
    task.update(taken_by=user, taken_at=now)
