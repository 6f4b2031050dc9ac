"""Every message to a customer, and how it stands."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from customer_data.admin.desk import ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter, words_filter
from customer_data.admin.page import Button, Heading, NotDone, Press, add_button
from customer_data.admin.payments import linked
from customer_data.admin.searching import customers_like
from customer_data.models import Customer
from flows import outbox, tasks
from flows.models import Message
from flows.outgoing import KINDS

_COLOUR_OF_MESSAGE = {
    Message.Status.QUEUED: "info",
    Message.Status.SENDING: "warning",
    Message.Status.SENT: "info",
    Message.Status.DELIVERED: "success",
    Message.Status.READ: "success",
    Message.Status.FAILED: "danger",
}


_KINDS = {kind: kind.capitalize() for kind in KINDS}


@admin.register(Message)
class MessageAdmin(ReadOnlyDesk):
    when_empty = "Everything that we send on WhatsApp stands here, with what became of it."
    list_display = ("created_at", "customer", "shown_status", "kind", "shown_text", "attempts", "last_error")
    list_filter = ("status", words_filter("kind", "kind", _KINDS), ("created_at", DaysFilter))
    list_select_related = ("customer",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("customer__name",)
    search_help_text = "Phone, name"
    fields = (
        "body",
        ("customer", "shown_payment"),
        ("kind", "created_at"),
        ("sent_at", "delivered_at", "read_at"),
        ("attempts", "next_try_at", "error_code"),
        "wamid",
    )

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


def _try_again(message: Message, press: Press) -> str:
    if not outbox.try_again(message):
        raise NotDone("This message has not failed, so it was left as it is.")
    tasks.send_soon(message)
    return "The message is tried again. Load this page in a few seconds to see what became of it."


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
