"""The page of payments: found in any way a customer can name one, read from top to bottom, and never edited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from customer_data.admin.desk import ReadOnlyDesk, link_to, moment, shown
from customer_data.admin.filters import DaysFilter, MethodFilter
from customer_data.admin.page import Button, Heading, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.searching import payments_like
from customer_data.admin.wording import COLOUR_OF, gateway_label, method_label, what_happens_next, what_is_known
from customer_data.doors import check_soon
from customer_data.models import Concern, IllegalMove, Payment, PaymentEvent
from customer_data.services import expire_payment
from customer_data.status import Reason, Status


@admin.register(Payment)
class PaymentAdmin(ReadOnlyDesk):
    list_display = (
        "shown_reference",
        "created_at",
        "customer_and_booking",
        "shown_amount",
        "shown_method",
        "shown_status",
        "phone",
    )
    list_filter = ("status", MethodFilter, "currency", "is_test", ("created_at", DaysFilter))
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("reference",)
    search_help_text = "Reference, booking, phone, name"
    # Never shown: the poll address (it needs no credentials), the one-time code, and what the gateway needs for itself.
    fieldsets = (
        (None, {"fields": (("shown_reference", "shown_booking"), ("shown_customer", "phone"), ("shown_amount", "shown_method"))}),
        (
            "At the gateway",
            {
                "classes": ("collapse",),
                "fields": (
                    ("shown_gateway", "account"),
                    ("gateway_reference", "gateway_status"),
                    ("instructions", "authorization_code", "authorization_expires"),
                    ("email", "notes"),
                ),
            },
        ),
        (
            "When",
            {
                "classes": ("collapse",),
                "fields": (
                    ("shown_created", "shown_sent"),
                    ("shown_checked", "checks_made"),
                    ("shown_rung", "shown_reported"),
                    ("shown_ended", "approved_by"),
                ),
            },
        ),
    )
    shown_created = moment("created_at", "Asked for")
    shown_sent = moment("sent_at", "Sent to the gateway")
    shown_checked = moment("checked_at", "Gateway last asked")
    shown_rung = moment("ipn_received_at", "Last notification")
    shown_reported = moment("reported_at", "Gateway last answered")
    shown_ended = moment("processed_at", "First ended")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        payments: QuerySet[Payment] = super().get_queryset(request)
        return payments.select_related("booking__customer", "approved_by").defer("otp", "poll_url", "gateway_data", "redirect_url")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        return (queryset.filter(payments_like(search_term)) if search_term.strip() else queryset), False

    def heading(self, payment: Payment) -> Heading:
        return Heading(
            title=f"{payment.amount_shown} with {method_label(payment.payment_method)}",
            mark=payment.get_status_display(),
            colour=COLOUR_OF[Status(payment.status)],
            is_test=payment.is_test,
            lines=(what_is_known(payment), what_happens_next(payment)),
        )

    @shown("Reference", ordering="reference")
    def shown_reference(self, payment: Payment) -> str:
        return payment.reference

    @shown("Customer", header=True)
    def customer_and_booking(self, payment: Payment) -> Sequence[str]:
        return str(payment.booking.customer), payment.booking.booking_reference

    @shown("Booking")
    def shown_booking(self, payment: Payment) -> str:
        return linked(payment.booking)

    @shown("Customer")
    def shown_customer(self, payment: Payment) -> str:
        return linked(payment.booking.customer)

    @shown("Amount", ordering="amount")
    def shown_amount(self, payment: Payment) -> str:
        if not payment.is_test:
            return payment.amount_shown
        return format_html("{} {}", payment.amount_shown, TEST_MARK)

    @shown("Way to pay")
    def shown_method(self, payment: Payment) -> str:
        return method_label(payment.payment_method)

    @shown("Status", label=COLOUR_OF)
    def shown_status(self, payment: Payment) -> tuple[str, str]:
        return payment.status, payment.get_status_display()

    @shown("Gateway")
    def shown_gateway(self, payment: Payment) -> str:
        return gateway_label(payment)


TEST_MARK = format_html(
    '<span class="{}">{}</span>',
    "inline-block font-semibold rounded-default text-[11px] uppercase whitespace-nowrap h-5 leading-5 px-1.5 bg-orange-100 "
    "text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "Test",
)


def linked(row: Any, text: str = "") -> str:
    """A link to a row's own page."""
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', *link_to(row, text))


# --- Buttons --------------------------------------------------------------------------------------
def _ask_again(payment: Payment, press: Press) -> str:
    gateway = gateway_label(payment)
    if payment.status == Status.CREATED or payment.unsent:
        raise NotDone(f"It has not been sent to {gateway} yet, so there is nothing to ask. It is sent by itself in a moment.")
    check_soon(payment)
    return f"{gateway} is being asked. Its answer stands in the trail below in a few seconds: load this page again."


def _stop_waiting(payment: Payment, press: Press) -> str:
    try:
        stopped = expire_payment(
            payment, source="admin", actor=press.actor, reason=Reason.STOPPED_BY_STAFF, sentence=f"Stopped by staff: {press.reason}"
        )
    except IllegalMove:
        stopped = False
    if not stopped:
        raise NotDone("The payment has moved in the meantime and was left as it is. Look at how it stands now.")
    return "We stopped waiting. The customer is told and may pay in another way; should this money still come, it is taken."


add_button(
    Payment,
    Button(
        name="ask-again",
        label="Ask the gateway again",
        press=_ask_again,
        hint="It is asked how this payment stands, nothing else. Safe to repeat.",
        is_offered=lambda payment: bool(payment.gateway),
    ),
)
add_button(
    Payment,
    Button(
        name="stop-waiting",
        label="Stop waiting",
        press=_stop_waiting,
        hint="The payment ends as expired, and the customer is told.",
        asks_why="Why?",
        is_offered=lambda payment: payment.is_open,
    ),
)


# --- Panels ---------------------------------------------------------------------------------------
def _concerns(payment: Payment) -> Iterator[Sequence[object]]:
    for concern in payment.concerns.select_related("solved_by").order_by("-created_at"):
        solved = f"Solved by {concern.solved_by}" if concern.solved_at else "Open"
        yield concern.created_at, linked(concern, concern.get_kind_display()), concern.sentence, solved


def _trail(payment: Payment) -> Iterator[Sequence[object]]:
    """Newest first: what a cashier asks is what happened last."""
    for event in PaymentEvent.objects.filter(payment=payment).order_by("-id"):
        yield event.created_at, _move(event), event.source, event.actor, event.reason


def _move(event: PaymentEvent) -> str:
    end = Status(event.to_status).label
    if not event.is_move:
        return f"still {end.lower()}"
    return f"{Status(event.from_status).label} → {end}" if event.from_status in Status.values else f"{end} (new)"


add_panel(
    Payment, Panel("Needs a person", Concern, ("When", "What", "In words", "How it stands"), _concerns, "Nothing to look at.")
)
add_panel(
    Payment,
    Panel("Trail", Payment, ("When", "What happened", "Through", "Who", "Why"), _trail, "Nothing has happened yet."),
)
