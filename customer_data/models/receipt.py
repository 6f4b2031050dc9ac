"""Receipts: one for each payment that came in, numbered without a gap."""

from __future__ import annotations

import pgtrigger
from django.db import models

from customer_data.models.payment import Payment


class ReceiptSeries(models.Model):
    """The last number given out, in one row per series; taking the next one locks it, so a rolled-back receipt leaves no gap."""

    name = models.CharField(max_length=16, unique=True, help_text="R for money, TEST for test money.")
    last_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "receipt series"
        triggers = (
            pgtrigger.Trigger(
                name="one_number_at_a_time",
                operation=pgtrigger.UpdateOf("name", "last_number"),
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.name <> NEW.name OR NEW.last_number <> OLD.last_number + 1"),
                func="RAISE EXCEPTION 'receipt numbers are given out one by one' USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.Protect(name="series_are_kept", operation=pgtrigger.Delete),
        )

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
        indexes = (models.Index(fields=["-issued_at", "-id"], name="receipt_newest_first"),)
        triggers = (
            pgtrigger.Trigger(
                name="no_number_is_left_out",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("last", "bigint")],
                func="""
                    SELECT max(number) INTO last FROM customer_data_receipt WHERE series = NEW.series;
                    IF NEW.number <> coalesce(last, 0) + 1 THEN
                        RAISE EXCEPTION 'the receipt after % cannot be %', coalesce(last, 0), NEW.number
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="receipts_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return self.number_shown

    @property
    def number_shown(self) -> str:
        """`R-000041`."""
        return f"{self.series}-{self.number:06d}"
