"""What WhatsApp told us, kept before anything is done about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from customer_data.sealed import SealedTextField


class Update(models.Model):
    """One message, status or Flow event of a webhook call. Stored first; its key keeps a re-delivered one out."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "A customer wrote"
        STATUS = "status", "What became of a message of ours"
        FLOW = "flow", "Health of a Flow"
        OTHER = "other", "Something else"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(
        max_length=320, unique=True, help_text="message:<wamid>, status:<wamid>:<status>, or a hash of the event."
    )
    body = SealedTextField(help_text="The update as JSON, with what the call said around it. Sealed: it holds people's words.")
    sender = models.CharField(max_length=160, blank=True, help_text="Whose updates must stay in order.")
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="update_what_is_due"),
            models.Index(fields=["sender", "id"], condition=Q(next_try_at__isnull=False), name="update_first_of_sender"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
