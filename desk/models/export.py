"""Lists that staff take away as files. Made by a worker, a part at a time, so that a million rows show their progress."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ExportStatus(models.TextChoices):
    WAITING = "waiting", "Waiting for a worker"
    RUNNING = "running", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be made"


class Export(models.Model):
    """One file to come: of what, with which filters, how far it is."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"
        ZIP = "zip", "ZIP"  # everything about one customer

    what = models.CharField(max_length=32, help_text="payments, bookings, refunds, receipts; or customer: all about one.")
    format = models.CharField(max_length=8, choices=Format.choices)
    filters = models.JSONField(default=dict, help_text="As they stood in the list's address.")
    status = models.CharField(max_length=16, choices=ExportStatus.choices, default=ExportStatus.WAITING)
    rows_done = models.PositiveIntegerField(default=0)
    rows_expected = models.PositiveIntegerField(null=True, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    problem = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="A worker makes it until then; afterwards another may.")
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["-requested_at"], name="export_newest_first"),
            models.Index(fields=["requested_at"], condition=Q(status__in=["waiting", "running"]), name="export_under_way"),
        )

    def __str__(self) -> str:
        return f"{self.what} ({self.format}), {timezone.localtime(self.requested_at):%d %b %Y, %H:%M}"


class ExportPart(models.Model):
    """A piece of the file, in order. In the database, so that any web process can serve what any worker made."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["export", "number"], name="export_part_once"),)

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
