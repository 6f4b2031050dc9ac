"""Figures kept up to date, so that no page counts a million payments."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

ZERO = Decimal("0.00")


class DayFigures(models.Model):
    """One day in Harare, one way to pay, one currency. Made again from the payments whenever the day changed."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=32)
    is_test = models.BooleanField()
    opened = models.PositiveIntegerField(default=0, help_text="Payments asked for on this day.")
    successful = models.PositiveIntegerField(default=0, help_text="Payments that came in on this day.")
    ended_unpaid = models.PositiveIntegerField(default=0, help_text="Failed, cancelled and expired on this day.")
    taken = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO)
    returned = models.DecimalField(max_digits=14, decimal_places=2, default=ZERO, help_text="Refunds done on this day.")
    seconds_to_paid = models.JSONField(
        default=dict, help_text="How many payments took how long from asking to paid: upper bound in seconds → count."
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "currency", "payment_method", "is_test"], name="day_figures_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.payment_method} {self.currency}"
