"""With whom we do no business for a while or for good: numbers, wallets, e-mail addresses, customers. And how often one may try."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from customer_data.models.booking import Customer
from customer_data.money import CENT
from customer_data.phones import hide_phone


class DenialKind(models.TextChoices):
    PHONE = "phone", "Phone number: whoever chats or pays with it"
    WALLET = "wallet", "Wallet: the number that would be debited"
    EMAIL = "email", "E-mail address"
    CUSTOMER = "customer", "Customer"


class Denial(models.Model):
    """Nothing new is taken from this number, wallet, address or customer. What is under way goes on, and late money is money."""

    kind = models.CharField(max_length=16, choices=DenialKind.choices)
    value = models.CharField(
        "number or address", max_length=254, blank=True, help_text="As in 0771234567 or name@example.com. Empty for a customer."
    )
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="denials")
    reason = models.CharField(max_length=300, help_text="For staff and for the record; customers are never told.")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    ends_at = models.DateTimeField(
        "until", null=True, blank=True, help_text="It ends by itself then; empty: when somebody takes it off the list."
    )
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    lifted_why = models.CharField("why it was taken off", max_length=300, blank=True, editable=False)
    refusals = models.PositiveIntegerField("times refused", default=0, editable=False)
    last_refused_at = models.DateTimeField("last refused", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "entry of the deny list"
        verbose_name_plural = "deny list"
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=DenialKind.values), name="denial_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind=DenialKind.CUSTOMER, customer__isnull=False, value="")
                | (~Q(kind=DenialKind.CUSTOMER) & Q(customer__isnull=True) & ~Q(value="")),
                name="denial_names_one_thing",
            ),
            models.UniqueConstraint(
                fields=["value", "kind", "customer"],
                condition=Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="denied_once_at_a_time",
            ),
        )
        indexes = (models.Index(fields=["-added_at"], name="denial_newest_first"),)

    def __str__(self) -> str:
        named = str(self.customer) if self.customer_id else self._value_in_short()
        return f"{self.get_kind_display().partition(':')[0]} {named}"

    def _value_in_short(self) -> str:
        return hide_phone(self.value) if self.value.startswith("+") else self.value


class AttemptLimit(models.Model):
    """How often, and for how much, one phone number or one customer may try to pay within so many hours. Empty: no limit."""

    class Per(models.TextChoices):
        PHONE = "phone", "Phone number that pays"
        CUSTOMER = "customer", "Customer"

    class Within(models.IntegerChoices):
        HOUR = 1, "an hour"
        DAY = 24, "24 hours"

    per = models.CharField(max_length=16, choices=Per.choices)
    hours = models.PositiveSmallIntegerField("within", choices=Within.choices)
    most_attempts = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    most_unpaid_in_a_row = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Refused, cancelled or not approved in time."
    )
    most_usd = models.DecimalField(
        "most US dollars", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)]
    )
    most_zwg = models.DecimalField(
        "most ZiG", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(CENT)]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "limit on attempts"
        verbose_name_plural = "limits on attempts"
        constraints = (
            models.UniqueConstraint(fields=["per", "hours"], name="attempts_are_limited_once"),
            models.CheckConstraint(condition=Q(per__in=["phone", "customer"], hours__in=[1, 24]), name="attempt_limit_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.get_per_display()} within {self.get_hours_display()}"
