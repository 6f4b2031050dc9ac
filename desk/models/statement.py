"""What Paynow and the bank say happened, line by line, and what each line was matched with."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from customer_data.models import Payment, Refund
from customer_data.money import Currency


class SourceKind(models.TextChoices):
    PAYNOW = "paynow", "Paynow's transaction export"
    BANK = "bank", "Bank statement"


class StatementSource(models.Model):
    """One account whose statements are imported: its columns are mapped once and remembered."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=16, choices=SourceKind.choices)
    currency = models.CharField(max_length=3, choices=Currency.choices)
    columns = models.JSONField(default=dict, blank=True, help_text="What a column is called in the file: ours → theirs.")
    date_format = models.CharField(
        max_length=32, blank=True, help_text="How the file writes dates: day first, month first or year first."
    )
    decimal_mark = models.CharField(max_length=1, default=".", help_text="What stands before the cents: a point or a comma.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "statement source"

    def __str__(self) -> str:
        return self.name


class StatementFile(models.Model):
    """One uploaded file. The same content twice is the same row."""

    source = models.ForeignKey(StatementSource, on_delete=models.PROTECT, related_name="files")
    file_name = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    content = models.BinaryField(default=b"", help_text="The file as it was uploaded, compressed.")
    handed_over_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was asked to import it, being long.")
    problem = models.CharField(max_length=500, blank=True, help_text="Why a worker could not import it.")
    imported_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last line was in. Empty: not imported to its end."
    )
    lines_new = models.PositiveIntegerField(default=0)
    lines_known = models.PositiveIntegerField(default=0, help_text="Lines that an earlier file had brought.")
    bad_rows = models.JSONField(
        default=list, blank=True, help_text="Rows that could not be read: line number, words, what is wrong."
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "fingerprint"], name="statement_file_once"),)
        permissions = (("import_statement", "Can import statements and match them"),)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.source})"


class LineStatus(models.TextChoices):
    OPEN = "open", "Not matched"
    PROPOSED = "proposed", "Proposed"
    MATCHED = "matched", "Matched"
    SET_ASIDE = "set_aside", "Set aside"  # fees, transfers of our own: a person said why it concerns no payment


class StatementLine(models.Model):
    """One line of a statement. Money in is positive."""

    source = models.ForeignKey(StatementSource, on_delete=models.PROTECT, related_name="lines")
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="Of what the line says and how many lines before it say the same.")
    day = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    fee = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=128, blank=True, help_text="Ours, where the line carries it.")
    their_reference = models.CharField(max_length=128, blank=True)
    words = models.CharField(max_length=500, blank=True)
    their_status = models.CharField(max_length=64, blank=True)
    is_money = models.BooleanField(default=True, help_text="Whether money moved: a cancelled attempt is a line too.")

    status = models.CharField(max_length=16, choices=LineStatus.choices, default=LineStatus.OPEN)
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="statement_lines")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="statement_lines")
    settled_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="settles", help_text="Paynow's pay-out at the bank."
    )
    why = models.CharField(max_length=300, blank=True, help_text="By what it was matched, or why it was set aside.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "fingerprint"], name="statement_line_once"),
            models.CheckConstraint(condition=Q(status__in=LineStatus.values), name="statement_line_status_is_known"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(status="matched", is_money=True, amount__gt=0), name="payment_is_matched_once"
            ),
            models.UniqueConstraint(fields=["refund"], condition=Q(status="matched", is_money=True), name="refund_is_matched_once"),
        )
        indexes = (
            models.Index(fields=["-day", "-id"], name="statement_line_newest_first"),
            models.Index(fields=["day"], condition=~Q(status__in=["matched", "set_aside"]), name="statement_line_open"),
            models.Index(fields=["source", "day"], name="statement_line_by_source"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="statement_line_reference"),
            models.Index(fields=["their_reference"], condition=~Q(their_reference=""), name="statement_line_their_reference"),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="what_the_statement_says_stays",
                fields=[
                    "source",
                    "file",
                    "line_number",
                    "fingerprint",
                    "day",
                    "amount",
                    "currency",
                    "reference",
                    "their_reference",
                ],
            ),
            pgtrigger.Protect(name="statement_lines_are_kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.amount} {self.currency} {self.reference or self.their_reference or self.words}"


class ClosedDay(models.Model):
    """A day whose money has been accounted for, with the figures as they were then."""

    day = models.DateField()
    currency = models.CharField(max_length=3, choices=Currency.choices)
    figures = models.JSONField(help_text="Every figure on the page when it was closed, as text.")
    note = models.CharField(max_length=300, blank=True, help_text="Why it was closed with exceptions, where there were some.")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "currency"], name="day_is_closed_once"),)
        triggers = (pgtrigger.Protect(name="closed_days_stay", operation=pgtrigger.Update | pgtrigger.Delete),)
        permissions = (("close_day", "Can close a day"),)

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"
