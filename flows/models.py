"""Flows as Meta knows them, one session per Flow message, and what we tell customers in the chat."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customer_data.models import Booking, Customer, Payment, PaymentEvent


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
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "WhatsApp Flow"

    def __str__(self) -> str:
        return f"{self.name} ({self.status or 'not at Meta'})"


class FlowSession(models.Model):
    """What one Flow message allows: this customer may pay this booking, once, for a while. The token itself is not kept."""

    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token.")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="flow_sessions")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="flow_sessions")
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="flow_sessions")
    typed = models.JSONField(default=dict, blank=True, help_text="What the customer last typed, to be shown again.")
    wamid = models.CharField(max_length=255, blank=True, help_text="Id of the message that opens the Flow.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    spent_at = models.DateTimeField(null=True, blank=True, help_text="When the Flow was completed.")

    class Meta:
        verbose_name = "payment request"
        indexes = (models.Index(fields=["booking", "-created_at"], name="flow_session_of_booking"),)

    def __str__(self) -> str:
        return f"{self.booking.booking_reference}, sent {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"


class Message(models.Model):
    """One message to a customer, written before it is sent. At most one for each move of a payment."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENDING = "sending", "Handed to WhatsApp, no answer yet"
        SENT = "sent", "Accepted by WhatsApp"
        FAILED = "failed", "Not sent"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages")
    event = models.OneToOneField(PaymentEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="message")
    body = models.TextField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    wamid = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=["queued", "sending", "sent", "failed"]), name="message_status_is_known"),
        )
        indexes = (models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="message_what_is_due"),)

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_status_display()}"
