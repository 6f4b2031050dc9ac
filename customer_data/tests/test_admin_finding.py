"""Did it go through? What is typed on the first page leads there; and what lists and pages say when there is little to say."""

import re
from typing import Any

import pytest
from django.urls import reverse

from customer_data.models import Booking, Concern, ConcernKind, Customer, Dispute, Payment, Proof, SeatHold
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, owner, page_of
from customer_data.tests.trips import departure as a_departure

pytestmark = pytest.mark.django_db

PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}
CASHIER = ("view_payment", "view_booking", "view_customer")


def found(typed: str, *permissions: str) -> str:
    """Where a cashier lands who types this on the first page."""
    answer = desk(*(permissions or CASHIER)).get(list_of(Payment), find=typed)
    assert answer.status_code == 302
    return str(answer.url)


# --- From the first page ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [lambda p: p.reference, lambda p: p.booking.booking_reference.lower(), lambda _: "0779 876 543", lambda _: " chipo  dube "],
    ids=["reference", "booking", "phone", "name"],
)
def test_the_one_payment_that_is_named_is_opened(typed: Any) -> None:
    booking = make.booking(customer=make.customer(name="Chipo Dube"))
    wanted = make.payment("successful", booking=booking, phone="+263779876543", **PAYNOW)
    make.payment("successful", phone="+263771111111", **PAYNOW)
    assert found(typed(wanted)) == page_of(wanted)


def test_of_several_payments_the_list_is_shown() -> None:
    booking = make.booking(customer=make.customer(name="Chipo Dube"))
    for status in ("failed", "successful"):
        make.payment(status, booking=booking, **PAYNOW)
    assert found("chipo") == f"{list_of(Payment)}?q=chipo"


def test_who_has_not_paid_yet_is_found_by_the_booking_or_as_a_person() -> None:
    booked = make.booking(customer=make.customer(name="Chipo Dube"))
    walked_in = make.customer(name="Farai Sibanda")
    assert found("chipo") == page_of(booked)
    assert found("farai") == page_of(walked_in)


def test_nobody_is_led_to_what_they_may_not_see() -> None:
    make.booking(customer=make.customer(name="Chipo Dube"))
    assert found("chipo", "view_payment") == f"{list_of(Payment)}?q=chipo"


def test_who_may_not_see_payments_finds_none() -> None:
    payment = make.payment("successful", **PAYNOW)
    assert desk("view_booking").get(list_of(Payment), find=payment.reference).status_code == 403


@pytest.mark.parametrize("typed", ["", "  ", "\0", "%", "x" * 5000, "😀"])
def test_odd_words_lead_to_the_list(typed: str) -> None:
    assert found(typed).startswith(list_of(Payment))


def test_the_first_page_has_the_field_for_those_who_may_see_payments() -> None:
    assert "Did it go through?" in desk(*CASHIER).get(reverse("admin:index")).content.decode()
    assert "Did it go through?" not in desk("view_concern").get(reverse("admin:index")).content.decode()


# --- What lists say -----------------------------------------------------------------------------------
def test_a_list_of_payments_shows_whom_to_call_and_which_wallet() -> None:
    customer = make.customer(name="Chipo Dube", phone="+263775550000")
    make.payment("successful", booking=make.booking(customer=customer), phone="+263779876543", **PAYNOW)
    page = desk(*CASHIER).listed(Payment)
    assert "+263775550000" in page
    assert "+263779876543" in page


@pytest.mark.parametrize("model", [Payment, Booking, Customer, Proof, Dispute])
def test_an_empty_list_says_what_would_stand_there(model: Any) -> None:
    page = owner().listed(model)
    assert "Nothing here" in page
    assert "There are none yet." not in page


def test_a_search_without_result_says_so_and_leads_back() -> None:
    page = desk(*CASHIER).listed(Payment, q="zzzz")
    assert "Nothing is found for “zzzz”." in page
    assert "Show all again" in page


def test_the_first_cell_of_a_hold_leads_to_the_hold() -> None:
    hold = SeatHold.objects.create(departure=a_departure(), customer=make.customer(), seats=2)
    body = owner().get(list_of(SeatHold)).content.decode()
    assert re.search(rf'<a href="{page_of(hold)}[^>]*>\s*[^<\s]', body)


# --- What pages leave out ------------------------------------------------------------------------------
def test_panels_without_rows_are_left_out_unless_that_says_something() -> None:
    page = owner().page(make.booking())
    assert "Nobody has tried to pay yet." in page
    assert "Proofs of payment" not in page.replace("Proofs to review", "")
    payment_page = owner().page(make.payment("pending", **PAYNOW))
    assert "Disputes Opened Case" not in payment_page
    assert "Refunds Asked for" not in payment_page


def test_what_was_changed_is_the_last_panel() -> None:
    booking = make.booking()
    make.payment("successful", booking=booking, **PAYNOW)
    page = owner().page(booking)
    assert page.index("Record of changes") > page.index("Way to pay Status")


def test_the_queue_says_in_one_row_what_happened_what_is_at_stake_and_whom_to_call() -> None:
    customer = make.customer(name="Chipo Dube", phone="+263775550000")
    payment = make.payment("successful", booking=make.booking(customer=customer), **PAYNOW)
    Concern.raise_about(payment, ConcernKind.MISMATCH, "The gateway says US$ 1.00.")
    page = owner().listed(Concern)
    for words in ("The gateway says US$ 1.00.", payment.amount_shown, payment.reference, "+263775550000", "Open"):
        assert words in page


def test_a_booking_says_whom_to_call() -> None:
    booking = make.booking(customer=make.customer(name="Chipo Dube", phone="+263775550000"))
    assert "Chipo Dube, +263775550000" in owner().page(booking)
