"""What is sold with a date: tours, their departures, and the seats that are held."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from customer_data.money import CENT, Currency, show_amount

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Tour(models.Model):
    """Something a customer can book. Staff write it; the chat offers it."""

    name = models.CharField(max_length=24, unique=True, help_text="As the list in WhatsApp shows it: 24 characters at most.")
    summary = models.CharField(max_length=72, blank=True, help_text="One line under the name: 72 characters at most.")
    details = models.TextField(blank=True, max_length=900, help_text="What the customer reads after choosing it.")
    price = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(CENT)], help_text="For one traveller."
    )
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    deposit_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(50), validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    most_travellers = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1)], help_text="In one booking.")
    is_offered = models.BooleanField(default=True, help_text="Off: no longer offered; what is booked stays.")
    position = models.PositiveSmallIntegerField(default=0, help_text="The smaller, the earlier in the list.")

    if TYPE_CHECKING:
        departures: RelatedManager[Departure]

    class Meta:
        ordering = ("position", "name")
        constraints = (
            models.CheckConstraint(condition=Q(price__gt=0), name="tour_price_is_positive"),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="tour_currency_is_known"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def price_shown(self) -> str:
        return show_amount(self.price, self.currency)


class Departure(models.Model):
    """One date of a tour, with so many seats. Its row is the lock under which seats are given out."""

    tour = models.ForeignKey(Tour, on_delete=models.PROTECT, related_name="departures")
    starts_on = models.DateField()
    seats = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    is_open = models.BooleanField(default=True, help_text="Off: no new bookings for this date.")

    if TYPE_CHECKING:
        holds: RelatedManager[SeatHold]

    class Meta:
        ordering = ("starts_on",)
        constraints = (models.UniqueConstraint(fields=["tour", "starts_on"], name="departure_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.tour}, {self.starts_on:%d %b %Y}"


class SeatHold(models.Model):
    """Seats of a departure kept for a customer: for a while, or for good once money for the booking is in."""

    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="holds")
    customer = models.ForeignKey("customer_data.Customer", on_delete=models.PROTECT, related_name="seat_holds")
    booking = models.OneToOneField(
        "customer_data.Booking", null=True, blank=True, on_delete=models.PROTECT, related_name="seat_hold"
    )
    seats = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: kept for good.")
    released_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["departure"], condition=Q(released_at__isnull=True), name="hold_not_released"),
            models.Index(fields=["expires_at"], condition=Q(released_at__isnull=True), name="hold_what_runs_out"),
        )

    def __str__(self) -> str:
        return f"{self.seats} for {self.customer} on {self.departure}"
