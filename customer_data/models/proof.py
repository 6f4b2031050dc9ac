"""Proofs of payment that customers or staff hand in: a lead for a person who looks at the bank statement, never money."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from customer_data.models.booking import Booking, Customer
from customer_data.models.payment import Payment


class ProofKind(models.TextChoices):
    PICTURE = "picture", "Photo"
    PDF = "pdf", "PDF"
    MESSAGE = "message", "Forwarded message"
    CASH = "cash", "Cash, counted by staff"


class ProofStatus(models.TextChoices):
    WAITING = "waiting", "Waiting for review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class Proof(models.Model):
    """One slip, screenshot, forwarded message or pile of cash, with what it claims; who decided, and what really arrived."""

    kind = models.CharField(max_length=16, choices=ProofKind.choices)
    booking = models.ForeignKey(Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs")
    payment = models.ForeignKey(
        Payment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="proofs",
        help_text="The attempt it was handed in for.",
    )
    wamid = models.CharField(max_length=255, null=True, blank=True, unique=True, help_text="The chat message that brought it.")
    text = models.TextField(blank=True, help_text="The words of a forwarded message, or beside a photo.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was handed in, before it was cleaned.")
    likeness = models.CharField(
        max_length=64, blank=True, help_text="A picture's difference hash in hex: of the same picture sent again, almost the same."
    )

    claimed_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    claimed_currency = models.CharField(max_length=3, blank=True)
    claimed_reference = models.CharField(
        max_length=64, blank=True, help_text="The bank's or wallet's reference, in one normal form."
    )
    claimed_on = models.DateField(null=True, blank=True)
    findings = models.JSONField(
        default=list, blank=True, help_text="What speaks against it, in sentences: seen before, wrong amount."
    )

    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="None: the customer."
    )
    submitted_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=16, choices=ProofStatus.choices, default=ProofStatus.WAITING, editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    received_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    received_reference = models.CharField(max_length=64, blank=True, help_text="As it stands on our own statement.")
    decision = models.CharField(max_length=300, blank=True, help_text="Why it was rejected; the customer is told.")
    settled = models.OneToOneField(
        Payment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="settled_by",
        help_text="The payment it was booked as.",
    )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=ProofStatus.values), name="proof_status_is_known"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(submitted_by__isnull=True) | ~Q(decided_by=F("submitted_by")),
                name="proof_checker_is_another_than_its_maker",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(decided_by__isnull=False, received_amount__gt=0, settled__isnull=False),
                name="proof_approved_with_its_amount",
            ),
            models.UniqueConstraint(
                fields=["received_reference"],
                condition=Q(status="approved") & ~Q(received_reference=""),
                name="a_line_of_our_statement_pays_once",
            ),
        )
        indexes = (
            models.Index(fields=["submitted_at"], condition=Q(status="waiting"), name="proof_waiting"),
            models.Index(fields=["-submitted_at"], name="proof_newest_first"),
            models.Index(fields=["fingerprint"], condition=~Q(fingerprint=""), name="proof_fingerprint"),
            models.Index(fields=["claimed_reference"], condition=~Q(claimed_reference=""), name="proof_claimed_reference"),
            models.Index(fields=["-submitted_at"], condition=~Q(likeness=""), name="proof_pictures_newest_first"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="proof_is_decided_once",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.status <> 'waiting'"),
                func="RAISE EXCEPTION 'this proof has been decided' USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.Trigger(
                name="proof_belongs_to_one_booking",
                operation=pgtrigger.UpdateOf("booking_id"),
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.booking_id IS NOT NULL AND OLD.booking_id IS DISTINCT FROM NEW.booking_id"),
                func="RAISE EXCEPTION 'this proof belongs to a booking already' USING ERRCODE = 'check_violation';",
            ),
            pgtrigger.ReadOnly(
                name="what_was_handed_in_stays", fields=["kind", "wamid", "text", "fingerprint", "submitted_by", "submitted_at"]
            ),
            pgtrigger.Protect(name="proofs_are_kept", operation=pgtrigger.Delete),
        )
        permissions = (
            ("submit_proof", "Can hand in a proof or cash for a customer"),
            ("review_proof", "Can approve or reject a proof that somebody else handed in"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {timezone.localtime(self.submitted_at):%d %b %Y, %H:%M}: {self.get_status_display()}"


class ProofFile(models.Model):
    """The file of a proof, cleaned. In the database: there on every machine, in every backup, and served only by us."""

    proof = models.OneToOneField(Proof, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()
    media_type = models.CharField(max_length=64, help_text="As sniffed: image/jpeg, image/png, image/webp, application/pdf.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    preview = models.BinaryField(null=True, blank=True, help_text="A small picture for the queue.")

    class Meta:
        triggers = (pgtrigger.Protect(name="proof_files_are_kept", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.media_type}, {self.size:,} bytes"
