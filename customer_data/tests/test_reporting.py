"""What the gateway says moves money only when it is about exactly what was asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.gateway import gateway_named
from customer_data.models import Concern, Payment
from customer_data.schedule import LEAST_GAP
from customer_data.services import record_report
from customer_data.status import Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.mark.parametrize(
    ("word", "status", "booking_status"),
    [
        ("waiting", "pending", "unpaid"),
        ("paid", "successful", "paid"),
        ("no", "failed", "unpaid"),
        ("withdrawn", "cancelled", "unpaid"),
        ("held", "disputed", "paid"),
        ("returned", "refunded", "refunded"),
    ],
)
def test_each_word_of_the_gateway_ends_as_it_should(drawer: Drawer, word: str, status: str, booking_status: str) -> None:
    payment = till.charge()
    drawer.say(payment.reference, word)
    till.check(payment)
    payment.refresh_from_db()
    assert till.stands(payment) == (status, booking_status)
    assert (payment.gateway_status, payment.gateway_reference) == (word, f"D-{payment.reference}")
    assert payment.reported_at is not None


def test_money_that_went_back_was_in_first(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.say(payment.reference, "returned")
    till.check(payment)
    assert till.trail(payment) == ["created", "sending", "pending", "successful", "refunded"]


@pytest.mark.parametrize(
    "difference",
    [
        {"amount": "1.00"},
        {"amount": "230.99"},
        {"amount": "231.01"},
        {"currency": "ZWG"},
        {"account": "till-zwg"},
    ],
)
def test_an_answer_about_something_else_moves_nothing_and_a_person_is_told(drawer: Drawer, difference: dict[str, str]) -> None:
    payment = till.charge()
    drawer.say(payment.reference, "paid", **difference)
    till.check(payment)
    till.check(payment)
    assert till.stands(payment) == ("pending", "unpaid")
    assert till.concerns(payment) == ["mismatch"]
    [told] = [event for event in payment.events.all() if not event.is_move]
    assert told.reason == payment.concerns.get().sentence
    assert "we asked for" in told.reason or "was sent under" in told.reason
    assert told.details
    assert payment.concerns.get().details == {"gateway_status": "paid"}
    assert till.due(payment) is not None


@pytest.mark.parametrize(("kind", "is_solved"), [("stuck", False), ("mismatch", True)])
def test_another_matter_or_a_solved_one_does_not_keep_it_out_of_the_trail(drawer: Drawer, kind: str, is_solved: bool) -> None:
    payment = till.charge()
    Concern.objects.create(payment=payment, kind=kind, sentence="Earlier.", solved_at=timezone.now() if is_solved else None)
    drawer.say(payment.reference, "paid", amount="1.00")
    till.check(payment)
    assert [event.reason for event in payment.events.all() if not event.is_move] == [
        "The gateway says US$ 1.00, we asked for US$ 231.00."
    ]


def test_an_answer_about_nothing_is_called_so() -> None:
    payment = till.charge()
    report = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert report is not None
    record_report(payment, replace(report, reference=""), source="test")
    assert payment.concerns.get().sentence.startswith("The gateway answered about no reference when asked")


def test_a_word_that_moves_nothing_stands_in_the_trail_once() -> None:
    payment = till.charge()
    for _ in range(3):
        till.check(payment)
    assert [event.reason for event in payment.events.all() if not event.is_move] == ["The gateway says waiting."]


def test_an_answer_about_another_reference_moves_nothing(drawer: Drawer) -> None:
    payment, other = till.charge(), till.charge()
    drawer.pay(other.reference)
    report = gateway_named("drawer").fetch(other.ticket, other.reference)
    assert report is not None
    record_report(payment, report, source="test")
    assert till.stands(payment) == ("pending", "unpaid")
    assert till.concerns(payment) == ["mismatch"]


def test_an_answer_without_an_amount_is_believed_for_the_account_that_was_asked(drawer: Drawer) -> None:
    """Some gateways cannot say the amount (M-Pesa's query); it was fixed when the payment was sent."""
    payment = till.charge()
    drawer.pay(payment.reference)
    report = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert report is not None
    record_report(payment, replace(report, amount=None), source="test")
    assert till.stands(payment) == ("successful", "paid")


def test_an_unknown_word_moves_nothing_and_a_person_is_told(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.say(payment.reference, "teleported")
    till.check(payment)
    assert till.stands(payment) == ("pending", "unpaid")
    assert till.concerns(payment) == ["unknown_word"]
    paid = till.charge()
    drawer.pay(paid.reference)
    till.check(paid)
    drawer.say(paid.reference, "teleported")
    till.check(paid)
    assert till.stands(paid) == ("successful", "paid")


@pytest.mark.parametrize("word", ["no", "withdrawn", "waiting"])
def test_late_bad_news_does_not_unpay_and_a_person_is_told(drawer: Drawer, word: str) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    drawer.say(payment.reference, word)
    till.check(payment)
    payment.refresh_from_db()
    assert till.stands(payment) == ("successful", "paid")
    assert till.concerns(payment) == ["illegal_news"]
    assert payment.concerns.get().sentence == f"The gateway says {word} about a payment that is successful."
    assert payment.reason_code == ""


@pytest.mark.parametrize("word", ["no", "withdrawn", "waiting"])
def test_an_attempt_that_we_closed_may_end_at_the_gateway_without_an_alarm(drawer: Drawer, word: str) -> None:
    booking = make.booking()
    first = till.charge(booking)
    till.ask_for(booking, "purse")
    drawer.say(first.reference, word)
    till.clock_beats()
    assert till.stands(first)[0] == "expired"
    assert till.concerns(first) == []
    assert (till.due(first) is None) == (word != "waiting")
    assert Payment.objects.get(pk=first.pk).reason_code == "method_changed"


def test_a_dispute_may_be_won(drawer: Drawer) -> None:
    payment = till.charge()
    for word, status in (("held", "disputed"), ("paid", "successful"), ("returned", "refunded")):
        drawer.say(payment.reference, word)
        till.check(payment)
        assert till.stands(payment)[0] == status


def test_a_long_word_is_no_reason_to_lose_money(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    report = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert report is not None
    record_report(payment, replace(report, gateway_status="paid " * 50, gateway_reference="9" * 500), source="test")
    assert till.stands(payment) == ("successful", "paid")
    payment.refresh_from_db()
    assert (len(payment.gateway_status), len(payment.gateway_reference)) == (64, 128)


def test_the_same_answer_twice_is_one_move_and_one_amount(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    report = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert report is not None
    for _ in range(3):
        record_report(Payment.objects.get(pk=payment.pk), report, source="test")
    stale = Payment.objects.get(pk=payment.pk)
    stale.status = Status.PENDING
    record_report(stale, report, source="test")
    payment.booking.refresh_from_db()
    assert payment.booking.amount_paid == payment.amount
    assert till.trail(payment) == ["created", "sending", "pending", "successful"]


def test_an_unanswered_prompt_runs_out_after_a_day_and_is_still_asked_about(drawer: Drawer) -> None:
    payment = till.charge()
    till.age(payment, timedelta(hours=24))
    till.clock_beats()
    assert till.stands(payment)[0] == "expired"
    due = till.due(payment)
    assert due is not None
    assert due > timedelta(minutes=1)
    drawer.pay(payment.reference)
    till.clock_beats(later=timedelta(days=1))
    assert till.stands(payment) == ("successful", "paid")


def test_a_code_runs_out_with_some_minutes_grace(drawer: Drawer) -> None:
    payment = till.charge(method="code")
    till.check(payment)
    assert till.stands(payment)[0] == "pending"
    Payment.objects.filter(pk=payment.pk).update(authorization_expires=payment.created_at - timedelta(minutes=11))
    till.check(payment)
    assert till.stands(payment)[0] == "expired"


@pytest.mark.parametrize(("days", "asked"), [(6.9, True), (7.0, False)])
def test_a_closed_attempt_is_asked_about_for_a_week(drawer: Drawer, days: float, asked: bool) -> None:
    booking = make.booking()
    payment = till.charge(booking)
    till.ask_for(booking, "purse")
    till.age(payment, timedelta(days=days))
    till.clock_beats()
    assert (till.due(payment) is not None) == asked


@pytest.mark.parametrize("trouble", ["refuse", "lose", "misconfigured"])
def test_a_bell_about_a_paid_payment_is_answered_though_the_first_question_was_in_vain(drawer: Drawer, trouble: str) -> None:
    """The gateway says that the money went back, once; its answer to our question is lost, and nothing else was due any more."""
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    assert till.due(payment) is None
    drawer.say(payment.reference, "returned")
    services.ring(payment.reference, account="till-usd")
    drawer.next_trouble = [trouble]
    till.clock_beats(later=LEAST_GAP)
    due = till.due(payment)
    assert due is not None
    assert timedelta(0) < due <= timedelta(seconds=15)
    till.clock_beats(later=due)
    assert till.stands(payment)[0] == "refunded"
    assert till.due(payment) is None


def test_a_bell_that_is_never_answered_is_given_up_after_a_week(drawer: Drawer) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    Payment.objects.filter(pk=payment.pk).update(ipn_received_at=timezone.now())
    for days, asked in ((6, True), (7, False)):
        then = timezone.now() - timedelta(days=days)
        Payment.objects.filter(pk=payment.pk).update(ipn_received_at=then, reported_at=then - timedelta(hours=1))
        drawer.next_trouble = ["lose"]
        till.check(payment)
        assert (till.due(payment) is not None) == asked


def test_of_two_answers_that_are_recorded_at_once_the_slower_one_is_not_forgotten(drawer: Drawer) -> None:
    """One worker has read that the money went back, another one records that it was paid a moment before."""
    payment = till.charge()
    drawer.pay(payment.reference)
    paid = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    drawer.say(payment.reference, "returned")
    returned = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert paid is not None
    assert returned is not None
    faster, slower = Payment.objects.get(pk=payment.pk), Payment.objects.get(pk=payment.pk)
    record_report(faster, paid, source="test")
    record_report(slower, returned, source="test")
    assert till.stands(payment)[0] == "successful"
    till.clock_beats(later=LEAST_GAP)
    assert till.stands(payment)[0] == "refunded"


@pytest.mark.parametrize("trouble", ["refuse", "lose", "misconfigured"])
def test_asking_in_vain_is_asking_again_later(drawer: Drawer, trouble: str) -> None:
    payment = till.charge()
    drawer.next_trouble = [trouble]
    till.check(payment)
    assert till.stands(payment)[0] == "pending"
    due = till.due(payment)
    assert due is not None
    assert timedelta(0) < due <= timedelta(seconds=15)
    assert till.concerns(payment) == (["misconfigured"] if trouble == "misconfigured" else [])
