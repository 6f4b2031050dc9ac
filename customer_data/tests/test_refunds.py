"""Money goes back by two people at least: one asks, another approves, and where no gateway can, one pays it back once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from customer_data import ledger, services
from customer_data.models import Concern, Payment, Refund
from customer_data.services import CannotRefund
from customer_data.status import Status
from customer_data.tests import make, money_back, till

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_are_right() -> Any:
    yield
    assert list(ledger.violations()) == []


def stands(refund: Refund) -> tuple[str, str, str, str]:
    """How the refund stands, its payment, its booking, and what of the booking is paid."""
    now = Refund.objects.select_related("payment__booking").get(pk=refund.pk)
    booking = now.payment.booking
    return now.status, now.payment.status, booking.payment_status, str(booking.amount_paid)


def why_not(step: Callable[[], Any]) -> str:
    with pytest.raises(CannotRefund) as refused:
        step()
    return str(refused.value)


# --- All of it, part of it, again ----------------------------------------------------------------
def test_a_refund_of_everything_makes_the_payment_refunded() -> None:
    refund = money_back.request()
    assert stands(refund) == ("requested", "successful", "paid", "231.00")
    money_back.approve(refund)
    assert stands(refund) == ("approved", "successful", "paid", "231.00")
    money_back.pay_back(refund)
    assert stands(refund) == ("done", "refunded", "refunded", "0.00")
    assert till.concerns(refund.payment) == ["refund_to_pay"]
    assert not Concern.objects.filter(solved_at=None).exists()


def test_a_part_of_it_leaves_the_payment_paid_and_counts_the_booking_again() -> None:
    refund = money_back.refund("done", amount="31.00")
    assert stands(refund) == ("done", "successful", "deposit_paid", "200.00")


def test_parts_that_make_up_the_whole_make_the_payment_refunded() -> None:
    payment = money_back.paid()
    for amount in ("100.00", "130.99", "0.01"):
        money_back.pay_back(money_back.approve(money_back.request(payment, amount=amount)))
    payment.refresh_from_db()
    assert till.stands(payment) == ("refunded", "refunded")
    assert "refunded_outside" not in till.concerns(payment)


def test_refunds_never_go_above_what_was_received() -> None:
    payment = money_back.paid()
    first = money_back.request(payment, amount="200.00")
    assert why_not(lambda: money_back.request(payment, amount="31.01")) == ("At most US$ 31.00 of this payment can still go back.")
    money_back.request(payment, amount="31.00")
    assert why_not(lambda: money_back.request(payment, amount="0.01")).startswith(
        "All of US$ 231.00 has gone back or is on its way."
    )
    services.turn_down_refund(first, reason="Not agreed.", user=money_back.person())
    assert services.most_to_refund(payment) == Decimal("200.00")


def test_the_database_refuses_what_the_code_would_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = money_back.paid()
    monkeypatch.setattr("customer_data.services.refunds.back_or_on_its_way", lambda payment: Decimal(0))
    money_back.request(payment, amount="200.00")
    assert "may never exceed the US$ 231.00 received" in why_not(lambda: money_back.request(payment, amount="31.01"))


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    assert "US$ 0.01 or more" in why_not(lambda: money_back.request(amount=amount))
    assert not Refund.objects.exists()


@pytest.mark.parametrize("reason", ["", " ", "  \n\t ", "\0", "ok"])
def test_a_reason_that_says_nothing_is_refused(reason: str) -> None:
    payment, user = money_back.paid(), money_back.person()
    ask = lambda: services.request_refund(payment, amount=Decimal("1.00"), reason=reason, user=user)  # noqa: E731
    assert "say why" in why_not(ask)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SUCCESSFUL, Status.REFUNDED, Status.DISPUTED}))
def test_only_money_that_came_in_goes_back(status: Status) -> None:
    assert "No money came in" in why_not(lambda: money_back.request(make.payment(status), amount="1.00"))


def test_what_is_disputed_or_has_gone_back_is_not_refunded() -> None:
    assert "could go back twice" in why_not(lambda: money_back.request(make.payment(Status.DISPUTED), amount="1.00"))
    assert "has gone back already" in why_not(lambda: money_back.request(make.payment(Status.REFUNDED), amount="1.00"))


def test_a_refund_of_test_money_is_a_test() -> None:
    refund = money_back.refund("done", is_test=True, amount="31.00")
    assert refund.is_test
    assert stands(refund) == ("done", "successful", "deposit_paid", "200.00")


# --- Maker and checker ----------------------------------------------------------------------------
def test_who_asks_does_not_approve() -> None:
    user = money_back.person()
    refund = money_back.request(user=user)
    assert "Somebody else must approve" in why_not(lambda: services.approve_refund(refund, user=user))
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.filter(pk=refund.pk).update(approved_by=user)
    assert stands(refund)[0] == "requested"


def test_a_second_approval_finds_it_approved() -> None:
    refund = money_back.refund("approved")
    assert "is approved by now" in why_not(lambda: money_back.approve(refund))


def test_what_was_turned_down_stays_so_and_its_amount_is_free_again() -> None:
    refund = money_back.request()
    services.turn_down_refund(refund, reason="The trip took place.", user=money_back.person())
    assert stands(refund)[0] == "failed"
    assert "is failed by now" in why_not(lambda: money_back.approve(refund))
    assert services.most_to_refund(refund.payment) == Decimal("231.00")
    assert not Concern.objects.filter(kind="refund_failed").exists()


def test_who_asked_may_take_it_back() -> None:
    user = money_back.person()
    refund = services.turn_down_refund(money_back.request(user=user), reason="A slip of mine.", user=user)
    assert refund.failure == f"Taken back by {user}: A slip of mine."


def test_a_dispute_between_asking_and_approving_stops_it() -> None:
    refund = money_back.request()
    make.move(Payment.objects.get(pk=refund.payment_id), Status.DISPUTED)
    assert "disputes this payment" in why_not(lambda: money_back.approve(refund))


# --- Paid back by a person ------------------------------------------------------------------------
def test_people_are_asked_to_pay_back_what_is_approved_once_for_each_payment() -> None:
    payment = money_back.paid()
    first, second = (money_back.approve(money_back.request(payment, amount=amount)) for amount in ("30.00", "20.00"))
    task = Concern.objects.get(kind="refund_to_pay")
    assert f"Pay back US$ 30.00 ({first.reference}) and US$ 20.00 ({second.reference})" in task.sentence
    money_back.pay_back(first)
    task.refresh_from_db()
    assert task.solved_at is None
    assert "US$ 30.00" not in task.sentence
    money_back.pay_back(second)
    task.refresh_from_db()
    assert task.solved_at is not None


def test_who_takes_it_keeps_others_from_paying_it_too() -> None:
    rudo, refund = money_back.person(), money_back.refund("approved")
    services.take_refund(refund, user=rudo)
    assert Concern.objects.get(kind="refund_to_pay").taken_by == rudo
    assert f"{rudo} is paying this back already" in why_not(lambda: services.take_refund(refund, user=money_back.person()))


@pytest.mark.parametrize("proof", ["", " ", "ab", "x" * 129])
def test_paid_back_needs_a_reference(proof: str) -> None:
    refund = services.take_refund(money_back.refund("approved"), user=money_back.person())
    pay = lambda: services.record_paid_back(refund, proof_of_payment=proof, user=money_back.person())  # noqa: E731
    assert why_not(pay).startswith("Nothing was done")
    assert stands(refund)[0] == "sent"


def test_one_reference_pays_back_once() -> None:
    payment = money_back.paid()
    first, second = (money_back.approve(money_back.request(payment, amount="20.00")) for _ in range(2))
    money_back.pay_back(first, proof="CO-7")
    assert f"co-7 is the reference of refund {first.reference}" in why_not(lambda: money_back.pay_back(second, proof=" co-7 "))


def test_done_is_done_once() -> None:
    refund = money_back.refund("done")
    again = lambda: services.record_paid_back(refund, proof_of_payment="CO-9", user=money_back.person())  # noqa: E731
    assert "is done by now" in why_not(again)


def test_what_could_not_be_paid_back_waits_for_a_person_and_may_be_asked_for_again() -> None:
    refund = money_back.refund("failed")
    assert stands(refund) == ("failed", "successful", "paid", "231.00")
    assert till.concerns(refund.payment) == ["refund_failed", "refund_to_pay"]
    assert Concern.objects.get(solved_at=None).kind == "refund_failed"
    money_back.request(refund.payment)


def test_what_is_agreed_is_not_turned_down_any_more() -> None:
    refund = money_back.refund("approved")
    assert "is approved by now" in why_not(
        lambda: services.turn_down_refund(refund, reason="Not agreed.", user=money_back.person())
    )


def test_what_nobody_agreed_to_cannot_fail() -> None:
    refund, user = money_back.request(), money_back.person()
    assert "is requested by now" in why_not(
        lambda: services.record_refund_failed(refund, reason="The wallet is closed.", user=user)
    )
    assert stands(refund)[0] == "requested"


def test_paid_at_once_is_taken_and_paid_by_the_same_person() -> None:
    refund, rudo = money_back.refund("approved"), money_back.person()
    done = services.record_paid_back(refund, proof_of_payment="CO-77", user=rudo)
    assert (stands(done)[0], done.sent_by, done.done_by) == ("done", rudo, rudo)
    assert done.sent_at is not None


@pytest.mark.parametrize("end", ["turned down", "failed"])
def test_the_trail_says_who_ended_a_refund(end: str) -> None:
    user = money_back.person()
    if end == "turned down":
        refund = services.turn_down_refund(money_back.request(), reason="Not agreed.", user=user)
    else:
        refund = services.record_refund_failed(money_back.refund("approved"), reason="The wallet is closed.", user=user)
    last = refund.payment.events.latest("pk")
    assert (last.source, last.actor) == ("admin", user.get_username())


# --- The trail ------------------------------------------------------------------------------------
def test_every_step_stands_in_the_trail_with_who_did_it() -> None:
    asks, approves, pays = (money_back.person() for _ in range(3))
    refund = money_back.approve(money_back.request(amount="31.00", user=asks), user=approves)
    money_back.pay_back(refund, user=pays)
    lines = refund.payment.events.filter(details__refund=refund.reference)
    assert [(event.actor, event.details["refund_status"], event.is_move) for event in lines] == [
        (asks.username, "requested", False),
        (approves.username, "approved", False),
        (pays.username, "sent", False),
        (pays.username, "done", False),
    ]


def test_the_last_step_of_the_whole_is_the_move_itself() -> None:
    refund = money_back.refund("done")
    last = refund.payment.events.last()
    assert last is not None
    assert (last.is_move, last.to_status, last.details["refund"]) == (True, "refunded", refund.reference)
    assert refund.done_by is not None
    assert last.actor == refund.done_by.get_username()
