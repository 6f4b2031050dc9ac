"""Disputed payments: the cases by deadline, what was answered, and how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from customer_data.admin.desk import ReadOnlyDesk, moment, shown
from customer_data.admin.page import Ask, Button, Heading, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.payments import linked
from customer_data.admin.wording import clock_time, in_words
from customer_data.models import Dispute, DisputeStatus, Payment
from customer_data.services import CannotAnswer, record_answer

COLOUR_OF_CASE = {"open": "info", "soon": "warning", "overdue": "danger", "answered": "info", "won": "success", "lost": "danger"}
SOON_DAYS = 2


class OpenCasesFilter(admin.SimpleListFilter):
    """Open cases first; closed ones are kept."""

    title = "how it stands"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "Closed"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Dispute]) -> QuerySet[Dispute]:
        if self.value() == "all":
            return queryset
        is_open = queryset.filter(status=DisputeStatus.OPEN)
        return queryset.exclude(status=DisputeStatus.OPEN) if self.value() == "closed" else is_open

    def choices(self, changelist: Any) -> Iterator[Any]:
        nothing_chosen = changelist.get_query_string({}, [self.parameter_name])
        for choice in super().choices(changelist):
            yield {**choice, "display": "Open"} if choice["query_string"] == nothing_chosen else choice


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyDesk):
    when_empty = "No customer disputes a payment. When a gateway holds money for one, the case stands here with its deadline."
    list_display = ("shown_payment", "shown_customer", "shown_amount", "opened_at", "deadline", "shown_case", "answered_by")
    list_filter = (OpenCasesFilter,)
    list_select_related = ("payment__booking__customer", "answered_by")
    ordering = ("deadline",)
    sortable_by = ("deadline",)
    fields = (
        ("shown_payment_page", "shown_booking"),
        ("shown_customer", "shown_amount"),
        ("shown_opened", "shown_deadline"),
        ("answered_by", "shown_answered"),
        "answer",
        "shown_closed",
    )
    shown_opened = moment("opened_at", "Opened")
    shown_deadline = moment("deadline", "Answer before")
    shown_answered = moment("answered_at", "Answered")
    shown_closed = moment("closed_at", "Closed")

    def heading(self, dispute: Dispute) -> Heading:
        case, words = _case(dispute, timezone.now())
        return Heading(
            title=f"{dispute.payment.amount_shown} disputed by {dispute.payment.booking.customer}",
            mark=words,
            colour=COLOUR_OF_CASE[case],
            is_test=dispute.payment.is_test,
            lines=_next_steps(dispute),
        )

    @shown("Payment")
    def shown_payment(self, dispute: Dispute) -> str:
        """In the list the cell leads to the case."""
        return dispute.payment.reference

    @shown("Payment")
    def shown_payment_page(self, dispute: Dispute) -> str:
        return linked(dispute.payment, dispute.payment.reference)

    @shown("Booking")
    def shown_booking(self, dispute: Dispute) -> str:
        return linked(dispute.payment.booking)

    @shown("Customer")
    def shown_customer(self, dispute: Dispute) -> str:
        return str(dispute.payment.booking.customer)

    @shown("Amount")
    def shown_amount(self, dispute: Dispute) -> str:
        return dispute.payment.amount_shown

    @shown("How it stands", label=COLOUR_OF_CASE)
    def shown_case(self, dispute: Dispute) -> tuple[str, str]:
        return _case(dispute, timezone.now())


def _case(dispute: Dispute, now: datetime) -> tuple[str, str]:
    """The colour's key, and the words: how much time is left."""
    if dispute.status != DisputeStatus.OPEN:
        return dispute.status, "Won" if dispute.status == DisputeStatus.WON else "Lost"
    if dispute.answered_at is not None:
        return "answered", "Answered"
    if dispute.deadline <= now:
        return "overdue", "Overdue"
    left = dispute.deadline - now
    return ("soon" if left.days < SOON_DAYS else "open"), f"Answer {in_words(left)}"


def _next_steps(dispute: Dispute) -> tuple[str, ...]:
    if dispute.status != DisputeStatus.OPEN:
        return (f"{dispute.get_status_display()}.",)
    before = (
        f"Answer it on the gateway's own pages before {clock_time(dispute.deadline, timezone.now())}, with the evidence you have."
    )
    if dispute.answered_at is not None:
        return ("Answered. The gateway decides; this case closes by itself when it says how.",)
    return (before, "Then write down here what you answered. The case closes by itself when the gateway says how it ended.")


def _answer(dispute: Dispute, press: Press) -> str:
    try:
        record_answer(dispute, answer=press.given["answer"], user=press.user)
    except CannotAnswer as error:
        raise NotDone(str(error)) from None
    return "Written down. The case closes by itself when the gateway says how it ended."


def _disputes(payment: Payment) -> Iterator[Sequence[object]]:
    now = timezone.now()
    for dispute in payment.disputes.select_related("answered_by").order_by("-pk"):
        answered = str(dispute.answered_by) if dispute.answered_by else ""
        words = _case(dispute, now)[1]
        yield (
            dispute.opened_at,
            linked(dispute, words),
            f"Answer before {clock_time(dispute.deadline, now)}",
            answered,
            dispute.answer,
        )


add_button(
    Dispute,
    Button(
        name="answer",
        label="Write down the answer",
        press=_answer,
        hint="What you told the gateway, and with which evidence.",
        asks=(Ask("answer", "What was answered"),),
        is_offered=lambda dispute: dispute.status == DisputeStatus.OPEN,
        permission="customer_data.answer_dispute",
    ),
)
add_panel(Payment, Panel("Disputes", Dispute, ("Opened", "Case", "Deadline", "Answered by", "Answer"), _disputes))
