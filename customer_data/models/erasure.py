"""That a customer's personal data was erased, and what the record of changes held before and holds now."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from customer_data.models.booking import Customer
from customer_data.models.change import Change


class Erasure(models.Model):
    """One customer whose personal data is gone for good. Amounts, references, dates and receipts' numbers stayed.

    `code` vouches for every entry of the record of changes that lost values by it, under a key that the database does not hold.
    """

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="erasure")
    reason = models.CharField(max_length=300, help_text="Who asked, when and how. No names: those are gone.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="None: a command."
    )
    made_at = models.DateTimeField()
    rows = models.JSONField(default=dict, help_text="How many rows of each table were emptied or deleted.")
    entries = models.PositiveIntegerField(default=0, help_text="Entries of the record of changes that lost values.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 over what those entries were and what they are now.")
    key_name = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=64, blank=True, help_text="HMAC-SHA256 of what stands here, by a key of ours.")

    class Meta:
        permissions = (
            ("erase_customer", "Can erase a customer's personal data"),
            ("export_customer", "Can take away everything that is kept about a customer"),
        )
        indexes = (models.Index(fields=["-made_at"], name="erasure_newest_first"),)
        triggers = (
            pgtrigger.ReadOnly(
                name="what_was_erased_stays", fields=["customer", "reason", "made_by", "made_at", "rows", "entries", "digest"]
            ),
            pgtrigger.Protect(name="erasures_are_kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.customer}, {self.made_at:%d %b %Y}"


class ErasedEntry(models.Model):
    """One entry of the record that lost personal values: its hash of before, which seals still cover, and its hash of now."""

    # Without a constraint of the database: old parts of the record can then be taken off it, and check_ledger asks anyway.
    entry = models.ForeignKey(Change, on_delete=models.DO_NOTHING, db_constraint=False, related_name="erasures")
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="erased_entries")
    was = models.BinaryField(help_text="The hash of what it said before.")
    now = models.BinaryField(help_text="The hash of what it says now.")

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["entry", "erasure"], name="entry_is_erased_once_each"),)
        triggers = (pgtrigger.Protect(name="erased_entries_stay", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"Entry {self.entry_id} by erasure {self.erasure_id}"
