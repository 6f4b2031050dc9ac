"""From a customer, or a matter about one, to the talk with them; and from the talk to what they have booked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from customer_data.admin.page import Panel, add_panel
from customer_data.admin.payments import linked
from customer_data.models import Booking, Concern, Customer
from customer_data.money import show_amount
from flows.admin.conversations import who_answers
from flows.models import Conversation

_HEADERS = ("Talk", "Who answers", "Last wrote")
_NOTHING = "The customer has not written yet."


def _talk_of(customer: Customer | None) -> Iterator[Sequence[object]]:
    for talk in Conversation.objects.filter(customer=customer).select_related("customer", "taken_by"):
        yield linked(talk, "Open the talk"), who_answers(talk)[1], talk.last_heard_at


def _talk_about(concern: Concern) -> Iterator[Sequence[object]]:
    """With the customer whom the matter is about: by name, or as the one who booked what is paid for."""
    about = concern.customer or (concern.payment.booking.customer if concern.payment else None)
    return _talk_of(about) if about is not None else iter(())


def _bookings(talk: Conversation) -> Iterator[Sequence[object]]:
    for booking in Booking.objects.filter(customer=talk.customer).order_by("-created_at")[:20]:
        total = show_amount(booking.total_amount, booking.currency)
        reference = linked(booking, booking.booking_reference)
        yield reference, booking.title, total, booking.balance_shown, booking.get_payment_status_display()


add_panel(Customer, Panel("The talk on WhatsApp", Conversation, _HEADERS, _talk_of, _NOTHING))
add_panel(Concern, Panel("The talk on WhatsApp", Conversation, _HEADERS, _talk_about))
add_panel(
    Conversation,
    Panel("Bookings", Booking, ("Reference", "Title", "Total", "Still owed", "Status"), _bookings, "Nothing booked yet."),
)
