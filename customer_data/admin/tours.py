"""The pages of tours, their dates, and the seats that are held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from customer_data import seats
from customer_data.admin.desk import Desk, ReadOnlyDesk, shown
from customer_data.admin.page import Button, Heading, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.payments import linked
from customer_data.models import Departure, SeatHold, Tour

if TYPE_CHECKING:
    _TabularInline = admin.TabularInline[Any, Any]
else:
    from unfold.admin import TabularInline as _TabularInline

_STATES = {"firm": "success", "kept": "info", "lapsed": "warning", "released": ""}


class DepartureForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Seats never below what is held, and a date that somebody booked stays that date."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk is None or not self.changed_data:
            return cleaned
        held = Departure.locked(self.instance.pk).seats_held()
        if cleaned.get("seats") is not None and cleaned["seats"] < held:
            self.add_error("seats", f"{held} seats are held: there cannot be fewer. Give some back first, or close this date.")
        if "starts_on" in self.changed_data and self.instance.holds.filter(booking__isnull=False).exists():
            self.add_error("starts_on", "This date is booked and stays as it is. Close it, and add another date.")
        return cleaned


class DepartureInline(_TabularInline):
    """The dates that are still ahead; those behind are on the page of departures."""

    model = Departure
    form = DepartureForm
    extra = 0
    fields = ("starts_on", "seats", "shown_taken", "shown_free", "is_open")
    readonly_fields = ("shown_taken", "shown_free")
    ordering = ("starts_on",)
    show_change_link = True
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Departure]:
        return with_seats_held(super().get_queryset(request).filter(starts_on__gte=timezone.localdate()))

    @shown("Taken")
    def shown_taken(self, departure: Departure) -> str:
        return str(getattr(departure, "held", 0))

    @shown("Free")
    def shown_free(self, departure: Departure) -> str:
        return "" if departure.pk is None else str(departure.seats - getattr(departure, "held", 0))


@admin.register(Tour)
class TourAdmin(Desk):
    when_empty = "Add a tour and its dates: customers can book it in the chat at once."
    list_display = ("name", "summary", "shown_price", "shown_deposit", "position", "is_offered")
    list_filter = ("is_offered", "currency")
    ordering = ("position", "name")
    sortable_by = ()
    search_fields = ("name",)
    inlines = (DepartureInline,)
    fieldsets = (
        ("In the chat", {"fields": ("name", "summary", "details", ("is_offered", "position"))}),
        ("Price", {"fields": (("price", "currency"), ("deposit_percent", "most_travellers"))}),
    )

    def heading(self, tour: Tour) -> Heading:
        mark, colour = ("Offered", "success") if tour.is_offered else ("Not offered", "warning")
        dates = len(seats.free_departures(tour, today=timezone.localdate()))
        line = f"{dates} dates can be booked." if dates != 1 else "1 date can be booked."
        changes = "A changed price holds for new bookings; those that were made keep theirs."
        return Heading(title=f"{tour.name}, {tour.price_shown}", mark=mark, colour=colour, lines=(line, changes))

    @shown("Price", ordering="price")
    def shown_price(self, tour: Tour) -> str:
        return tour.price_shown

    @shown("Deposit")
    def shown_deposit(self, tour: Tour) -> str:
        return f"{tour.deposit_percent.normalize():f} %" if tour.deposit_percent else "None"


class AheadFilter(admin.SimpleListFilter):
    """Dates ahead come first."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("behind", "Behind us"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all" or request.resolver_match is None or request.resolver_match.url_name == "autocomplete":
            return queryset
        today = timezone.localdate()
        return queryset.filter(starts_on__lt=today) if self.value() == "behind" else queryset.filter(starts_on__gte=today)

    def choices(self, changelist: Any) -> Iterator[Any]:
        ahead = changelist.get_query_string({}, [self.parameter_name])
        for choice in super().choices(changelist):
            yield {**choice, "display": "Ahead"} if choice["query_string"] == ahead else choice


@admin.register(Departure)
class DepartureAdmin(Desk):
    form = DepartureForm
    when_empty = "No dates. Add the dates of a tour on the tour's page."
    list_display = ("starts_on", "tour", "seats", "shown_taken", "shown_free", "is_open")
    list_filter = (AheadFilter, "tour", "is_open")
    list_select_related = ("tour",)
    ordering = ("starts_on",)
    sortable_by = ("starts_on",)
    search_fields = ("tour__name",)
    search_help_text = "Tour"
    autocomplete_fields = ("tour",)
    fields = (("tour", "starts_on"), ("seats", "is_open"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Departure]:
        return with_seats_held(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("tour",)

    def heading(self, departure: Departure) -> Heading:
        held = departure.seats_held()
        mark, colour = ("Open", "success") if departure.is_open else ("Closed", "warning")
        taken = f"{held} of {departure.seats} seats are taken, {departure.seats - held} are free."
        return Heading(title=str(departure), mark=mark, colour=colour, lines=(taken,))

    @shown("Taken")
    def shown_taken(self, departure: Departure) -> str:
        return str(getattr(departure, "held", 0))

    @shown("Free")
    def shown_free(self, departure: Departure) -> str:
        return str(departure.seats - getattr(departure, "held", 0))


@admin.register(SeatHold)
class SeatHoldAdmin(ReadOnlyDesk):
    when_empty = "Seats are held here from the moment somebody chooses a date."
    list_display = ("shown_departure", "shown_customer", "seats", "shown_booking", "shown_state", "created_at")
    list_filter = ("departure__tour",)
    list_select_related = ("departure__tour", "customer", "booking")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("customer__name", "booking__booking_reference")
    search_help_text = "Customer, booking"
    fields = (("shown_departure_page", "shown_customer"), ("seats", "shown_booking"), ("expires_at", "released_at"))

    def heading(self, hold: SeatHold) -> Heading:
        state, sentence = state_of(hold)
        return Heading(title=str(hold), mark=state.capitalize(), colour=_STATES[state], lines=(f"{sentence}.",))

    @shown("Date")
    def shown_departure(self, hold: SeatHold) -> str:
        """In the list the whole cell leads to the hold; a link in a link leads nowhere."""
        return str(hold.departure)

    @shown("Date")
    def shown_departure_page(self, hold: SeatHold) -> str:
        return linked(hold.departure)

    @shown("Customer")
    def shown_customer(self, hold: SeatHold) -> str:
        return linked(hold.customer)

    @shown("Booking")
    def shown_booking(self, hold: SeatHold) -> str:
        return linked(hold.booking, hold.booking.booking_reference) if hold.booking else ""

    @shown("How it stands", label=_STATES)
    def shown_state(self, hold: SeatHold) -> tuple[str, str]:
        return state_of(hold)


def with_seats_held(departures: QuerySet[Departure]) -> QuerySet[Departure]:
    """Departures with `held`: their seats that are given out, for a while or for good."""
    held = Coalesce(Sum("holds__seats", filter=SeatHold.is_live("holds__")), 0)
    return departures.annotate(held=held).order_by(F("starts_on"))


def state_of(hold: SeatHold) -> tuple[str, str]:
    """How a hold stands in one word, and in words."""
    if hold.released_at is not None:
        return "released", "Free again"
    if hold.expires_at is None:
        return "firm", "Kept for good"
    if hold.expires_at <= timezone.now():
        return "lapsed", "Ran out: free again"
    return "kept", f"Kept until {date_format(localtime(hold.expires_at), 'j M Y, H:i')}"


# --- Buttons and panels ---------------------------------------------------------------------------
def _lengthen(hold: SeatHold, press: Press) -> str:
    try:
        seats.lengthen_hold(hold)
    except seats.NoSeats as error:
        raise NotDone(f"Nothing was kept. {error}") from None
    return f"{state_of(hold)[1]}."


def _give_back(hold: SeatHold, press: Press) -> str:
    if not seats.give_back_seats(hold):
        raise NotDone("The seats stay: money is in for this booking, or a payment is open. Give the money back first.")
    return f"The seats are free again. Reason: {press.reason}"


def _who_comes(departure: Departure) -> Iterator[Sequence[object]]:
    holds = departure.holds.select_related("customer", "booking").order_by("-created_at")
    for hold in holds:
        booking = linked(hold.booking, hold.booking.booking_reference) if hold.booking else "Still choosing"
        paid = hold.booking.get_payment_status_display() if hold.booking else ""
        yield hold.created_at, linked(hold.customer), hold.seats, booking, paid, linked(hold, state_of(hold)[1])


add_button(
    SeatHold,
    Button(
        name="lengthen",
        label="Keep 3 days longer",
        press=_lengthen,
        hint="For somebody who pays by bank or in cash.",
        is_offered=lambda hold: not hold.is_for_good,
    ),
)
add_button(
    SeatHold,
    Button(
        name="give-back",
        label="Give the seats back",
        press=_give_back,
        hint="For somebody who does not come. Not while money is in.",
        asks_why="Why?",
        is_offered=lambda hold: hold.released_at is None,
    ),
)
add_panel(
    Departure,
    Panel("Who comes", SeatHold, ("When", "Customer", "Seats", "Booking", "Paid", "Seats are"), _who_comes, "Nobody yet."),
)
