"""Money moved from one booking to another, because it was paid for the wrong one. Written before the payment's booking changes."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from customer_data.models.booking import Booking
from customer_data.models.payment import Payment


class Transfer(models.Model):
    """One payment now counts for another booking. The database lets a payment's booking change only beside such a row."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transfers")
    from_booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="+")
    to_booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(from_booking=F("to_booking")), name="transfer_to_another_booking"),)
        indexes = (models.Index(fields=["-made_at"], name="transfer_newest_first"),)
        triggers = (pgtrigger.Protect(name="transfers_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.payment.reference}: {self.from_booking.booking_reference} → {self.to_booking.booking_reference}"
