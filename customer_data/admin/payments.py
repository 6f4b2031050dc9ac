"""The page of payments: found in any way a customer can name one, read from top to bottom, and never edited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from customer_data.admin.desk import ReadOnlyDesk, link_to, moment, shown
from customer_data.admin.filters import DaysFilter, MethodFilter, PaidDaysFilter
from customer_data.admin.page import Ask, Button, Heading, NotDone, Press, add_button
from customer_data.admin.searching import address_of_found, payments_like, read_typed
from customer_data.admin.timeline import timeline_of
from customer_data.admin.wording import COLOUR_OF, gateway_label, how_often_asked, method_label, what_happens_next, what_is_known
from customer_data.doors import check_soon, send_soon
from customer_data.models import Booking, Payment
from customer_data.offer import CannotPay
from customer_data.services.asking_again import NotSentAgain, send_request_again
from customer_data.services.letters import CannotWrite, may_need_a_letter, write_letter
from customer_data.services.stopping import NothingToAsk, NotStopped, ask_gateway, can_be_asked, stop_waiting
from customer_data.services.transfers import CannotTransfer, transfer_payment
from customer_data.status import MONEY_IN, NEEDS_PROOF, Status

FIND = "find"


@admin.register(Payment)
class PaymentAdmin(ReadOnlyDesk):
    change_form_outer_after_template = "admin/desk/timeline.html"
    when_empty = (
        "A payment stands here from the moment a customer chooses how to pay. Send a payment request from a booking's page."
    )
    list_display = (
        "which",
        "shown_asked",
        "who",
        "shown_amount",
        "shown_status",
        "how",
    )
    list_filter = ("status", MethodFilter, "currency", "is_test", ("created_at", DaysFilter), ("processed_at", PaidDaysFilter))
    ordering = ("-created_at",)
    sortable_by = ("shown_asked",)
    search_fields = ("reference",)
    search_help_text = "Reference, booking, phone, name"
    # Never shown: the poll address (it needs no credentials), the one-time code, and what the gateway needs for itself.
    fieldsets = (
        (
            None,
            {"fields": (("shown_reference", "shown_booking"), ("shown_customer", "shown_phone"), ("shown_amount", "shown_way"))},
        ),
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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With `find`, from the first page's field: straight to the one payment, booking or customer that it names."""
        if FIND in request.GET and self.has_view_permission(request):
            return HttpResponseRedirect(address_of_found(request.GET[FIND], request.user))
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        payment = kwargs.get("obj")
        if payment is not None:
            context |= {"timeline": timeline_of(payment, request)}
        return super().render_change_form(request, context, *args, **kwargs)

    def heading(self, payment: Payment) -> Heading:
        return Heading(
            title=f"{payment.amount_shown} with {method_label(payment.payment_method)}",
            mark=payment.get_status_display(),
            colour=COLOUR_OF[Status(payment.status)],
            is_test=payment.is_test,
            lines=tuple(filter(None, (what_is_known(payment), what_happens_next(payment), how_often_asked(payment)))),
        )

    @shown("Reference")
    def shown_reference(self, payment: Payment) -> str:
        return payment.reference

    @shown("Asked for", ordering="created_at")
    def shown_asked(self, payment: Payment) -> datetime:
        return payment.created_at

    @shown("Customer", header=True)
    def who(self, payment: Payment) -> Sequence[str]:
        return str(payment.booking.customer), payment.booking.customer.known_phone

    @shown("Payment and booking", header=True)
    def which(self, payment: Payment) -> Sequence[str]:
        return payment.reference, payment.booking.booking_reference

    @shown("Way to pay", header=True)
    def how(self, payment: Payment) -> Sequence[str]:
        """With the number of the wallet, where there is one."""
        return method_label(payment.payment_method), payment.phone

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
    def shown_way(self, payment: Payment) -> str:
        method = method_label(payment.payment_method)
        return f"{method}, wallet {payment.phone}" if payment.phone else method

    @shown("Customer's phone")
    def shown_phone(self, payment: Payment) -> str:
        return payment.booking.customer.known_phone

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
    try:
        ask_gateway(payment, user=press.user)
    except NothingToAsk as error:
        raise NotDone(str(error)) from None
    check_soon(payment)
    return f"{gateway_label(payment)} is being asked. Its answer stands here in a few seconds: load this page again."


def _stop_waiting(payment: Payment, press: Press) -> str:
    try:
        stop_waiting(payment, user=press.user, reason=press.reason)
    except NotStopped as error:
        raise NotDone(str(error)) from None
    return "We stopped waiting. The customer is told and may pay in another way; should this money still come, it is taken."


def _send_again(payment: Payment, press: Press) -> str:
    try:
        newest = send_request_again(payment, user=press.user, reason=press.reason)
    except (NotSentAgain, CannotPay) as error:
        raise NotDone(f"Nothing was sent. {error}") from None
    send_soon(newest)
    return f"The customer is asked again, for {newest.amount_shown}: payment {newest.reference}. It stands on the booking's page."


def _move_to_another(payment: Payment, press: Press) -> str:
    to_booking = _booking_named(press.given["booking"])
    try:
        transfer_payment(payment, to_booking, reason=press.reason, user=press.user)
    except CannotTransfer as error:
        raise NotDone(f"Nothing was moved. {error}") from None
    return f"{payment.amount_shown} counts for {to_booking.booking_reference} now. Both customers are told on WhatsApp."


def _booking_named(typed: str) -> Booking:
    """By its reference, as people type it. Raises NotDone."""
    read = read_typed(typed)
    found = Booking.objects.filter(booking_reference__in=[read.booking_reference or read.text, read.text.upper()]).first()
    if found is None:
        raise NotDone(f"Nothing was moved: there is no booking {typed[:40]}. Type its reference, like {EXAMPLE_BOOKING}.")
    return found


def _write_letter(payment: Payment, press: Press) -> str:
    try:
        letter = write_letter(payment, approval_code=press.given["approval_code"], reason=press.reason, user=press.user)
    except CannotWrite as error:
        raise NotDone(f"No letter was written. {error}") from None
    return f"Letter {letter.number} is written. Open it from the timeline, print it, sign it and stamp it."


EXAMPLE_BOOKING = "BK7Q2M0F4X1AB"

_BUTTONS = (
    Button(
        name="ask-again",
        label="Ask the gateway again",
        press=_ask_again,
        hint="It is asked how this payment stands, nothing else. Safe to repeat.",
        is_offered=can_be_asked,
        permission="customer_data.ask_gateway",
    ),
    Button(
        name="send-again",
        label="Send the request again",
        press=_send_again,
        hint="The customer gets a new request for the same, once the first certainly brings nothing.",
        asks_why="Why?",
        is_offered=lambda payment: payment.status not in NEEDS_PROOF,
        permission="customer_data.send_request_again",
    ),
    Button(
        name="stop-waiting",
        label="Stop waiting",
        press=_stop_waiting,
        hint="The payment ends as expired, and the customer is told.",
        asks_why="Why?",
        is_offered=lambda payment: payment.is_open,
        permission="customer_data.stop_waiting",
    ),
    Button(
        name="move-to-booking",
        label="Move to another booking",
        press=_move_to_another,
        hint="The money counts there from now on, and both customers are told.",
        asks=(Ask("booking", "Reference of the other booking"),),
        asks_why="Why?",
        is_offered=lambda payment: payment.status in MONEY_IN,
        permission="customer_data.move_payment",
        is_grave=True,
    ),
    Button(
        name="write-letter",
        label="Write a non-receipt letter",
        press=_write_letter,
        hint="A PDF that states that this money never came. The wallet asks the customer for it before it gives a debit back.",
        asks=(Ask("approval_code", "Approval code, or the wallet's whole message", is_required=False),),
        asks_why="What is it for?",
        is_offered=may_need_a_letter,
        permission="customer_data.write_letter",
    ),
)
for _button in _BUTTONS:
    add_button(Payment, _button)
