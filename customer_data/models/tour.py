"""What is sold with a date: tours, their departures, and the seats that are held."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now

from customer_data.money import CENT, Currency, share_of, show_amount

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


CHOOSING_FOR = timedelta(minutes=30)
"""How long seats are kept for somebody who is still answering questions: time to ask the family, too short to block a trip."""

BOOKED_FOR = timedelta(hours=24)
"""How long an unpaid booking keeps its seats. WhatsApp lets us remind a customer within 24 hours of the last message, and after
that the seats go back. Operators here keep group bookings for 72 hours and more: staff can lengthen any hold."""


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


# What still counts against a departure's seats, word for word as `SeatHold.is_live` says it. Time passes: a hold that ran out
# counts no more, without anybody writing it down.
_HELD = """
    SELECT coalesce(sum(seats), 0) INTO held FROM customer_data_seathold
    WHERE departure_id = {departure} AND id IS DISTINCT FROM {but} AND released_at IS NULL
        AND (expires_at IS NULL OR expires_at > clock_timestamp());
"""


def _seats_never_below_what_is_held() -> pgtrigger.Trigger:
    """Staff may make a departure smaller, but not smaller than what was given out."""
    return pgtrigger.Trigger(
        name="seats_never_below_what_is_held",
        operation=pgtrigger.UpdateOf("seats"),
        when=pgtrigger.Before,
        condition=pgtrigger.Condition("NEW.seats < OLD.seats"),
        declare=[("held", "integer")],
        func=f"""
            {_HELD.format(departure="NEW.id", but="NULL")}
            IF held > NEW.seats THEN
                RAISE EXCEPTION '% seats are held, so there cannot be only %', held, NEW.seats USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def _never_more_than_there_are() -> pgtrigger.Trigger:
    """No seat is given out twice, whoever writes. The departure's row is locked first: two at once are counted one by one."""
    return pgtrigger.Trigger(
        name="never_more_than_there_are",
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("departure_id", "seats", "expires_at", "released_at"),
        when=pgtrigger.Before,
        condition=pgtrigger.Condition("NEW.released_at IS NULL"),
        declare=[("held", "integer"), ("there", "integer")],
        func=f"""
            IF NEW.expires_at IS NOT NULL AND NEW.expires_at <= clock_timestamp() THEN
                RETURN NEW;
            END IF;
            SELECT seats INTO there FROM customer_data_departure WHERE id = NEW.departure_id FOR NO KEY UPDATE;
            {_HELD.format(departure="NEW.departure_id", but="NEW.id")}
            IF held + NEW.seats > there THEN
                RAISE EXCEPTION '% seats are wanted, % of % are held', NEW.seats, held, there USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,  # noqa: S608  all of it is written here
    )


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
        triggers = (_seats_never_below_what_is_held(),)

    def __str__(self) -> str:
        return f"{self.tour}, {self.date_shown}"

    @classmethod
    def locked(cls, departure_id: int) -> Departure:
        """The row, and the lock under which its seats are given out. Where a booking is locked too, that comes first."""
        return cls.objects.select_for_update(of=("self",), no_key=True).select_related("tour").get(pk=departure_id)

    @property
    def date_shown(self) -> str:
        """`12 Dec 2026`."""
        return f"{self.starts_on.day} {self.starts_on:%b %Y}"

    def seats_held(self, *, but: SeatHold | None = None) -> int:
        """Seats that are given out, for a while or for good, leaving out one hold."""
        live = self.holds.filter(SeatHold.is_live()).exclude(pk__in=[but.pk] if but else [])
        return live.aggregate(held=Sum("seats"))["held"] or 0


class SeatHold(models.Model):
    """Seats of a departure kept for a customer: for a while, or for good once money for the booking is in."""

    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="holds")
    customer = models.ForeignKey("customer_data.Customer", on_delete=models.PROTECT, related_name="seat_holds")
    booking = models.OneToOneField(
        "customer_data.Booking", null=True, blank=True, on_delete=models.PROTECT, related_name="seat_hold"
    )
    seats = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    # What the customer was shown stays what it costs, whatever staff change before it is booked.
    price = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="For one traveller, when they were held."
    )
    currency = models.CharField(max_length=3, choices=Currency.choices, blank=True)
    deposit_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: kept for good.")
    released_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["departure"], condition=Q(released_at__isnull=True), name="hold_not_released"),
            models.Index(fields=["expires_at"], condition=Q(released_at__isnull=True), name="hold_what_runs_out"),
        )
        triggers = (_never_more_than_there_are(),)

    def __str__(self) -> str:
        return f"{self.seats} for {self.customer} on {self.departure}"

    @staticmethod
    def is_live(path: str = "") -> Q:
        """Holds that count, by the database's clock. `path`: the way from the queried rows to the holds."""
        lasts = Q(**{f"{path}expires_at__isnull": True}) | Q(**{f"{path}expires_at__gt": Now()})
        return Q(**{f"{path}released_at__isnull": True}) & lasts

    @classmethod
    def quoted(cls, departure: Departure, **fields: Any) -> SeatHold:
        """New seats at the tour's price of now."""
        tour = departure.tour
        terms = {"price": tour.price, "currency": tour.currency, "deposit_percent": tour.deposit_percent}
        return cls.objects.create(departure=departure, **terms, **fields)

    @property
    def total(self) -> Decimal:
        """What all the seats cost, in `currency`."""
        return (self.price or Decimal("0.00")) * self.seats

    @property
    def total_shown(self) -> str:
        return show_amount(self.total, self.currency)

    @property
    def deposit_shown(self) -> str:
        """The deposit for them; empty when none is offered."""
        deposit = share_of(self.total, self.deposit_percent or Decimal(0))
        return show_amount(deposit, self.currency) if 0 < deposit < self.total else ""

    @property
    def is_for_good(self) -> bool:
        """Whether money, or a payment that is open, keeps it."""
        return self.released_at is None and self.expires_at is None

    def keep(self, *, until: datetime | None) -> bool:
        """Keep these seats until then (None: for good), and take them again where the hold had run out or was released.

        False when they were given to somebody else meanwhile; then nothing was written. Takes the departure's lock.
        """
        try:
            with transaction.atomic():
                departure = Departure.locked(self.departure_id)
                if departure.seats_held(but=self) + self.seats > departure.seats:
                    return False
                SeatHold.objects.filter(pk=self.pk).update(expires_at=until, released_at=None)
        except IntegrityError:  # the database counted otherwise, and it is right; what the caller did so far stands
            return False
        self.expires_at, self.released_at = until, None
        return True
