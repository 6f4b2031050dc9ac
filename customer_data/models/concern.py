"""What a person must look at. The system goes on; somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from customer_data.models.booking import Customer
    from customer_data.models.payment import Payment


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


class Concern(models.Model):
    """One open matter. The same matter on the same payment is open only once."""

    kind = models.CharField(max_length=32, choices=ConcernKind.choices)
    payment = models.ForeignKey("customer_data.Payment", null=True, blank=True, on_delete=models.PROTECT, related_name="concerns")
    customer = models.ForeignKey("customer_data.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="concerns")
    sentence = models.CharField(max_length=500)
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    solved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "matter for a person"
        verbose_name_plural = "matters for a person"
        constraints = (
            models.UniqueConstraint(
                fields=["payment", "customer", "kind"],
                condition=Q(solved_at__isnull=True),
                nulls_distinct=False,
                name="concern_is_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.sentence}"

    @classmethod
    def raise_about_customer(cls, customer: Customer | None, kind: ConcernKind, sentence: str, **details: str) -> None:
        """Open a matter that is about a customer, or about no one in particular, rather than a payment."""
        concern = Concern(customer=customer, kind=kind, sentence=sentence[:500], details=details)
        Concern.objects.bulk_create([concern], ignore_conflicts=True)

    @classmethod
    def raise_about(cls, payment: Payment | None, kind: ConcernKind, sentence: str, **details: str) -> None:
        """Open the matter, or leave it as it is when it is open already."""
        concern = Concern(payment=payment, kind=kind, sentence=sentence[:500], details=details)
        Concern.objects.bulk_create([concern], ignore_conflicts=True)
