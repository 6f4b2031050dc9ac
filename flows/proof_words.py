"""What a customer hears when a proof of payment is kept: that it is checked, and which booking it is for when that is unclear."""

from customer_data.models import Booking, Customer, Proof
from flows import choices
from flows.belongings import bookings_to_pay
from flows.buttons import action_id
from flows.outgoing import Buttons, Choice, ListMenu, Outgoing, Section, Text
from flows.sentences import ENGLISH, say

NAME_BOOKING = "slip_for"
"""The action behind a booking's row: `<booking>/<proof>`."""


def received(proof: Proof, customer: Customer, *, language: str = ENGLISH) -> Outgoing:
    """That it is kept and checked. Nothing in it says that anything is paid."""
    booking = proof.booking
    if booking is not None:
        return Text(say("talk/proof_received", language=language, booking=booking))
    due = bookings_to_pay(customer)
    words = say("pay/proof_which_booking" if due else "pay/proof_of_nothing", language=language)
    if not due:
        return Buttons(words, choices=(choices.talk_to_a_person(),))
    rows = tuple(_row(each, proof) for each in due)
    return ListMenu(words, button="Choose the booking", sections=(Section("", rows),))


def _row(booking: Booking, proof: Proof) -> Choice:
    about = action_id(NAME_BOOKING, f"{booking.booking_reference}/{proof.pk}")
    return Choice(about, booking.booking_reference[:24], f"{booking.balance_shown} to pay · {booking.title}"[:72])
