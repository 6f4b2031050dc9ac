"""The record of changes: what each change of a money or settings row was, by whom and why; and the seals over it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import models


class Operation(models.TextChoices):
    FOUND = "found", "Found when recording began"
    INSERT = "insert", "Made"
    UPDATE = "update", "Changed"
    DELETE = "delete", "Deleted"


class ExactDecoder(json.JSONDecoder):
    """Amounts come out as they stand in the record, to the cent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


class Change(models.Model):
    """One change of one row, written by the database's own triggers (`customer_data.recording`) and by nothing else.

    The entries of one row are numbered and chained: each carries the hash of the one before. Of an update only the columns that
    changed are kept. What is secret is kept as its digest; what changes all the time and says nothing is left out.
    """

    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=150, help_text="The row's primary key, as text: an API key's is the longest.")
    number = models.PositiveIntegerField(help_text="The first entry of a row is 1.")
    operation = models.CharField("what was done", max_length=8, choices=Operation.choices)
    before = models.JSONField(null=True, blank=True, decoder=ExactDecoder)
    after = models.JSONField(null=True, blank=True, decoder=ExactDecoder)
    who = models.CharField(max_length=150, help_text="A member of staff by user name, or a part of the system.")
    why = models.CharField(max_length=500, blank=True)
    database_user = models.CharField(max_length=63, help_text="PostgreSQL's name for who was connected.")
    transaction = models.BigIntegerField(help_text="PostgreSQL's number of the transaction.")
    at = models.DateTimeField("when")
    previous = models.BinaryField(help_text="The hash of the entry before; empty for the first.")
    hash = models.BinaryField(help_text="SHA-256 of all the other columns but the id.")

    class Meta:
        verbose_name = "change"
        default_permissions = ("view",)
        constraints = (models.UniqueConstraint(fields=["table_name", "row_id", "number"], name="change_number_once"),)
        indexes = (
            models.Index(fields=["transaction"], name="change_transaction"),
            models.Index(fields=["at"], name="change_when"),
            models.Index(fields=["who", "-id"], name="change_by_whom"),
            models.Index(fields=["table_name", "-id"], name="change_of_table"),
        )
        triggers = (pgtrigger.Protect(name="changes_stay", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.get_operation_display()} by {self.who}"


class Seal(models.Model):
    """What the record held at one moment, under a key that is not in the database. Each seal carries the hash of the one before.

    A seal covers the entries up to `last_id` of transactions before `to_transaction`, as far as no earlier seal does.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    last_id = models.BigIntegerField(help_text="The highest entry under this seal or an earlier one.")
    to_transaction = models.BigIntegerField(help_text="Every transaction with a smaller number had ended.")
    begins_anew = models.BooleanField(
        default=False, help_text="The database was moved, and its transactions count from the beginning: all there was is sealed."
    )
    floor_id = models.BigIntegerField(default=0, help_text="Entries up to here are from before the database was moved.")
    entries = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 over the ids and hashes of its entries.")
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, help_text="SHA-256 of all the other columns but the two below.")
    key_name = models.CharField(max_length=16)
    mac = models.CharField(max_length=64, help_text="HMAC-SHA256 of the hash, by a key derived from FIELD_ENCRYPTION_KEYS.")
    sealed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        triggers = (pgtrigger.Protect(name="seals_stay", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.number}:{self.mac}"
