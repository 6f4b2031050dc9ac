"""What we tell customers: the outbox, and the templates Meta has approved."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from customer_data import correlation
from customer_data.models import Customer, PaymentEvent


class Message(models.Model):
    """One message to a customer, written before it is sent. `key` says what it is about, so that it is written once."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENDING = "sending", "Handed to WhatsApp, no answer yet"
        SENT = "sent", "Accepted by WhatsApp"
        DELIVERED = "delivered", "On the customer's phone"
        READ = "read", "Read by the customer"
        FAILED = "failed", "Not sent, or not delivered"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(max_length=200, unique=True, help_text="What it is about, such as event-12-text: it is written once.")
    event = models.ForeignKey(PaymentEvent, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=16, default="text", help_text="Of flows/outgoing.py: text, buttons, list, flow, ...")
    content = models.JSONField(default=dict, help_text="What is sent, as flows/outgoing.py writes it. Never a Flow token in clear.")
    body = models.TextField(blank=True, help_text="The words, for people.")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    wamid = models.CharField(max_length=255, blank=True, db_index=True)
    correlation_id = models.CharField(
        max_length=correlation.LENGTH, blank=True, default=correlation.current_id, db_default="", editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.PositiveIntegerField(null=True, blank=True, help_text="Meta's code of the last refusal.")
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=["queued", "sending", "sent", "delivered", "read", "failed"]), name="message_status_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="message_what_is_due"),
            models.Index(fields=["customer", "-id"], name="message_of_customer"),
        )

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_status_display()}"


class WhatsAppTemplate(models.Model):
    """A message template at Meta: what may be sent when the customer last wrote more than 24 hours ago."""

    class Status(models.TextChoices):
        APPROVED = "APPROVED", "Approved"
        PENDING = "PENDING", "Waiting for Meta"
        REJECTED = "REJECTED", "Refused by Meta"
        PAUSED = "PAUSED", "Paused by Meta"
        DISABLED = "DISABLED", "Switched off by Meta"

    purpose = models.CharField(max_length=64, help_text="What we use it for: payment_successful, balance_reminder, ...")
    name = models.CharField(max_length=512, help_text="As at Meta: small letters, digits and underscores.")
    language = models.CharField(max_length=16, default="en")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PENDING)
    body = models.TextField(blank=True, help_text="The text at Meta, with {{1}} where a fact goes.")
    parameters = models.JSONField(default=list, blank=True, help_text="Names of the facts, in the order of the places in the text.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "message template"
        constraints = (models.UniqueConstraint(fields=["name", "language"], name="template_once_per_language"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
