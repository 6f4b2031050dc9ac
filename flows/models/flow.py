"""Flows as Meta knows them, and one session per Flow message."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from customer_data import correlation
from customer_data.models import Booking, Customer, Payment
from customer_data.sealed import SealedTextField


class WhatsAppFlow(models.Model):
    """A Flow of ours at Meta."""

    class SyncStatus(models.TextChoices):
        NEVER = "never", "Never sent to Meta"
        CURRENT = "current", "Meta has this version"
        CHANGED = "changed", "Changed since it was sent"
        FAILED = "failed", "Meta refused it"

    name = models.CharField(max_length=100, unique=True, help_text="As in flows/definitions, such as payment_whatsapp_flow.")
    flow_id = models.CharField("Flow ID", max_length=64, blank=True, help_text="Meta's id; needed to send it.")
    status = models.CharField(max_length=32, blank=True, help_text="Meta's word: DRAFT, PUBLISHED, THROTTLED, BLOCKED, DEPRECATED.")
    sync_status = models.CharField(max_length=16, choices=SyncStatus.choices, default=SyncStatus.NEVER)
    flow_json = models.JSONField(default=dict, blank=True, help_text="The version that was sent last.")
    last_error = models.TextField(blank=True)
    problems = models.JSONField(
        default=list, blank=True, help_text="What Meta's validator found in that version: error, message, line, column, path."
    )
    state_at_meta = models.JSONField(
        default=dict, blank=True, help_text="What Meta said when it was asked last: can it be sent, why not, and which key it has."
    )
    preview_url = models.TextField(blank=True, help_text="Meta's page that shows it; works for 30 days.")
    preview_expires_at = models.DateTimeField(null=True, blank=True)
    health = models.JSONField(
        default=dict,
        blank=True,
        help_text="The newest word of Meta's monitoring for each kind of event, as flows/health.py writes it.",
    )
    health_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "WhatsApp Flow"

    def __str__(self) -> str:
        return f"{self.name} ({self.status or 'not at Meta'})"


class FlowSession(models.Model):
    """What one Flow message allows: this customer may use one form, once, for a while. The token is sealed, found by its hash."""

    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    token = SealedTextField(
        blank=True, default="", editable=False, help_text="Sealed, so that a message tried again opens the same form."
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="flow_sessions")
    flow_name = models.CharField(max_length=100, default="payment_whatsapp_flow", help_text="Which Flow it opens.")
    booking = models.ForeignKey(
        Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="flow_sessions", help_text="None until it is made."
    )
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="flow_sessions")
    typed = models.JSONField(default=dict, blank=True, help_text="What the customer last typed, to be shown again.")
    wamid = models.CharField(max_length=255, blank=True, help_text="Id of the message that opens the Flow.")
    correlation_id = models.CharField(
        max_length=correlation.LENGTH, blank=True, default=correlation.current_id, db_default="", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    spent_at = models.DateTimeField(null=True, blank=True, help_text="When the Flow was completed.")

    class Meta:
        verbose_name = "payment request"
        indexes = (
            models.Index(fields=["booking", "-created_at"], name="flow_session_of_booking"),
            models.Index(fields=["created_at"], name="flow_session_by_time"),
        )

    def __str__(self) -> str:
        about = self.booking.booking_reference if self.booking else self.flow_name
        return f"{about}, sent {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"
