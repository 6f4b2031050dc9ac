"""Customers and what they booked."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Upper

from customer_data.models.finding import ends_index, words_index
from customer_data.money import CENT, Currency, share_of, show_amount
from customer_data.references import new_reference
from customer_data.status import MONEY_IN, BookingStatus, Status

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from customer_data.models.payment import Payment

ZERO = Decimal("0.00")


def _done_refunds() -> QuerySet[Any, Any]:
    """How much of a payment, in a query of payments, has gone back."""
    done = apps.get_model("customer_data", "Refund").objects.filter(payment=OuterRef("pk"), status="done").order_by()
    return done.values("payment").annotate(back=Sum("amount")).values("back")


def new_booking_reference() -> str:
    """`BK` and eleven characters: unguessable, and never taken for a payment's reference."""
    return f"BK{new_reference()}"


def _erased_for_good() -> pgtrigger.Trigger:
    """Who was erased gets no name and no number again, whoever writes, and also where two wrote at the same moment."""
    return pgtrigger.Trigger(
        name="erased_for_good",
        operation=pgtrigger.UpdateOf("name", "wa_id", "bsuid", "phone", "email"),
        when=pgtrigger.Before,
        func="""
            IF EXISTS (SELECT 1 FROM customer_data_erasure WHERE customer_id = OLD.id) THEN
                RAISE EXCEPTION 'customer % was erased', OLD.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class Customer(models.Model):
    """A person who chats or pays. Known by a WhatsApp number, a business-scoped id, or neither (a walk-in)."""

    name = models.CharField(max_length=200, blank=True)
    # Null, not blank: two customers without an id must not collide.
    wa_id = models.CharField(
        "WhatsApp id", max_length=32, null=True, blank=True, unique=True, help_text="Digits only, as WhatsApp writes it."
    )
    bsuid = models.CharField(
        "business-scoped id",
        max_length=160,
        null=True,
        blank=True,
        unique=True,
        help_text="WhatsApp's id for a customer whose number is not shared.",
    )
    phone = models.CharField(max_length=32, blank=True)
    email = models.EmailField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(wa_id__isnull=True) | Q(wa_id__regex=r"^[0-9]+$"), name="customer_wa_id_is_digits"),
        )
        indexes = (
            words_index("name", "customer_name_words"),
            ends_index("phone", "customer_phone_ends", condition=~Q(phone="")),
            ends_index("wa_id", "customer_wa_id_ends"),
            models.Index(Upper("email"), name="customer_email", condition=~Q(email="")),
        )
        triggers = (_erased_for_good(),)

    def __str__(self) -> str:
        return self.name or self.wa_id or self.bsuid or f"Customer {self.pk}"

    @property
    def chat_address(self) -> str:
        """Where WhatsApp reaches them: the number with its plus, else the business-scoped id; empty for a walk-in."""
        return f"+{self.wa_id}" if self.wa_id else self.bsuid or ""

    @property
    def known_phone(self) -> str:
        """The number they gave, else the one they chat with, in E.164; empty when neither is known."""
        return self.phone or (f"+{self.wa_id}" if self.wa_id else "")


class Booking(models.Model):
    """Something sold. What has been paid follows from its payments and is never typed in."""

    booking_reference = models.CharField(max_length=32, unique=True, default=new_booking_reference)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="bookings")
    title = models.CharField(max_length=200)
    total_amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(CENT)])
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    deposit_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(50),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="The part of the total that is asked for as a deposit; 0 when no deposit is offered.",
    )
    departure = models.ForeignKey(
        "customer_data.Departure",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bookings",
        help_text="The date, for a tour.",
    )
    travellers = models.PositiveSmallIntegerField(null=True, blank=True)
    amount_paid = models.DecimalField(max_digits=12, decimal_places=2, default=ZERO, editable=False)
    payment_status = models.CharField(max_length=16, choices=BookingStatus.choices, default=BookingStatus.UNPAID, editable=False)
    is_test = models.BooleanField(default=False, editable=False, help_text="Paid with test money only: in no takings.")
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    cancel_reason = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    if TYPE_CHECKING:
        payments: RelatedManager[Payment]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(total_amount__gt=0), name="booking_total_is_positive"),
            models.CheckConstraint(condition=Q(amount_paid__gte=0), name="booking_amount_paid_is_not_negative"),
            models.CheckConstraint(
                condition=Q(deposit_percent__gte=0, deposit_percent__lte=100), name="booking_deposit_is_a_percentage"
            ),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="booking_currency_is_known"),
            models.CheckConstraint(condition=Q(payment_status__in=BookingStatus.values), name="booking_payment_status_is_known"),
        )
        indexes = (
            models.Index(fields=["-created_at"], name="booking_newest_first"),
            models.Index(Upper("booking_reference"), name="booking_reference_any_case"),
            words_index("title", "booking_title_words"),
            models.Index(fields=["cancelled_at"], condition=Q(cancelled_at__isnull=False), name="booking_cancelled"),
        )
        permissions = (("cancel_booking", "Can cancel a booking"),)

    def __str__(self) -> str:
        return f"{self.booking_reference} · {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saved with its totals: a changed price or deposit changes what the payments amount to."""
        names = kwargs.get("update_fields")
        if self._state.adding or (names is not None and not {"total_amount", "deposit_percent"} & set(names)):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            Booking.objects.select_for_update().get(pk=self.pk)
            self.amount_paid, self.payment_status, self.is_test = self.totals()
            if names is not None:
                kwargs["update_fields"] = {*names, "amount_paid", "payment_status", "is_test"}
            super().save(*args, **kwargs)

    @property
    def deposit_amount(self) -> Decimal:
        """The deposit asked for, in the booking's currency; zero when none is offered."""
        return share_of(self.total_amount, self.deposit_percent)

    @property
    def balance(self) -> Decimal:
        """What is still owed, never negative; nothing for a booking that was cancelled."""
        return ZERO if self.cancelled_at else max(self.total_amount - self.amount_paid, ZERO)

    @property
    def balance_shown(self) -> str:
        return show_amount(self.balance, self.currency)

    def recount(self) -> None:
        """Bring `amount_paid` and `payment_status` in line with the payments. The caller holds this row's lock.

        Test money counts only on a booking that has seen no real money, and marks it as a test: the two never mix.
        """
        self.amount_paid, self.payment_status, self.is_test = self.totals()
        self.save(update_fields=["amount_paid", "payment_status", "is_test", "updated_at"])

    def totals(self) -> tuple[Decimal, BookingStatus, bool]:
        """What the payments say: paid amount, status, and whether that is test money."""
        sums = self._sums()
        real, test = sums.get(False), sums.get(True)
        is_test = real is None and test is not None
        paid = test if is_test else real
        return paid or ZERO, self._status_for(paid), is_test

    def _sums(self) -> dict[bool, Decimal]:
        """Money that is in, real (False) and test (True); absent where there never was any, zero when all of it went back."""
        ever_in = self.payments.filter(status__in=[*MONEY_IN, Status.REFUNDED]).order_by().values("is_test")
        partly = Coalesce(Subquery(_done_refunds()), ZERO, output_field=DecimalField())  # the rest of it is still in
        now_in = ever_in.annotate(now=Sum(F("amount") - partly, filter=Q(status__in=MONEY_IN)))
        return {is_test: now or ZERO for is_test, now in now_in.values_list("is_test", "now")}

    def _status_for(self, paid: Decimal | None) -> BookingStatus:
        if paid is None:
            return BookingStatus.UNPAID
        if paid == 0:
            return BookingStatus.REFUNDED
        if paid >= self.total_amount:
            return BookingStatus.OVERPAID if paid > self.total_amount else BookingStatus.PAID
        return BookingStatus.DEPOSIT_PAID if 0 < self.deposit_amount <= paid else BookingStatus.PART_PAID
