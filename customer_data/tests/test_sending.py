"""Asking the gateway for the money: once, whatever happens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Payment
from customer_data.schedule import NOT_FOUND_CONCLUSIVE_AGE, NOT_FOUND_IS_CONCLUSIVE_AFTER, SEND_AGAIN_AFTER
from customer_data.status import Reason, Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.mark.parametrize(
    ("method", "prompt"),
    [("wallet", "approve_on_phone"), ("code", "enter_code"), ("otp", "type_otp"), ("page", "open_page")],
)
def test_the_customer_gets_the_next_step(method: str, prompt: str) -> None:
    payment = Payment.objects.get(pk=till.charge(method=method).pk)
    assert (payment.status, payment.prompt) == ("pending", prompt)
    assert payment.instructions
    assert payment.ticket.poll_url == f"drawer://{payment.reference}"
    assert payment.ticket.details == {"slip": payment.reference}
    assert bool(payment.authorization_code) == bool(payment.authorization_expires) == (method == "code")
    assert bool(payment.redirect_url) == (method == "page")


def test_sending_twice_asks_once(drawer: Drawer) -> None:
    payment = till.charge()
    services.send_payment(payment.reference)
    assert drawer.arrivals(payment.reference) == 1


def test_the_books_say_sending_before_the_network_is_touched(drawer: Drawer) -> None:
    seen: list[str] = []
    drawer.before_arrival = lambda charge: seen.append(Payment.objects.get(reference=charge.reference).status)
    till.charge()
    assert seen == ["sending"]


def test_nothing_is_sent_as_the_customers_address_but_their_own(drawer: Drawer) -> None:
    seen: list[str] = []
    drawer.before_arrival = lambda charge: seen.append(charge.email)
    till.charge(make.booking(customer=make.customer(email="rudo@example.com")))
    assert seen == ["rudo@example.com"]


def test_each_wallet_is_asked_as_itself(drawer: Drawer) -> None:
    seen: list[str] = []
    drawer.before_arrival = lambda charge: seen.append(charge.method)
    till.charge(method="purse")
    assert seen == ["drawer_purse"]


# --- Certainly not sent ---------------------------------------------------------------------------
def test_what_never_left_us_is_sent_again(drawer: Drawer) -> None:
    drawer.next_trouble = ["refuse"]
    payment = till.charge()
    assert (payment.status, payment.unsent) == ("sending", True)
    assert till.clock_beats() == 0
    assert till.clock_beats(later=SEND_AGAIN_AFTER[0]) == 1
    assert till.stands(payment)[0] == "pending"
    assert drawer.arrivals(payment.reference) == 1


def test_a_gateway_that_stays_away_ends_it_and_the_customer_is_told_why(drawer: Drawer) -> None:
    drawer.next_trouble = ["refuse"] * 4
    payment = till.charge()
    for _ in SEND_AGAIN_AFTER:
        till.make_due(payment)
        till.clock_beats()
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code, payment.sends_made) == ("failed", Reason.GATEWAY_DOWN, 4)
    assert drawer.next_trouble == []


# --- Unknown --------------------------------------------------------------------------------------
def test_a_lost_answer_is_unknown_and_is_never_sent_again(drawer: Drawer) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.charge()
    assert (payment.status, payment.unsent) == ("sending", False)
    services.send_payment(payment.reference)
    assert drawer.arrivals(payment.reference) == 1
    till.check(payment)
    assert till.stands(payment)[0] == "pending"
    assert drawer.arrivals(payment.reference) == 1


def test_asking_after_a_lost_answer_brings_back_the_ticket(drawer: Drawer) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.check(till.charge())
    payment.refresh_from_db()
    assert payment.ticket.details == {"slip": payment.reference}
    assert payment.ticket.poll_url == f"drawer://{payment.reference}"


def test_a_lost_answer_to_a_charge_that_was_paid_ends_paid(drawer: Drawer) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    assert till.stands(payment) == ("successful", "paid")


def test_never_heard_of_is_believed_late_and_then_nothing_was_charged(drawer: Drawer) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.charge()
    (drawer.folder / f"{payment.reference}.json").unlink()
    for _ in range(NOT_FOUND_IS_CONCLUSIVE_AFTER):
        assert till.check(payment).status == "sending"
    till.age(payment, NOT_FOUND_CONCLUSIVE_AGE)
    payment = till.check(payment)
    assert (payment.status, payment.reason_code) == ("failed", Reason.NEVER_ARRIVED)
    assert "times that it has no such payment. Nothing was charged." in payment.events.latest("pk").reason
    assert till.due(payment) is None


def test_one_answer_between_makes_never_heard_of_count_anew(drawer: Drawer) -> None:
    payment = till.charge()
    slip = drawer.folder / f"{payment.reference}.json"
    kept = slip.read_text()
    slip.unlink()
    assert till.check(payment).not_found == Payment.objects.get(pk=payment.pk).not_found == 1
    slip.write_text(kept)
    till.check(payment)
    assert Payment.objects.get(pk=payment.pk).not_found == 0


def test_a_person_is_told_of_an_answer_lost_for_an_hour(drawer: Drawer) -> None:
    drawer.next_trouble = ["lose", "lose"]
    payment = till.charge()
    till.age(payment, timedelta(hours=1))
    till.check(payment)
    assert till.concerns(payment) == ["stuck"]
    assert till.stands(payment)[0] == "sending"


def test_a_person_is_told_when_a_waiting_payment_is_never_answered_for_readably(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.next_trouble = ["lose"]
    till.age(payment, timedelta(hours=1))
    till.check(payment)
    assert till.concerns(payment) == ["stuck"]
    assert till.stands(payment)[0] == "pending"


# --- No -------------------------------------------------------------------------------------------
def test_a_refusal_ends_it_with_its_reason(drawer: Drawer) -> None:
    drawer.next_trouble = ["decline"]
    payment = Payment.objects.get(pk=till.charge().pk)
    assert (payment.status, payment.reason_code) == ("failed", Reason.INSUFFICIENT_FUNDS)
    assert payment.processed_at is not None
    assert payment.events.last().reason == "Not enough money in the wallet."  # type: ignore[union-attr]


def test_an_account_that_went_live_meanwhile_takes_no_money_under_a_test_mark(drawer: Drawer) -> None:
    account = drawer.accounts["USD"]
    drawer.accounts["USD"] = replace(account, is_test=True)
    payment = till.ask_for()
    drawer.accounts["USD"] = account
    services.send_payment(payment.reference)
    assert till.stands(payment) == ("failed", "unpaid")
    assert till.concerns(payment) == ["misconfigured"]
    assert drawer.arrivals(payment.reference) == 0


def test_after_a_refusal_the_gateway_is_asked_once_more(drawer: Drawer) -> None:
    drawer.next_trouble = ["decline"]
    payment = till.charge()
    assert till.due(payment) is not None
    till.clock_beats(later=NOT_FOUND_CONCLUSIVE_AGE)
    assert drawer.questions == [payment.reference]


def test_wrong_keys_end_it_and_a_person_is_told(drawer: Drawer) -> None:
    drawer.next_trouble = ["misconfigured"]
    payment = till.charge()
    assert (payment.status, payment.reason_code) == ("failed", Reason.MISCONFIGURED)
    assert till.concerns(payment) == ["misconfigured"]


# --- Meanwhile ------------------------------------------------------------------------------------
def test_a_customer_who_chose_another_way_meanwhile_keeps_the_new_one(drawer: Drawer) -> None:
    booking = make.booking()
    drawer.after_arrival = lambda charge: _choose_purse(drawer, booking.pk)
    first = till.charge(booking)
    assert first.status == "expired"
    assert first.ticket.poll_url == f"drawer://{first.reference}"
    assert booking.payments.get(status=Status.CREATED).payment_method == "drawer_purse"


def test_an_attempt_that_the_booking_no_longer_needs_is_not_sent(drawer: Drawer) -> None:
    first = till.charge()
    second = till.ask_for(first.booking, method="code")
    drawer.pay(first.reference)
    till.check(first)
    services.send_payment(second.reference)
    assert till.stands(first) == ("successful", "paid")
    assert Payment.objects.get(pk=second.pk).reason_code == Reason.NOT_NEEDED
    assert drawer.arrivals(second.reference) == 0


def test_an_unsent_attempt_that_the_booking_no_longer_needs_is_not_repeated(drawer: Drawer) -> None:
    first = till.charge()
    drawer.next_trouble = ["refuse"]
    second = till.charge(first.booking, method="code")
    drawer.pay(first.reference)
    till.check(first)
    till.clock_beats(later=timedelta(minutes=1))
    assert Payment.objects.get(pk=second.pk).reason_code == Reason.NOT_NEEDED
    assert drawer.arrivals(second.reference) == 0


@pytest.mark.parametrize("kept", [{"authorization_code": "12345678"}, {"redirect_url": "https://example.com/pay"}])
def test_what_was_kept_before_the_answer_was_lost_is_still_shown(drawer: Drawer, kept: dict[str, str]) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.charge(method="code")
    Payment.objects.filter(pk=payment.pk).update(prompt="enter_code", **kept)
    till.check(payment)
    assert Payment.objects.get(pk=payment.pk).prompt == "enter_code"


@pytest.mark.parametrize(("method", "prompt"), [("wallet", "approve_on_phone"), ("code", "nothing"), ("page", "nothing")])
def test_what_went_with_a_lost_answer_is_not_promised_to_the_customer(drawer: Drawer, method: str, prompt: str) -> None:
    drawer.next_trouble = ["lose"]
    payment = till.charge(method=method)
    till.check(payment)
    found = Payment.objects.get(pk=payment.pk)
    assert (found.status, found.prompt) == ("pending", prompt)


def test_a_bell_that_is_faster_than_the_answer_is_not_undone(drawer: Drawer) -> None:
    def pay_and_ring(charge: object) -> None:
        payment = Payment.objects.get()
        drawer.pay(payment.reference)
        till.check(payment)

    drawer.after_arrival = pay_and_ring
    payment = till.charge()
    assert till.stands(payment) == ("successful", "paid")
    assert payment.gateway_reference == f"D-{payment.reference}"
    assert till.trail(payment) == ["created", "sending", "successful"]


def test_a_created_payment_whose_task_was_lost_is_picked_up(drawer: Drawer) -> None:
    payment = till.ask_for()
    assert till.clock_beats() == 0
    assert till.clock_beats(later=timedelta(seconds=10))
    assert till.stands(payment)[0] == "pending"
    assert drawer.arrivals(payment.reference) == 1


def test_the_charge_asks_for_exactly_what_is_in_the_books(drawer: Drawer) -> None:
    payment = till.charge(make.booking("100.00"), amount="deposit")
    slip = drawer.slip(payment.reference)
    assert slip is not None
    assert (slip["amount"], slip["account"]) == ("50.00", "till-usd")
    assert payment.sent_at is not None
    assert payment.sent_at <= timezone.now()


def _choose_purse(drawer: Drawer, booking_id: int) -> None:
    drawer.after_arrival = lambda charge: None
    till.ask_for(Booking.objects.get(pk=booking_id), "purse")
