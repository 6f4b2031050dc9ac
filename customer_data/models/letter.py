"""Letters that money never arrived, which a wallet asks for before it reverses a debit."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from customer_data.models.payment import Payment


class NonReceiptLetter(models.Model):
    """A signed statement. Kept as it was written: money that comes later changes the books, not the letter."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="letters")
    number = models.CharField(max_length=32, unique=True)
    facts = models.JSONField(help_text="Every fact in it, as text, in the order of the page.")
    approval_code = models.CharField(max_length=64, blank=True, help_text="Of the customer's debit, from the wallet's message.")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)

    class Meta:
        triggers = (pgtrigger.Protect(name="letters_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),)
        permissions = (("write_letter", "Can write a non-receipt letter"),)

    def __str__(self) -> str:
        return self.number
