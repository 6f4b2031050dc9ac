"""What staff switch on and off while business goes on: ways to pay, limits, and a gateway that takes nothing new for a while."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from customer_data.money import CENT, Currency


class MethodSwitch(models.Model):
    """A way to pay that is off, for good or until a moment. A way without a row is on."""

    payment_method = models.CharField(max_length=32, unique=True)
    is_off = models.BooleanField("switched off", default=False)
    off_until = models.DateTimeField(
        null=True, blank=True, help_text="It comes back by itself then; empty: when somebody switches it on."
    )
    told = models.CharField(
        "what customers are told",
        max_length=200,
        blank=True,
        help_text="Say what to do instead: EcoCash is down. Please use InnBucks.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "way to pay"
        verbose_name_plural = "ways to pay"

    def __str__(self) -> str:
        return self.payment_method.replace("_", " ").capitalize()


class AmountLimit(models.Model):
    """How much we take, in one currency. Empty: no limit of ours; the gateway's own stand beside these."""

    currency = models.CharField(max_length=3, choices=Currency.choices, unique=True)
    least_per_payment = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)]
    )
    most_per_payment = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)]
    )
    most_per_customer_a_day = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)]
    )
    most_a_day = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)])
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "limit on amounts"
        verbose_name_plural = "limits on amounts"
        constraints = (models.CheckConstraint(condition=Q(currency__in=Currency.values), name="limit_currency_is_known"),)

    def __str__(self) -> str:
        return self.get_currency_display()


class GatewayPause(models.Model):
    """A gateway takes no new payments; those under way finish. A gateway without a row, or not paused, takes them."""

    gateway = models.CharField(max_length=32, unique=True)
    is_paused = models.BooleanField(default=False)
    told = models.CharField("what customers are told", max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "gateway"
        permissions = (("pause_gateway", "Can stop new payments through a gateway, and start them again"),)

    def __str__(self) -> str:
        return self.gateway
