"""WhatsApp in the admin: our Flows at Meta, who was sent one, and every message to a customer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from kombu.exceptions import OperationalError

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Button, Heading, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.payments import linked
from customer_data.admin.searching import bookings_like, customers_like
from customer_data.models import Booking, Customer, Payment
from flows import tasks
from flows.inviting import CannotInvite, send_payment_flow
from flows.models import FlowSession, Message, WhatsAppFlow
from flows.whatsapp import NotSent, SendRefused, SendUnknown

logger = logging.getLogger(__name__)


_COLOUR_OF_SYNC = {
    WhatsAppFlow.SyncStatus.NEVER: "warning",
    WhatsAppFlow.SyncStatus.CURRENT: "success",
    WhatsAppFlow.SyncStatus.CHANGED: "warning",
    WhatsAppFlow.SyncStatus.FAILED: "danger",
}


@admin.register(WhatsAppFlow)
class WhatsAppFlowAdmin(ReadOnlyDesk):
    list_display = ("name", "flow_id", "status", "shown_sync", "updated_at")
    ordering = ("name",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("name", "flow_id"), ("status", "updated_at"), "last_error")}),
        ("The version that was sent last", {"classes": ("collapse",), "fields": ("flow_json",)}),
    )

    def heading(self, flow: WhatsAppFlow) -> Heading:
        mark, colour = flow.get_sync_status_display(), _COLOUR_OF_SYNC[WhatsAppFlow.SyncStatus(flow.sync_status)]
        return Heading(flow.name, mark, colour, lines=(f"./manage.py publish_flow {flow.name} sends the present version to Meta.",))

    @shown("At Meta", label=_COLOUR_OF_SYNC)
    def shown_sync(self, flow: WhatsAppFlow) -> tuple[str, str]:
        return flow.sync_status, flow.get_sync_status_display()


@admin.register(FlowSession)
class FlowSessionAdmin(ReadOnlyDesk):
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
        return linked(session.booking, session.booking.booking_reference)

    @shown("Payment")
    def shown_payment(self, session: FlowSession) -> str:
        return linked(session.payment, session.payment.reference) if session.payment else ""


_COLOUR_OF_MESSAGE = {
    Message.Status.QUEUED: "info",
    Message.Status.SENDING: "warning",
    Message.Status.SENT: "success",
    Message.Status.FAILED: "danger",
}


@admin.register(Message)
class MessageAdmin(ReadOnlyDesk):
    list_display = ("created_at", "customer", "shown_status", "shown_text", "attempts", "last_error")
    list_filter = ("status", ("created_at", DaysFilter))
    list_select_related = ("customer",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer__name",)
    search_help_text = "Phone, name"
    fields = ("body", ("customer", "shown_payment"), ("created_at", "sent_at"), ("attempts", "next_try_at"), "wamid")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(customer__in=Customer.objects.filter(customers_like(search_term))), False

    def heading(self, message: Message) -> Heading:
        status = Message.Status(message.status)
        lines = (message.last_error,) if message.last_error else ()
        return Heading(f"Message to {message.customer}", status.label, _COLOUR_OF_MESSAGE[status], lines=lines)

    @shown("Status", label=_COLOUR_OF_MESSAGE)
    def shown_status(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()

    @shown("Text")
    def shown_text(self, message: Message) -> str:
        first = message.body.strip().split("\n", 1)[0]
        return first if len(first) <= 60 else f"{first[:59]}…"

    @shown("Payment")
    def shown_payment(self, message: Message) -> str:
        return linked(message.event.payment, message.event.payment.reference) if message.event else ""


# --- Buttons --------------------------------------------------------------------------------------
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


def _try_again(message: Message, press: Press) -> str:
    failed = Message.objects.filter(pk=message.pk, status=Message.Status.FAILED)
    if failed.update(status=Message.Status.QUEUED, attempts=0, next_try_at=timezone.now()) == 0:
        raise NotDone("This message has not failed, so it was left as it is.")
    try:
        tasks.send_message.delay(message.pk)
    except (OperationalError, OSError):
        logger.warning("The broker is away; message %s waits for the clock.", message.pk)
    return "The message is tried again. Load this page in a few seconds to see what became of it."


add_button(
    Booking,
    Button(
        name="send-payment-request",
        label="Send payment request on WhatsApp",
        press=_send_request,
        hint="The customer gets a message with a Pay now button.",
        is_offered=lambda booking: booking.balance > 0,
    ),
)
add_button(
    Message,
    Button(
        name="try-again",
        label="Try again",
        press=_try_again,
        is_offered=lambda message: message.status == Message.Status.FAILED,
        in_lists=True,
    ),
)


# --- Panels ---------------------------------------------------------------------------------------
def _requests(booking: Booking) -> Iterator[Sequence[object]]:
    for session in FlowSession.objects.filter(booking=booking).order_by("-created_at")[:100]:
        opened = "Opened" if session.opened_at else "Not opened yet"
        sent = "Sent" if session.wamid else "WhatsApp gave no answer"
        yield session.created_at, sent, "Completed" if session.spent_at else opened


def _told(payment: Payment) -> Iterator[Sequence[object]]:
    for message in Message.objects.filter(event__payment=payment).order_by("-pk")[:100]:
        yield message.created_at, linked(message, message.get_status_display()), message.body


add_panel(
    Booking,
    Panel("Payment requests on WhatsApp", FlowSession, ("When", "Message", "Form"), _requests, "None was sent yet."),
)
add_panel(
    Payment,
    Panel("What the customer was told on WhatsApp", Message, ("When", "Status", "Text"), _told, "Nothing yet."),
)
