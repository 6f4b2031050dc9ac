"""Who was sent a form, and the button that sends one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Button, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.payments import linked
from customer_data.admin.searching import bookings_like
from customer_data.models import Booking
from flows.inviting import CannotInvite, send_payment_flow
from flows.models import FlowSession
from flows.whatsapp import NotSent, SendRefused, SendUnknown

logger = logging.getLogger(__name__)


@admin.register(FlowSession)
class FlowSessionAdmin(ReadOnlyDesk):
    when_empty = "A payment form that was sent to a customer stands here. Send one from a booking's page."
    list_display = ("created_at", "customer", "shown_booking", "shown_payment", "opened_at", "spent_at", "expires_at")
    list_filter = (("created_at", DaysFilter),)
    list_select_related = ("customer", "booking", "payment")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    search_fields = ("booking__booking_reference",)
    search_help_text = "Booking, phone, name"
    # Never shown: the token's hash.
    fields = (("customer", "shown_booking"), ("shown_payment", "wamid"), ("created_at", "expires_at"), ("opened_at", "spent_at"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[FlowSession], search_term: str
    ) -> tuple[QuerySet[FlowSession], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(booking__in=Booking.objects.filter(bookings_like(search_term))), False

    @shown("Booking")
    def shown_booking(self, session: FlowSession) -> str:
        return linked(session.booking, session.booking.booking_reference) if session.booking else ""

    @shown("Payment")
    def shown_payment(self, session: FlowSession) -> str:
        return linked(session.payment, session.payment.reference) if session.payment else ""


def _send_request(booking: Booking, press: Press) -> str:
    try:
        send_payment_flow(booking)
    except (CannotInvite, NotSent, ValueError) as error:
        raise NotDone(f"Nothing was sent. {error}") from None
    except SendRefused as error:
        raise NotDone(f"WhatsApp did not take the message. {error}") from None
    except SendUnknown as error:
        raise NotDone(
            f"WhatsApp may or may not have taken the message: ask the customer before you send it again. {error}"
        ) from None
    return f"WhatsApp has taken the payment request to {booking.customer}."


def _requests(booking: Booking) -> Iterator[Sequence[object]]:
    for session in FlowSession.objects.filter(booking=booking).order_by("-created_at")[:100]:
        opened = "Opened" if session.opened_at else "Not opened yet"
        sent = "Sent" if session.wamid else "WhatsApp gave no answer"
        yield session.created_at, sent, "Completed" if session.spent_at else opened


add_button(
    Booking,
    Button(
        name="send-payment-request",
        label="Send payment request on WhatsApp",
        press=_send_request,
        hint="The customer gets a message with a Pay now button.",
        is_offered=lambda booking: booking.balance > 0,
        permission="customer_data.send_request_again",
    ),
)
add_panel(
    Booking,
    Panel("Payment requests on WhatsApp", FlowSession, ("When", "Message", "Form"), _requests),
)
