"""Receipts: one for each payment that came in, numbered without a gap."""

from __future__ import annotations

from django.db import models

from customer_data.models.payment import Payment


class ReceiptSeries(models.Model):
    """The last number given out, in one row per series; taking the next one locks it, so a rolled-back receipt leaves no gap."""

    name = models.CharField(max_length=16, unique=True, help_text="R for money, TEST for test money.")
    last_number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """What a customer was told about money that came in. Kept as it was: the facts do not change when the booking does."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    series = models.CharField(max_length=16)
    number = models.PositiveBigIntegerField()
    facts = models.JSONField(help_text="Every fact on it, as text, in the order of the page.")
    issued_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "number"], name="receipt_number_once"),)

    def __str__(self) -> str:
        return f"{self.series}-{self.number:06d}"
