"""Money that goes back, as an object of its own: asked for by one, approved by another, sent once, followed to its end."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from customer_data.models.moves import legal_moves_only
from customer_data.models.payment import Payment
from customer_data.money import CENT, show_amount
from customer_data.references import new_reference
from customer_data.signals import refund_moved


class RefundStatus(models.TextChoices):
    REQUESTED = "requested", "Requested"  # somebody asks; nothing has left us
    APPROVED = "approved", "Approved"  # somebody else agreed; now it is due
    SENT = "sent", "Sent"  # handed to the gateway, or to a person; we do not know the end
    DONE = "done", "Done"  # the customer has the money back
    FAILED = "failed", "Failed"  # turned down, or refused by the gateway: the customer has nothing back


REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.APPROVED, RefundStatus.FAILED}),
    RefundStatus.APPROVED: frozenset({RefundStatus.SENT, RefundStatus.FAILED}),
    RefundStatus.SENT: frozenset({RefundStatus.DONE, RefundStatus.FAILED}),
    RefundStatus.DONE: frozenset(),
    RefundStatus.FAILED: frozenset(),
}

REFUND_UNDER_WAY = frozenset({RefundStatus.REQUESTED, RefundStatus.APPROVED, RefundStatus.SENT})

MONEY_BACK_OR_ON_ITS_WAY = frozenset({*REFUND_UNDER_WAY, RefundStatus.DONE})
"""What counts against the payment: never more than was received."""


class IllegalRefundMove(Exception):
    """The table of moves does not have it; nothing was changed."""


class RefundWay(models.TextChoices):
    GATEWAY = "gateway", "The gateway sends it back"
    PERSON = "person", "A person pays it back"


def new_refund_reference() -> str:
    return f"RF{new_reference()}"


def _never_more_than_was_received() -> pgtrigger.Trigger:
    """The payment's row is the lock: two requests at once add up one after the other."""
    return pgtrigger.Trigger(
        name="never_more_than_was_received",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        declare=[("received", "numeric"), ("back", "numeric")],
        func="""
            SELECT amount INTO received FROM customer_data_payment WHERE id = NEW.payment_id FOR UPDATE;
            SELECT coalesce(sum(amount), 0) INTO back FROM customer_data_refund
                WHERE payment_id = NEW.payment_id AND status <> 'failed';
            IF back + NEW.amount > received THEN
                RAISE EXCEPTION 'refunds of % would exceed the % received', back + NEW.amount, received
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class Refund(models.Model):
    """Part or all of one payment on its way back. It counts as returned once it is done, and is spoken for from the request on."""

    reference = models.CharField(max_length=32, unique=True, default=new_refund_reference, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(CENT)])
    currency = models.CharField(max_length=3)
    way = models.CharField(max_length=16, choices=RefundWay.choices)
    reason = models.CharField(max_length=300)
    status = models.CharField(max_length=16, choices=RefundStatus.choices, default=RefundStatus.REQUESTED, editable=False)
    is_test = models.BooleanField(default=False)

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who took it to pay it back; nobody else pays it meanwhile.",
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Who paid it back."
    )
    proof_of_payment = models.CharField(
        max_length=128, blank=True, help_text="The approval code or bank reference under which it was paid back."
    )
    gateway_reference = models.CharField(max_length=128, blank=True)
    gateway_status = models.CharField(max_length=64, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True, help_text="Why it was turned down, or refused.")
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="When the gateway is asked (again).")
    moved_at = models.DateTimeField(default=timezone.now, help_text="When its status last changed.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_is_known"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")), name="refund_approver_is_another"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[RefundStatus.REQUESTED, RefundStatus.FAILED]) | Q(approved_by__isnull=False),
                name="refund_is_approved_before_it_leaves",
            ),
        )
        indexes = (
            models.Index(fields=["-requested_at"], name="refund_newest_first"),
            models.Index(fields=["-moved_at"], name="refund_last_moved"),
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="refund_what_is_due"),
            models.Index(fields=["status"], condition=Q(status__in=["requested", "approved", "sent"]), name="refund_under_way"),
            models.Index(fields=["done_at"], condition=Q(done_at__isnull=False), name="refund_done"),
        )
        triggers = (
            legal_moves_only("refund_moves_only", "refund", REFUND_MOVES),
            _never_more_than_was_received(),
            pgtrigger.ReadOnly(
                name="what_goes_back_stays",
                fields=["reference", "payment", "amount", "currency", "requested_by", "requested_at", "reason", "is_test"],
            ),
            pgtrigger.Protect(name="refunds_are_kept", operation=pgtrigger.Delete),
        )
        permissions = (
            ("request_refund", "Can ask for a refund"),
            ("approve_refund", "Can approve or turn down a refund that somebody else asked for"),
            ("pay_refund", "Can record that a refund was paid back"),
        )

    def __str__(self) -> str:
        return f"{self.reference} · {self.amount_shown} · {self.get_status_display()}"

    @property
    def amount_shown(self) -> str:
        return show_amount(self.amount, self.currency)

    def move_to(self, status: RefundStatus, **facts: Any) -> bool:
        """The only writer of `status`; `refund_moved` is sent after commit. False when another process moved it first.

        The caller holds the locks of its booking and payment, and notes the move in the payment's trail. Raises IllegalRefundMove.
        """
        if status not in REFUND_MOVES[RefundStatus(self.status)]:
            raise IllegalRefundMove(f"Refund {self.reference} cannot go from {self.status} to {status}.")
        facts = {"status": status, "moved_at": timezone.now(), **facts}
        if not Refund.objects.filter(pk=self.pk, status=self.status).update(**facts):
            return False
        for name, value in facts.items():
            setattr(self, name, value)
        transaction.on_commit(lambda: refund_moved.send_robust(type(self), refund=self))
        return True
