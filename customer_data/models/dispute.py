"""A payment that its customer disputes at the gateway: a case with a deadline."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from customer_data.models.payment import Payment


class DisputeStatus(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Decided for us: the money stays"
    LOST = "lost", "Decided for the customer: the money went back"


class Dispute(models.Model):
    """Opened when the gateway says so, closed when it says how it ended. Staff write down what they answered."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=16, choices=DisputeStatus.choices, default=DisputeStatus.OPEN, editable=False)
    opened_at = models.DateTimeField()
    deadline = models.DateTimeField(help_text="Answer the gateway before this.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True, help_text="What was answered to the gateway, and with which evidence.")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["payment"], condition=Q(status="open"), name="one_open_dispute_per_payment"),
            models.CheckConstraint(condition=Q(status__in=DisputeStatus.values), name="dispute_status_is_known"),
        )
        indexes = (models.Index(fields=["deadline"], condition=Q(status="open"), name="dispute_by_deadline"),)
        triggers = (pgtrigger.Protect(name="disputes_are_kept", operation=pgtrigger.Delete),)
        permissions = (("answer_dispute", "Can record what was answered in a dispute"),)

    def __str__(self) -> str:
        return f"{self.payment.reference}: {self.get_status_display()}"
