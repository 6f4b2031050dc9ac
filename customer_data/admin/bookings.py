"""The page of bookings: what was sold, what has been paid for it, and what is still owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from customer_data import seats
from customer_data.admin.desk import Desk, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import TEST_MARK, linked
from customer_data.admin.searching import bookings_like
from customer_data.admin.tours import state_of
from customer_data.admin.wording import COLOUR_OF_BOOKING, method_label
from customer_data.models import Booking, Departure, Payment, SeatHold
from customer_data.money import show_amount
from customer_data.services import money_to_give_back
from customer_data.status import OPEN, BookingStatus

_WHY_FIXED = "Its money has been asked for, so customer, total and deposit stay as they are."
_TERMS = ("customer", "total_amount", "currency", "deposit_percent")
_TRIP = ("departure", "travellers")
_CANCELLED = "cancelled"
_COLOUR_OF: dict[str, str] = {**{str(status): colour for status, colour in COLOUR_OF_BOOKING.items()}, _CANCELLED: "danger"}


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A booking that staff make may be for a date; then its seats must be free."""

    def clean(self) -> dict[str, Any]:
        """The departure's lock is held from here until the booking is saved, so that its seats are still free then."""
        cleaned = super().clean() or {}
        departure, travellers = cleaned.get("departure"), cleaned.get("travellers")
        if bool(departure) != bool(travellers):
            self.add_error("departure" if travellers else "travellers", "A trip needs both: the date, and how many travel.")
        elif departure is not None and travellers is not None:
            locked = Departure.locked(departure.pk)
            if locked.seats - locked.seats_held() < travellers:
                self.add_error("travellers", str(seats.no_seats(locked, travellers)))
        return cleaned


@admin.register(Booking)
class BookingAdmin(Desk):
    form = BookingForm
    when_empty = "Bookings made in the chat stand here by themselves. Add one for somebody who books by phone or at the counter."
    list_display = (
        "which",
        "created_at",
        "who",
        "paid_of_total",
        "shown_balance",
        "shown_status",
    )
    list_filter = ("payment_status", "currency", "is_test", ("created_at", DaysFilter))
    list_select_related = ("customer",)
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("booking_reference",)
    search_help_text = "Reference, phone, name, title"
    autocomplete_fields = ("customer", "departure")
    add_fieldsets = (
        (None, {"fields": ("title", "customer", ("total_amount", "currency"), "deposit_percent")}),
        (
            "Trip",
            {"fields": (_TRIP,), "description": "Its seats are kept for three days, and for good once money is in."},
        ),
    )
    fieldsets = (
        (None, {"fields": ("booking_reference", "title", "customer", ("total_amount", "currency"), "deposit_percent")}),
        ("Trip", {"fields": (_TRIP, "shown_seats")}),
        ("Money", {"fields": (("shown_deposit", "shown_total"), ("shown_paid", "shown_balance"))}),
    )
    fixed_fieldsets = (
        (None, {"fields": ("booking_reference", "title", "customer")}),
        ("Trip", {"fields": (_TRIP, "shown_seats")}),
        ("Money", {"fields": (("shown_deposit", "shown_total"), ("shown_paid", "shown_balance"))}),
    )
    readonly_fields = ("booking_reference", "shown_deposit", "shown_total", "shown_paid", "shown_balance", "shown_seats")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Booking | None:
        """Locked while a form is being saved, so that no payment opens between reading the terms and changing them."""
        booking: Booking | None = super().get_object(request, object_id, from_field)
        if booking is not None and request.method == "POST" and _is_saving(request):
            return Booking.objects.select_for_update(of=("self",)).select_related("customer").get(pk=booking.pk)
        return booking

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fixed_fieldsets if obj is not None and terms_stand(obj) else super().get_fieldsets(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A booking that somebody tried to pay is kept."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.payments.exists())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The terms of a booking stand from the moment somebody is asked for its money; its date from the beginning."""
        if obj is None:
            return self.readonly_fields
        return (*self.readonly_fields, *_TRIP, *(_TERMS if terms_stand(obj) else ()))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str
    ) -> tuple[QuerySet[Booking], bool]:
        return (queryset.filter(bookings_like(search_term)) if search_term.strip() else queryset), False

    def save_model(self, request: HttpRequest, obj: Booking, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        """Only what was typed is written: what is paid follows from the payments."""
        if not change:
            obj.save()
            if obj.departure is not None:
                seats.seats_for_staff_booking(obj)
        elif form.changed_data:
            obj.save(update_fields=[*form.changed_data, "updated_at"])

    def heading(self, booking: Booking) -> Heading:
        paid, total = show_amount(booking.amount_paid, booking.currency), show_amount(booking.total_amount, booking.currency)
        owed = f"Still owed: {booking.balance_shown}." if booking.balance else "Nothing is owed."
        key, mark = self.shown_status(booking)
        fixed = (_WHY_FIXED,) if booking.cancelled_at is None and terms_stand(booking) else ()
        return Heading(
            title=booking.title,
            mark=mark,
            colour=_COLOUR_OF[key],
            is_test=booking.is_test,
            lines=(*_cancelled(booking), f"Paid {paid} of {total}. {owed}", _whom_to_call(booking), *fixed),
        )

    @shown("Booking", header=True)
    def which(self, booking: Booking) -> Sequence[str]:
        return booking.booking_reference, booking.title

    @shown("Customer", header=True)
    def who(self, booking: Booking) -> Sequence[str]:
        return str(booking.customer), booking.customer.known_phone

    @shown("Paid", header=True)
    def paid_of_total(self, booking: Booking) -> Sequence[str]:
        return self.shown_paid(booking), f"of {self.shown_total(booking)}"

    @shown("Total", ordering="total_amount")
    def shown_total(self, booking: Booking) -> str:
        return show_amount(booking.total_amount, booking.currency)

    @shown("Deposit")
    def shown_deposit(self, booking: Booking) -> str:
        if not booking.deposit_amount:
            return "No deposit is offered"
        return f"{show_amount(booking.deposit_amount, booking.currency)} ({booking.deposit_percent.normalize():f} %)"

    @shown("Seats")
    def shown_seats(self, booking: Booking) -> str:
        hold = SeatHold.objects.filter(booking=booking).first()
        return linked(hold, state_of(hold)[1]) if hold else "None kept"

    @shown("Paid")
    def shown_paid(self, booking: Booking) -> str:
        paid = show_amount(booking.amount_paid, booking.currency)
        return format_html("{} {}", paid, TEST_MARK) if booking.is_test else paid

    @shown("Still owed")
    def shown_balance(self, booking: Booking) -> str:
        return booking.balance_shown

    @shown("Status", label=_COLOUR_OF)
    def shown_status(self, booking: Booking) -> tuple[str, str]:
        money = booking.get_payment_status_display()
        if booking.cancelled_at is None:
            return booking.payment_status, money
        return _CANCELLED, f"Cancelled, {money.lower()}"


def terms_stand(booking: Booking) -> bool:
    """Whether customer, total, currency and deposit may not change any more: money is in, was in, or may come at any moment.

    An attempt that ended unpaid keeps them too once it has been sent: late money must meet the terms it was asked under.
    """
    asked = booking.payments.filter(status__in=OPEN) | booking.payments.filter(sends_made__gt=0)
    if booking.cancelled_at is not None:
        return True
    return booking.amount_paid > 0 or booking.payment_status != BookingStatus.UNPAID or asked.exists()


def _whom_to_call(booking: Booking) -> str:
    """The customer, with the number where one is known."""
    customer = booking.customer
    return ", ".join(dict.fromkeys(filter(None, (str(customer), customer.known_phone))))


def _cancelled(booking: Booking) -> tuple[str, ...]:
    """Who cancelled it and why, and what is to be done about its money."""
    if booking.cancelled_at is None:
        return ()
    when = timezone.localtime(booking.cancelled_at)
    sentence = f"Cancelled on {when.day} {when:%B %Y} by {booking.cancelled_by}: {booking.cancel_reason}"
    return (sentence, *(("Money is in. Ask for its refund, if it is to go back.",) if money_to_give_back(booking) else ()))


def _is_saving(request: HttpRequest) -> bool:
    return request.resolver_match is not None and (request.resolver_match.url_name or "").endswith("_change")


def _payments(booking: Booking) -> Iterator[Sequence[object]]:
    for payment in Payment.objects.filter(booking=booking).defer("otp", "poll_url", "gateway_data").order_by("-created_at")[:100]:
        mark = " (test)" if payment.is_test else ""
        status = f"{payment.get_status_display()}{mark}"
        yield (
            payment.created_at,
            linked(payment, payment.reference),
            payment.amount_shown,
            method_label(payment.payment_method),
            status,
        )


add_panel(
    Booking,
    Panel("Payments", Payment, ("When", "Reference", "Amount", "Way to pay", "Status"), _payments, "Nobody has tried to pay yet."),
)
