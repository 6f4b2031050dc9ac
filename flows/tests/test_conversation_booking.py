"""A stranger books a trip in the chat, step by step, and changes their mind on the way."""

import pytest

from customer_data.models import Booking, SeatHold, Tour
from flows.tests.talks import Chatter, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def test_a_stranger_books_a_trip_and_is_asked_how_to_pay() -> None:
    tour()
    rudo = Chatter()
    assert "How can we help?" in words(rudo.says("Hi"))
    assert "Which trip" in words(rudo.taps("Book a trip"))
    assert "Which date" in words(rudo.taps("Victoria Falls walk"))
    assert "How many" in words(rudo.taps("8 seats free"))
    assert "We keep 2 seats for you until" in words(rudo.says("2 adults"))
    assert "e-mail" in words(rudo.says("Rudo Moyo"))
    summary = words(rudo.says("rudo@example.com"))
    assert "US$ 231.00" in summary
    assert "held for you until" in summary
    asked = words(rudo.taps("Book it"))
    booking = Booking.objects.get()
    assert booking.booking_reference in asked
    for phrase in ("Pay in full via Paynow", "Pay 50% deposit via Paynow", "Bank transfer or cash", "Later"):
        assert phrase in asked
    assert (booking.travellers, str(booking.total_amount), booking.customer.name) == (2, "231.00", "Rudo Moyo")
    assert SeatHold.objects.get().booking == booking
    assert "Who pays?" in words(rudo.taps("Pay 50% deposit"))


def test_what_the_summary_said_is_what_it_costs_whatever_staff_change_meanwhile() -> None:
    falls = tour()
    rudo = Chatter()
    for typed in ("Hi", "book"):
        rudo.says(typed)
    rudo.taps("Victoria Falls walk")
    rudo.taps("8 seats free")
    rudo.says("2 adults")
    rudo.says("Rudo Moyo")
    Tour.objects.filter(pk=falls.pk).update(price="999.00", deposit_percent=10)
    assert "US$ 231.00" in words(rudo.says("rudo@example.com"))
    rudo.taps("Book it")
    booking = Booking.objects.get()
    assert (str(booking.total_amount), str(booking.deposit_amount)) == ("231.00", "115.50")
