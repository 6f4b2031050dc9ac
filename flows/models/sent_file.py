"""Photos and PDFs that customers send: due to be fetched from WhatsApp, and what became of each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from customer_data.models import Booking, Customer


class SentFile(models.Model):
    """One photo or PDF of a chat. Written when its message is answered, fetched afterwards by a task, kept as a proof."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "To be fetched from WhatsApp"
        KEPT = "kept", "Kept as a proof"
        NO_PROOF = "no_proof", "Not a photo or PDF that can be kept"
        GONE = "gone", "WhatsApp has it no longer"
        GIVEN_UP = "given_up", "Could not be fetched"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="sent_files")
    wamid = models.CharField(max_length=255, unique=True, help_text="The chat message that brought it.")
    media_id = models.CharField(max_length=255, help_text="WhatsApp's id of the file, good for a while.")
    caption = models.TextField(blank=True, help_text="What the customer wrote beside it.")
    booking = models.ForeignKey(
        Booking,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What it pays for, once known.",
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.WAITING)
    next_try_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "photo or PDF of a customer"
        verbose_name_plural = "photos and PDFs of customers"
        indexes = (
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="sent_file_what_is_due"),
            models.Index(fields=["customer", "-created_at"], name="sent_file_of_customer"),
        )

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_outcome_display()}"
