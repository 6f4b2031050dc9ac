"""Refunds, disputes and cancelling at the desk, over HTTP: who may press what, twice, by the way back, and with bad input."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import ledger
from customer_data.models import Booking, Dispute, Payment, Refund
from customer_data.status import Status
from customer_data.tests import make, money_back, till
from customer_data.tests.desk import Desk, desk, page_of, press_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

SEES = ("view_payment", "view_refund", "view_booking", "view_dispute")


@pytest.fixture(autouse=True)
def _books_are_right() -> Any:
    yield
    assert list(ledger.violations()) == []


def cashier() -> Desk:
    return desk(*SEES, "request_refund")


def supervisor() -> Desk:
    return desk(*SEES, "request_refund", "approve_refund", "pay_refund", "answer_dispute", "cancel_booking")


def form_key(staff: Desk, row: Any, button: str) -> str:
    """The key of the form that the page was given for a button."""
    page = staff.get(page_of(row)).content.decode()
    form = page[page.index(press_of(row, button)) :]
    found = re.search(r'name="once" value="([^"]+)"', form)
    assert found is not None
    return found.group(1)


def ask(staff: Desk, payment: Payment, amount: str = "31.00", **typed: str) -> Any:
    return staff.press(payment, "refund", **({"amount": amount, "reason": "The road is closed."} | typed))


# --- From asking to the money back ----------------------------------------------------------------
def test_from_asking_to_the_money_back() -> None:
    payment, rudo, tendai = money_back.paid(), cashier(), supervisor()
    assert 'name="amount" value="231.00"' in rudo.get(page_of(payment)).content.decode()
    assert "waits for approval" in rudo.told(ask(rudo, payment))[0]
    refund = Refund.objects.get()
    assert refund.reference in tendai.listed(Refund)
    assert "it stands in what needs a person" in tendai.told(tendai.press(refund, "approve"))[0]
    assert "It is yours" in tendai.told(tendai.press(refund, "take"))[-1]
    assert "is back with the customer" in tendai.told(tendai.press(refund, "paid-back", proof="CO-1"))[-1]
    assert till.stands(payment) == ("successful", "deposit_paid")
    page = tendai.page(refund)
    assert "The customer has the money back, under CO-1." in page
    assert "Paid back US$ 31.00" in page
    assert refund.reference in tendai.page(payment)


def test_the_most_that_may_go_back_is_filled_in() -> None:
    refund = money_back.request(amount="31.00")
    assert 'name="amount" value="200.00"' in cashier().get(page_of(refund.payment)).content.decode()


def test_what_waits_for_approval_comes_first_and_what_has_ended_is_kept() -> None:
    sent, done = money_back.refund("approved"), money_back.refund("done")
    waits = money_back.request()
    listed = cashier().listed(Refund)
    assert listed.index(waits.reference) < listed.index(sent.reference)
    assert done.reference not in listed
    assert done.reference in cashier().listed(Refund, status="all")
    assert done.reference in cashier().listed(Refund, status="done", q=done.payment.reference)


# --- Who may --------------------------------------------------------------------------------------
def test_who_asked_is_not_offered_to_approve_and_cannot() -> None:
    staff, payment = supervisor(), money_back.paid()
    ask(staff, payment)
    refund = Refund.objects.get()
    assert press_of(refund, "approve") not in staff.get(page_of(refund)).content.decode()
    assert press_of(refund, "withdraw") in staff.get(page_of(refund)).content.decode()
    assert "cannot be done" in staff.told(staff.press(refund, "approve"))[0]
    refund.refresh_from_db()
    assert refund.status == "requested"


@pytest.mark.parametrize(
    ("button", "status", "needs"),
    [
        ("approve", "requested", "approve_refund"),
        ("turn-down", "requested", "approve_refund"),
        ("take", "approved", "pay_refund"),
        ("could-not", "approved", "pay_refund"),
    ],
)
def test_each_button_has_its_own_permission(button: str, status: str, needs: str) -> None:
    refund = money_back.refund(status)
    others = {"request_refund", "approve_refund", "pay_refund", "change_refund", "change_payment"} - {needs}
    nobody, somebody = desk(*SEES, *others), desk(*SEES, needs)
    assert press_of(refund, button) not in nobody.get(page_of(refund)).content.decode()
    assert nobody.press(refund, button, reason="The road is closed.").status_code == 403
    assert press_of(refund, button) in somebody.get(page_of(refund)).content.decode()
    assert somebody.press(refund, button, reason="The road is closed.").status_code == 302
    was, refund.status = refund.status, Refund.objects.get(pk=refund.pk).status
    assert refund.status != was


def test_asking_and_cancelling_need_their_permissions() -> None:
    payment, nobody = money_back.paid(), desk(*SEES, "change_payment", "change_booking", "approve_refund", "pay_refund")
    assert ask(nobody, payment).status_code == 403
    assert nobody.press(payment.booking, "cancel", reason="The road is closed.").status_code == 403
    assert not Refund.objects.exists()


# --- Bad input ------------------------------------------------------------------------------------
@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "1,50", "ZiG 50", "US$ 50", "$50", "231.01", "1e3", "٣", " "])
def test_a_wrong_amount_is_a_sentence_and_what_was_typed_is_kept(amount: str) -> None:
    staff, payment = cashier(), money_back.paid()
    (told,) = staff.told(ask(staff, payment, amount))
    assert told.endswith(".")
    assert not Refund.objects.exists()
    assert 'value="The road is closed."' in staff.get(page_of(payment)).content.decode()


def test_a_reason_of_one_space_is_refused() -> None:
    staff, payment = cashier(), money_back.paid()
    assert "say why" in staff.told(ask(staff, payment, reason=" "))[0]
    assert not Refund.objects.exists()


def test_the_way_back_in_the_browser_and_a_second_click_ask_once() -> None:
    staff, payment = cashier(), money_back.paid()
    once = form_key(staff, payment, "refund")
    assert "waits for approval" in staff.told(ask(staff, payment, once=once))[0]
    assert "was done once" in staff.told(ask(staff, payment, once=once))[-1]
    assert Refund.objects.count() == 1


def test_the_way_back_after_paying_back_pays_nothing_twice() -> None:
    staff, refund = supervisor(), money_back.refund("approved")
    staff.press(refund, "take")
    once = form_key(staff, refund, "paid-back")
    for _ in range(2):
        staff.press(refund, "paid-back", proof="CO-1", once=once)
    assert "cannot be done (any more)" in staff.told(staff.press(refund, "paid-back", proof="CO-2"))[-1]
    refund.refresh_from_db()
    assert (refund.status, refund.proof_of_payment) == ("done", "CO-1")


def test_an_approval_by_a_link_or_after_an_expired_session_does_nothing() -> None:
    staff, refund = supervisor(), money_back.request()
    assert "Nothing was done" in staff.told(staff.get(press_of(refund, "approve")))[0]
    staff.web.logout()
    assert "/login/" in staff.press(refund, "approve").headers["Location"]
    refund.refresh_from_db()
    assert refund.status == "requested"


def test_two_supervisors_one_after_the_other_approve_once() -> None:
    refund, first, second = money_back.request(), supervisor(), supervisor()
    first.press(refund, "approve")
    assert "cannot be done (any more)" in second.told(second.press(refund, "approve"))[0]


# --- Disputes -------------------------------------------------------------------------------------
def test_disputes_are_listed_by_deadline_and_an_overdue_one_says_so() -> None:
    first, second = (Dispute.objects.get(payment=make.payment(Status.DISPUTED)) for _ in range(2))
    Dispute.objects.filter(pk=second.pk).update(deadline=timezone.now() - timedelta(hours=1))
    staff = supervisor()
    listed = staff.listed(Dispute)
    assert listed.index(second.payment.reference) < listed.index(first.payment.reference)
    assert "Overdue" in listed
    assert "Answer in 7 days" in listed
    assert "Overdue" in staff.page(second.payment)


def test_an_answer_to_a_dispute_is_written_down_by_who_may() -> None:
    case = Dispute.objects.get(payment=make.payment(Status.DISPUTED))
    assert cashier().press(case, "answer", answer="Sent the ticket.").status_code == 403
    staff = supervisor()
    assert "Written down" in staff.told(staff.press(case, "answer", answer="Sent the ticket."))[0]
    assert "Answered" in staff.listed(Dispute)
    assert "say what you answered" in staff.told(staff.press(case, "answer", answer="a b"))[-1]


# --- Cancelling -----------------------------------------------------------------------------------
def test_cancelling_says_what_is_in_and_offers_its_refund() -> None:
    staff, booking = supervisor(), money_back.paid().booking
    assert "US$ 231.00 is in" in staff.told(staff.press(booking, "cancel", reason="The road is closed."))[0]
    page = staff.page(booking)
    assert "Cancelled, paid" in page
    assert f"by {staff.user}: The road is closed." in page
    assert "A refund of US$ 231.00 in all waits" in staff.told(staff.press(booking, "give-back", reason="The road is closed."))[-1]
    assert press_of(booking, "give-back") not in staff.get(page_of(booking)).content.decode()
    assert "cannot be done" in staff.told(staff.press(booking, "cancel", reason="Once more."))[-1]


def test_a_cancelled_booking_keeps_its_terms() -> None:
    staff = desk(*SEES, "change_booking", "cancel_booking")
    booking = make.booking()
    staff.press(booking, "cancel", reason="The road is closed.")
    staff.web.post(page_of(booking), {"title": "Another", "total_amount": "1.00"})
    booking = Booking.objects.get(pk=booking.pk)
    assert str(booking.total_amount) == "231.00"
