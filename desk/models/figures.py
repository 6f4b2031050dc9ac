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


class DayForms(models.Model):
    """What became of the forms that were sent in the chat on one day in Harare. Each step is one of those of the step before."""

    day = models.DateField()
    flow_name = models.CharField(max_length=100)
    is_test = models.BooleanField()
    sent = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    submitted = models.PositiveIntegerField(default=0, help_text="A payment was asked for.")
    asked = models.PositiveIntegerField(default=0, help_text="The customer had a prompt, a code or a page.")
    paid = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "flow_name", "is_test"], name="day_forms_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.flow_name}"


class FiguresProgress(models.Model):
    """Up to when every change of a payment is in the figures. One row; its lock keeps two runs one after the other."""

    seen_until = models.DateTimeField(null=True, help_text="Nothing older is still on its way; null: everything is to be made.")
    next_until = models.DateTimeField(null=True, help_text="Becomes `seen_until` once no transaction of that moment runs any more.")
    next_transaction = models.BigIntegerField(default=0, help_text="The first transaction that had not begun at `next_until`.")
    made_at = models.DateTimeField(null=True, help_text="When the figures were brought up to date last.")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="figures_have_one_progress"),)

    def __str__(self) -> str:
        return f"Seen until {self.seen_until}"
