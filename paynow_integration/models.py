"""Which Paynow integrations we have, and every status update that ever arrived."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from customer_data.models import Payment
from customer_data.money import Currency
from customer_data.sealed import SealedTextField
from paynow_integration.addresses import normal_base_url
from paynow_integration.hashing import clean_key


def default_base_url() -> str:
    base_url: str = settings.PAYNOW_BASE_URL
    return base_url


def check_base_url(text: str) -> None:
    """For forms: `normal_base_url`'s sentence as a validation error."""
    try:
        normal_base_url(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class PaynowConfig(models.Model):
    """One Paynow integration. Paynow has no currency field: each currency has an integration, and a key, of its own."""

    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    integration_id = models.CharField("integration ID", max_length=32)
    integration_key = SealedTextField(help_text="Sealed at rest. Paynow e-mails it: Email Key To Company Address.")
    api_base_url = models.CharField(
        "API address", max_length=200, default=default_base_url, validators=[check_base_url], help_text="https://www.paynow.co.zw"
    )
    test_mode = models.BooleanField(
        default=True, help_text="As in the Paynow dashboard. Test payments are marked and count in no takings."
    )
    merchant_email = models.EmailField(
        "merchant login e-mail",
        blank=True,
        help_text="A login of your Paynow account: Paynow wants it as the payer's in test mode.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "Paynow configuration"
        constraints = (
            models.UniqueConstraint(
                fields=["currency"],
                condition=Q(is_active=True),
                name="one_active_paynow_config_per_currency",
                violation_error_message="Another configuration for this currency is active. Switch it off first.",
            ),
            # One ID under two currencies would count US dollars as ZiG.
            models.UniqueConstraint(
                fields=["integration_id"],
                condition=Q(is_active=True),
                name="one_active_paynow_config_per_integration",
                violation_error_message="Another active configuration has this ID. Each currency has an integration of its own.",
            ),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="paynow_config_currency_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.currency}{', test' if self.test_mode else ''})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saved in the form we use: people paste whole endpoint addresses, and keys with a line break."""
        self.api_base_url = normal_base_url(self.api_base_url)
        self.integration_id = self.integration_id.strip()
        self.integration_key = clean_key(self.integration_key)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.test_mode and not self.merchant_email:
            sentence = "In test mode Paynow takes payments only under an e-mail that logs in to your Paynow account. Enter it."
            raise ValidationError({"merchant_email": sentence})

    @property
    def key_hint(self) -> str:
        """Dots and the last four characters: enough to tell two keys apart."""
        return f"••••{self.integration_key[-4:]}" if self.integration_key else ""


class Outcome(models.TextChoices):
    RECEIVED = "received", "Received, not judged yet"
    ACCEPTED = "accepted", "Genuine; Paynow is asked"
    DUPLICATE = "duplicate", "Genuine; seen before"
    UNKNOWN_REFERENCE = "unknown_reference", "Genuine, but we have no such payment"
    NOT_GENUINE = "not_genuine", "Not genuine"
    MALFORMED = "malformed", "Not a status update"


class PaynowNotification(models.Model):
    """A status update as it arrived, kept before it was judged. It never moves money: it has us ask Paynow."""

    received_at = models.DateTimeField(auto_now_add=True)
    remote_address = models.CharField(max_length=64, blank=True)
    body = SealedTextField(help_text="The raw bytes, read as Latin-1. Sealed: updates may carry card tokens and names.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the raw bytes.")
    size = models.PositiveIntegerField(help_text="Bytes that arrived, or were announced.")
    outcome = models.CharField(max_length=32, choices=Outcome.choices, default=Outcome.RECEIVED)
    detail = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="What it is about, once proven genuine.")
    claims = models.CharField(
        max_length=64, blank=True, help_text="What a refused one says it is about. Shown there, never believed."
    )
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="paynow_notifications")

    class Meta:
        verbose_name = "Paynow notification"
        indexes = (
            models.Index(fields=["-received_at"], name="notification_newest_first"),
            models.Index(fields=["fingerprint"], name="notification_fingerprint"),
            models.Index(fields=["received_at"], condition=Q(outcome="received"), name="notification_not_judged"),
            models.Index(fields=["claims"], condition=~Q(claims=""), name="notification_claims"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="notification_reference"),
        )
        constraints = (models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="notification_outcome_is_known"),)

    def __str__(self) -> str:
        return f"{timezone.localtime(self.received_at):%Y-%m-%d %H:%M:%S} {self.reference or '?'}: {self.get_outcome_display()}"
