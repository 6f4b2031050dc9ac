"""One acts in the middle of what another does, with real connections; each race has a control in which the guard is away.

The window is as wide as it can be: the first one stands in it until the second is done, or waits for the first one's lock.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from customer_data import ledger, services, velocity
from customer_data.models import AttemptLimit, Booking, Payment, Refund
from customer_data.offer import CannotPay
from customer_data.services import (
    CannotCancel,
    CannotRefund,
    NotSentAgain,
    NotStopped,
    cancelling,
    checking,
    opening,
    refund_sending,
    refund_steps,
    refunds,
    reporting,
)
from customer_data.status import Reason, Status
from customer_data.tests import make, money_back, till
from customer_data.tests.drawer import Drawer
from customer_data.tests.races import in_the_middle, write_blindly

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]


@pytest.fixture
def without_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A status is written whatever it is by now."""

    def move(refund: Refund, status: str, **facts: Any) -> bool:
        refund.status = status
        return Refund.objects.filter(pk=refund.pk).update(status=status, **facts) == 1

    monkeypatch.setattr(Payment, "_write", write_blindly)
    monkeypatch.setattr(Refund, "move_to", move)


def broken() -> set[str]:
    """The invariants of the books that do not hold."""
    return {violation.invariant for violation in ledger.violations()}


# --- Two staff press one button -------------------------------------------------------------------
def ask_again_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[Booking, Any]:
    failed = make.payment(Status.FAILED)
    one, two = money_back.person(), money_back.person()

    def ask(user: Any) -> Payment:
        payment = Payment.objects.get(pk=failed.pk)
        return services.send_request_again(payment, user=user, reason="They asked for it.")

    other = in_the_middle(monkeypatch, opening, "_new_payment", lambda: ask(two))
    try:
        ask(one)
    except IntegrityError as error:
        return failed.booking, error
    return failed.booking, other.finished()


def test_two_who_send_a_request_again_send_one(monkeypatch: pytest.MonkeyPatch) -> None:
    booking, second = ask_again_twice(monkeypatch)
    assert isinstance(second, NotSentAgain)
    assert booking.payments.filter(status=Status.CREATED).count() == 1


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_two_requests_collide_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    _, outcome = ask_again_twice(monkeypatch)
    assert isinstance(outcome, IntegrityError)


def stop_twice(monkeypatch: pytest.MonkeyPatch) -> tuple[Payment, Any]:
    payment = till.charge()
    one, two = money_back.person(), money_back.person()

    def stop(user: Any) -> None:
        services.stop_waiting(Payment.objects.get(pk=payment.pk), user=user, reason="They pay in cash.")

    other = in_the_middle(monkeypatch, Payment, "_write", lambda: stop(two))
    try:
        stop(one)
    except NotStopped as refused:
        return payment, refused
    return payment, other.finished()


def test_two_who_stop_waiting_stop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    payment, refused = stop_twice(monkeypatch)
    assert isinstance(refused, NotStopped)
    assert till.trail(payment).count("expired") == 1


@pytest.mark.usefixtures("without_the_guard")
def test_control_without_lock_and_guard_the_trail_has_two_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    payment, refused = stop_twice(monkeypatch)
    assert refused is None
    assert till.trail(payment).count("expired") == 2
    assert "the_trail_is_unbroken" in broken()


def cancel_twice(monkeypatch: pytest.MonkeyPatch) -> Any:
    booking = make.booking()
    one, two = money_back.person(), money_back.person()

    def cancel(user: Any) -> Booking:
        return services.cancel_booking(Booking.objects.get(pk=booking.pk), reason="The road is closed.", user=user)

    other = in_the_middle(monkeypatch, cancelling, "_end_open_payments", lambda: cancel(two))
    cancel(one)
    return other.finished()


def test_two_who_cancel_a_booking_cancel_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cancel_twice(monkeypatch), CannotCancel)


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_both_cancel_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(cancel_twice(monkeypatch), Booking)


def take_twice(monkeypatch: pytest.MonkeyPatch) -> Any:
    refund = money_back.refund("approved")
    one, two = money_back.person(), money_back.person()
    other = in_the_middle(monkeypatch, refunds, "_move", lambda: services.take_refund(refund, user=two))
    services.take_refund(refund, user=one)
    return other.finished()


def test_two_who_take_a_refund_to_pay_it_back_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = take_twice(monkeypatch)
    assert isinstance(refused, CannotRefund)
    assert "Do not pay it a second time." in str(refused)


@pytest.mark.usefixtures("without_locks", "without_the_guard")
def test_control_without_lock_and_guard_both_pay_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(take_twice(monkeypatch), Refund)


def pay_two_parts_back(monkeypatch: pytest.MonkeyPatch) -> Payment:
    """The second is on record as paid back when the first has just found that not all of the money is back yet."""
    payment = money_back.paid()
    parts = [money_back.approve(money_back.request(payment, amount=amount)) for amount in ("131.00", "100.00")]
    payer = money_back.person()
    one, two = [services.take_refund(part, user=payer) for part in parts]

    def pay_back(part: Refund) -> Refund:
        return services.record_paid_back(part, proof_of_payment=f"CO-{part.reference}", user=payer)

    other = in_the_middle(monkeypatch, refund_steps, "note", lambda: pay_back(two))
    pay_back(one)
    assert isinstance(other.finished(), Refund)
    return payment


def test_parts_paid_back_at_once_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = pay_two_parts_back(monkeypatch)
    assert till.stands(payment) == ("refunded", "refunded")
    assert broken() == set()


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_nobody_sees_that_all_of_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = pay_two_parts_back(monkeypatch)
    assert till.stands(payment)[0] == "successful"
    assert "a_payment_that_went_back_whole_is_refunded" in broken()


# --- A customer and staff -------------------------------------------------------------------------
def pay_while_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> tuple[Booking, Any]:
    booking, user = make.booking(), money_back.person()
    other = in_the_middle(monkeypatch, cancelling, "_end_open_payments", lambda: till.ask_for(booking))
    services.cancel_booking(booking, reason="The road is closed.", user=user)
    return booking, other.finished()


def test_who_taps_pay_while_the_booking_is_cancelled_is_not_asked_for_money(monkeypatch: pytest.MonkeyPatch) -> None:
    booking, refused = pay_while_it_is_cancelled(monkeypatch)
    assert isinstance(refused, CannotPay)
    assert refused.code == "booking_cancelled"
    assert not booking.payments.exists()


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_a_payment_opens_on_a_cancelled_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancelling, "_end_open_payments", lambda *anything: None)  # it has looked already when the tap comes
    booking, opened = pay_while_it_is_cancelled(monkeypatch)
    assert isinstance(opened, Payment)
    assert booking.payments.get().is_open


def open_two_where_one_is_allowed(monkeypatch: pytest.MonkeyPatch, per: str) -> Any:
    """The second of one number, or one customer, is asked for when the first has passed all limits and is not written yet."""
    customer, phones = make.customer(), ["0771234567", "0771234567" if per == "phone" else "0772222222"]
    one, two = [make.booking(customer=customer if per == "customer" else make.customer()) for _ in phones]
    AttemptLimit.objects.all().delete()
    AttemptLimit.objects.create(per=per, hours=1, most_attempts=1)
    other = in_the_middle(monkeypatch, opening, "_new_payment", lambda: till.ask_for(two, phone=phones[1]))
    till.ask_for(one, phone=phones[0])
    return other.finished()


@pytest.mark.parametrize("per", ["phone", "customer"])
def test_two_payments_opened_at_once_are_counted_one_after_the_other(monkeypatch: pytest.MonkeyPatch, per: str) -> None:
    refused = open_two_where_one_is_allowed(monkeypatch, per)
    assert isinstance(refused, CannotPay)
    assert refused.code == "too_many_attempts"


@pytest.mark.parametrize("per", ["phone", "customer"])
def test_control_without_the_lock_both_are_opened(monkeypatch: pytest.MonkeyPatch, per: str) -> None:
    monkeypatch.setattr(velocity, "_ONE_AFTER_THE_OTHER", "SELECT %(counted)s::text[];")
    assert isinstance(open_two_where_one_is_allowed(monkeypatch, per), Payment)


# --- A refund and a dispute -----------------------------------------------------------------------
def dispute_while_it_is_handed_over(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> list[str]:
    """How the payment stood when its refund was marked as handed over, and when the gateway had it."""
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    refund = money_back.approve(money_back.request(payment))
    stood: list[str] = []

    def dispute() -> None:
        make.step(Payment.objects.get(pk=payment.pk), Status.DISPUTED)

    other = in_the_middle(monkeypatch, Refund, "move_to", dispute)
    whole = refund_steps.note

    def note(current: Refund, *words: Any, **more: Any) -> None:
        stood.append(Payment.objects.get(pk=payment.pk).status)
        whole(current, *words, **more)

    monkeypatch.setattr(refund_sending, "note", note)
    services.send_refund(refund.reference)
    other.finished()
    return stood


def test_a_dispute_waits_until_a_refund_is_marked_as_handed_over(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert dispute_while_it_is_handed_over(monkeypatch, drawer)[0] == "successful"
    assert broken() <= {"money_that_came_in_has_a_receipt"}


@pytest.mark.usefixtures("without_locks")
def test_control_without_the_lock_a_refund_is_handed_over_of_what_is_disputed(
    monkeypatch: pytest.MonkeyPatch, drawer: Drawer
) -> None:
    assert dispute_while_it_is_handed_over(monkeypatch, drawer)[0] == "disputed"


# --- A notification, a question and an end --------------------------------------------------------
def end_while_the_gateway_says_paid(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> tuple[Payment, Any]:
    """The bell rings, the gateway says paid; before that is written down, the payment is ended."""
    payment = till.charge()
    drawer.pay(payment.reference)
    services.ring(payment.reference, account=payment.account)

    def end() -> bool:
        return services.expire_payment(Payment.objects.get(pk=payment.pk), source="sweep", reason=Reason.TIMED_OUT)

    other = in_the_middle(monkeypatch, reporting, "_way_to", end)
    services.check_payment(payment.reference, source="bell")
    return payment, other.finished()


def test_money_that_comes_while_its_payment_ends_is_taken_as_late_money(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    payment, has_ended = end_while_the_gateway_says_paid(monkeypatch, drawer)
    assert has_ended is True
    till.check(payment)
    assert till.stands(payment) == ("successful", "paid")
    assert till.trail(payment)[-2:] == ["expired", "successful"]
    assert "late_money" in till.concerns(payment)
    assert broken() <= {"money_that_came_in_has_a_receipt"}


@pytest.mark.usefixtures("without_the_guard")
def test_control_without_the_guard_the_end_is_passed_over_and_nobody_hears(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    end_while_the_gateway_says_paid(monkeypatch, drawer)
    assert "the_trail_is_unbroken" in broken()


def cancel_while_money_comes_in(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> tuple[Payment, Any]:
    """The gateway says paid; while that is written down, staff cancel the booking."""
    payment, user = till.charge(), money_back.person()
    drawer.pay(payment.reference)
    services.ring(payment.reference, account=payment.account)

    def cancel() -> Booking:
        return services.cancel_booking(payment.booking, reason="The road is closed.", user=user)

    other = in_the_middle(monkeypatch, Payment, "_write", cancel)
    services.check_payment(payment.reference, source="bell")
    return payment, other.finished()


def test_money_that_comes_while_its_booking_is_cancelled_is_taken_and_told(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    payment, booking = cancel_while_money_comes_in(monkeypatch, drawer)
    assert till.stands(payment)[0] == "successful"
    assert services.money_to_give_back(booking) == [payment]
    assert broken() <= {"money_that_came_in_has_a_receipt"}


@pytest.mark.usefixtures("without_locks", "without_the_guard")
def test_control_without_lock_and_guard_the_money_passes_over_the_end(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    cancel_while_money_comes_in(monkeypatch, drawer)
    assert "the_trail_is_unbroken" in broken()


def ask_twice(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> int:
    """Two bells at once; the second worker begins when the first has found the payment due."""
    payment = till.charge()
    till.make_due(payment)
    other = in_the_middle(monkeypatch, checking, "_ask", lambda: services.check_payment(payment.reference, source="poll"))
    services.check_payment(payment.reference, source="bell")
    other.finished()
    return len(drawer.questions)


def test_a_bell_and_a_poll_at_once_ask_one_question(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    assert ask_twice(monkeypatch, drawer) == 1


def test_control_without_the_claim_both_ask(monkeypatch: pytest.MonkeyPatch, drawer: Drawer) -> None:
    monkeypatch.setattr(checking, "_claim", lambda reference: Payment.objects.get(reference=reference))
    assert ask_twice(monkeypatch, drawer) == 2
