"""What a person must look at. The system goes on; somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from customer_data.models.booking import Customer
    from customer_data.models.payment import Payment
    from customer_data.models.proof import Proof


class ConcernKind(models.TextChoices):
    MISMATCH = "mismatch", "The gateway's amount, currency or reference differs from ours"
    OVERPAID = "overpaid", "More was paid than the booking costs"
    LATE_MONEY = "late_money", "Money came after the payment was closed"
    UNKNOWN_WORD = "unknown_word", "The gateway said something we do not know"
    ILLEGAL_NEWS = "illegal_news", "The gateway reports a change that cannot be"
    STUCK = "stuck", "No answer about this payment for too long"
    DISPUTED = "disputed", "The customer disputes the payment"
    REFUNDED_OUTSIDE = "refunded_outside", "Refunded at the gateway, not by us"
    MISCONFIGURED = "misconfigured", "The gateway rejects our keys or settings"
    WANTS_PERSON = "wants_person", "A customer asks for a person"
    NOT_TOLD = "not_told", "A customer could not be told on WhatsApp"
    NO_SEATS = "no_seats", "Paid, but the seats were given to somebody else"
    FLOW_HEALTH = "flow_health", "WhatsApp reports trouble with a Flow"
    WHATSAPP_ACCOUNT = "whatsapp_account", "WhatsApp refuses our account or its keys"
    PAID_TWICE = "paid_twice", "The same was paid twice"
    TRIP_CANCELLED = "trip_cancelled", "Paid after the trip was cancelled"
    UNPAID_BY_TRANSFER = "unpaid_by_transfer", "A payment was moved to another booking, and the first is unpaid now"
    UNMATCHED_PROOF = "unmatched_proof", "A proof of payment that belongs to no booking"
    PROOF_DOUBTED = "proof_doubted", "A proof of payment that was seen before"
    REFUND_TO_PAY = "refund_to_pay", "A refund is approved: somebody must pay it back"
    REFUND_FAILED = "refund_failed", "A refund did not go through"
    MISSED_UPDATES = "missed_updates", "The gateway's status updates have stopped coming"
    RECORD_BROKEN = "record_broken", "The record of changes has a gap"
    BOOKS_WRONG = "books_wrong", "The books are not as they must be"


class Concern(models.Model):
    """One open matter. The same matter on the same payment is open only once."""

    kind = models.CharField(max_length=32, choices=ConcernKind.choices)
    payment = models.ForeignKey("customer_data.Payment", null=True, blank=True, on_delete=models.PROTECT, related_name="concerns")
    customer = models.ForeignKey("customer_data.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="concerns")
    proof = models.ForeignKey("customer_data.Proof", null=True, blank=True, on_delete=models.PROTECT, related_name="concerns")
    sentence = models.CharField(max_length=500)
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    solved_at = models.DateTimeField(null=True, blank=True)
    solved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    solution = models.CharField(max_length=300, blank=True, help_text="What was done about it.")

    class Meta:
        verbose_name = "matter for a person"
        verbose_name_plural = "matters for a person"
        constraints = (
            models.UniqueConstraint(
                fields=["payment", "customer", "proof", "kind"],
                condition=Q(solved_at__isnull=True),
                nulls_distinct=False,
                name="concern_is_open_once",
            ),
        )
        indexes = (
            models.Index(fields=["created_at"], condition=Q(solved_at__isnull=True), name="concern_open"),
            models.Index(fields=["-created_at"], name="concern_newest_first"),
        )
        permissions = (("solve_concern", "Can take and solve what needs a person"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.sentence}"

    @classmethod
    def raise_about_customer(cls, customer: Customer | None, kind: ConcernKind, sentence: str, **details: str) -> None:
        """Open a matter that is about a customer, or about no one in particular, rather than a payment."""
        concern = Concern(customer=customer, kind=kind, sentence=sentence[:500], details=details)
        Concern.objects.bulk_create([concern], ignore_conflicts=True)

    @classmethod
    def raise_about_proof(cls, proof: Proof, kind: ConcernKind, sentence: str) -> None:
        """Open a matter that is about a proof of payment."""
        Concern.objects.bulk_create([Concern(proof=proof, kind=kind, sentence=sentence[:500])], ignore_conflicts=True)

    @classmethod
    def raise_about(cls, payment: Payment | None, kind: ConcernKind, sentence: str, **details: str) -> None:
        """Open the matter, or leave it as it is when it is open already."""
        concern = Concern(payment=payment, kind=kind, sentence=sentence[:500], details=details)
        Concern.objects.bulk_create([concern], ignore_conflicts=True)
