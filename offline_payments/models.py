"""Where customers pay by bank transfer or in cash."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from customer_data.money import Currency
from offline_payments.instructions import Details


class PlaceToPay(models.Model):
    """A bank account, or an office that takes cash, for one currency. What customers are told is made from it."""

    class Way(models.TextChoices):
        BANK_TRANSFER = "bank_transfer", "Bank transfer"
        CASH = "cash", "Cash"

    way = models.CharField("way to pay", max_length=16, choices=Way.choices)
    currency = models.CharField(max_length=3, choices=Currency.choices)
    name = models.CharField(max_length=100, help_text="The bank, or the office.")
    account_name = models.CharField(max_length=100, blank=True)
    account_number = models.CharField(max_length=64, blank=True)
    branch = models.CharField(max_length=100, blank=True, help_text="Branch and its code; for an office its address.")
    more = models.CharField("what else to say", max_length=200, blank=True, help_text="Opening hours, what to bring.")
    is_test = models.BooleanField(default=False, help_text="Payments into it are not real money.")
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "place to pay"
        verbose_name_plural = "places to pay"
        constraints = (
            models.UniqueConstraint(
                fields=["way", "currency"],
                condition=Q(is_active=True),
                name="one_active_place_per_way_and_currency",
                violation_error_message="Another place for this way to pay and currency is active. Switch it off first.",
            ),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="place_currency_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.currency})"

    @property
    def details(self) -> Details:
        return Details(self.name, self.account_name, self.account_number, self.branch, self.more)
