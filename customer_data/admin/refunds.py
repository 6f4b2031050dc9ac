"""Money that goes back: what waits for approval first, one page for each refund with its trail, found by its references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html

from customer_data.admin.desk import ReadOnlyDesk, moment, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Heading, Panel, add_panel
from customer_data.admin.payments import TEST_MARK, linked
from customer_data.models import REFUND_UNDER_WAY, Payment, PaymentEvent, Refund, RefundStatus, RefundWay

COLOUR_OF_REFUND = {
    RefundStatus.REQUESTED: "warning",
    RefundStatus.APPROVED: "info",
    RefundStatus.SENT: "info",
    RefundStatus.DONE: "success",
    RefundStatus.FAILED: "danger",
}


class UnderWayFilter(admin.SimpleListFilter):
    """What is not at its end comes first; the rest is kept."""

    title = "how it stands"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((str(status), str(status.label)) for status in RefundStatus), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refund]) -> QuerySet[Refund]:
        if self.value() == "all":
            return queryset
        if self.value() in RefundStatus.values:
            return queryset.filter(status=self.value())
        return queryset.filter(status__in=sorted(REFUND_UNDER_WAY))

    def choices(self, changelist: Any) -> Iterator[Any]:
        nothing_chosen = changelist.get_query_string({}, [self.parameter_name])
        for choice in super().choices(changelist):
            yield {**choice, "display": "Under way"} if choice["query_string"] == nothing_chosen else choice


@admin.register(Refund)
class RefundAdmin(ReadOnlyDesk):
    when_empty = "No refund waits. One is asked for on the page of a payment whose money is in."
    list_display = ("reference", "requested_at", "who", "shown_amount", "shown_status", "way", "why")
    list_filter = (UnderWayFilter, "way", ("requested_at", DaysFilter))
    list_select_related = ("payment__booking__customer", "requested_by")
    sortable_by = ("requested_at",)
    search_fields = ("reference__iexact", "payment__reference__iexact", "payment__booking__booking_reference__iexact")
    search_help_text = "Whole reference of the refund, payment or booking"
    fieldsets = (
        (
            None,
            {"fields": (("reference", "shown_payment"), ("shown_customer", "shown_booking"), ("shown_amount", "way"), "reason")},
        ),
        (
            "Who and when",
            {
                "fields": (
                    ("requested_by", "shown_requested"),
                    ("approved_by", "shown_approved"),
                    ("sent_by", "shown_sent"),
                    ("done_by", "shown_done"),
                    ("proof_of_payment", "gateway_status"),
                    ("gateway_reference", "shown_next"),
                )
            },
        ),
    )
    shown_requested = moment("requested_at", "Asked for")
    shown_approved = moment("approved_at", "Approved")
    shown_sent = moment("sent_at", "Handed over")
    shown_done = moment("done_at", "Back with the customer")
    shown_next = moment("next_check_at", "The gateway is asked next")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """What waits for approval first, then what waits longest; a list of all of them is newest first."""
        if request.GET.get("status"):
            return ("-requested_at",)
        waits_for_approval = Case(When(status=RefundStatus.REQUESTED, then=Value(0)), default=Value(1))
        return (waits_for_approval.asc(), "requested_at")

    def heading(self, refund: Refund) -> Heading:
        return Heading(
            title=f"{refund.amount_shown} back to {refund.payment.booking.customer}",
            mark=refund.get_status_display(),
            colour=COLOUR_OF_REFUND[RefundStatus(refund.status)],
            is_test=refund.is_test,
            lines=(_stands(refund), f"Why: {refund.reason}"),
        )

    @shown("Customer", header=True)
    def who(self, refund: Refund) -> Sequence[str]:
        customer = refund.payment.booking.customer
        return str(customer), customer.known_phone

    @shown("Why", header=True)
    def why(self, refund: Refund) -> Sequence[str]:
        return refund.reason, f"{refund.requested_by} asks"

    @shown("Customer")
    def shown_customer(self, refund: Refund) -> str:
        return str(refund.payment.booking.customer)

    @shown("Payment")
    def shown_payment(self, refund: Refund) -> str:
        return linked(refund.payment, f"{refund.payment.reference}, {refund.payment.amount_shown}")

    @shown("Booking")
    def shown_booking(self, refund: Refund) -> str:
        return linked(refund.payment.booking)

    @shown("Amount", ordering="amount")
    def shown_amount(self, refund: Refund) -> str:
        return format_html("{} {}", refund.amount_shown, TEST_MARK) if refund.is_test else refund.amount_shown

    @shown("Status", label=COLOUR_OF_REFUND)
    def shown_status(self, refund: Refund) -> tuple[str, str]:
        return refund.status, refund.get_status_display()


def _stands(refund: Refund) -> str:
    """What is true now, and who does what next."""
    by_gateway = refund.way == RefundWay.GATEWAY
    if refund.status == RefundStatus.REQUESTED:
        return f"{refund.requested_by} asks for it. Somebody else approves it or turns it down; nothing has left us."
    if refund.status == RefundStatus.APPROVED:
        return "It is handed to the gateway in a moment." if by_gateway else "Approved. Somebody must pay it back: take it first."
    if refund.status == RefundStatus.SENT:
        taken = f"{refund.sent_by} is paying it back. Do not pay it a second time."
        return "The gateway has it and is asked how it stands, until it ends." if by_gateway else taken
    if refund.status == RefundStatus.DONE:
        proof = f"under {refund.proof_of_payment}" if refund.proof_of_payment else f"the gateway says {refund.gateway_status}"
        return f"The customer has the money back, {proof}."
    return f"Nothing went back. {refund.failure}"


# --- Panels ---------------------------------------------------------------------------------------
def _refunds(payment: Payment) -> Iterator[Sequence[object]]:
    for refund in Refund.objects.filter(payment=payment).select_related("requested_by").order_by("-pk")[:100]:
        asked = str(refund.requested_by)
        yield (
            refund.requested_at,
            linked(refund, refund.reference),
            refund.amount_shown,
            refund.get_status_display(),
            asked,
            refund.reason,
        )


def _trail(refund: Refund) -> Iterator[Sequence[object]]:
    events = PaymentEvent.objects.filter(payment=refund.payment_id, details__refund=refund.reference).order_by("-id")
    for event in events:
        status = event.details.get("refund_status", "")
        stands = RefundStatus(status).label if status in RefundStatus.values else ""
        yield event.created_at, stands, event.source, event.actor, event.reason


add_panel(
    Payment,
    Panel("Refunds", Refund, ("Asked for", "Reference", "Amount", "Status", "By", "Why"), _refunds),
)
add_panel(
    Refund, Panel("Trail", Refund, ("When", "It was then", "Through", "Who", "What happened"), _trail, "Nothing has happened yet.")
)
