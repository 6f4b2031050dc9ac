"""What staff do about a payment that waits: have the gateway asked, stop waiting, ask the customer once more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.models import Denial, Payment
from customer_data.offer import CannotPay
from customer_data.services import NothingToAsk, NotSentAgain, NotStopped
from customer_data.status import Reason, Status
from customer_data.tests import make, till
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.fixture
def rudo() -> Any:
    return make.staff("rudo")


def last_line(payment: Payment) -> tuple[str, str, str]:
    line = payment.events.latest("pk")
    return line.source, line.actor, line.reason


# --- Asking the gateway ---------------------------------------------------------------------------
def test_the_gateway_is_asked_at_once_and_the_trail_says_for_whom(rudo: Any) -> None:
    payment = till.charge()
    services.ask_gateway(payment, user=rudo)
    due = till.due(payment)
    assert due is not None
    assert due <= timedelta(0)
    assert last_line(payment) == ("admin", "rudo", "Has the gateway asked how this payment stands.")


def unsent(drawer: Drawer) -> Payment:
    drawer.next_trouble = ["refuse"]
    return till.charge()


def replaced(drawer: Drawer) -> Payment:
    first = till.ask_for()
    till.ask_for(first.booking, "purse")
    return Payment.objects.get(pk=first.pk)


@pytest.mark.parametrize(
    ("payment", "said"),
    [
        (lambda drawer: make.payment(Status.SUCCESSFUL, gateway=""), "a person of ours decides it"),
        (lambda drawer: till.ask_for(), "never been sent"),
        (unsent, "never been sent"),
        (replaced, "never been sent"),
    ],
)
def test_what_no_gateway_knows_is_not_asked(drawer: Drawer, rudo: Any, payment: Callable[[Drawer], Payment], said: str) -> None:
    one = payment(drawer)
    lines = one.events.count()
    with pytest.raises(NothingToAsk, match=said):
        services.ask_gateway(one, user=rudo)
    assert one.events.count() == lines


# --- Stopping -------------------------------------------------------------------------------------
def test_who_stops_waiting_and_why_stands_in_the_trail(rudo: Any) -> None:
    payment = till.charge()
    services.stop_waiting(payment, user=rudo, reason="They pay in cash.")
    assert (payment.status, payment.reason_code) == (Status.EXPIRED, Reason.STOPPED_BY_STAFF)
    assert last_line(payment) == ("admin", "rudo", "Stopped by staff: They pay in cash.")
    assert till.due(payment) is not None  # late money is money


def test_what_has_moved_meanwhile_is_left_as_it_is(rudo: Any, drawer: Drawer) -> None:
    payment = till.charge()
    drawer.pay(payment.reference)
    till.check(payment)
    for one in (payment, Payment.objects.get(pk=payment.pk)):  # what the page showed, and what is true
        with pytest.raises(NotStopped, match="has moved in the meantime"):
            services.stop_waiting(one, user=rudo, reason="They pay in cash.")
    assert till.stands(payment) == ("successful", "paid")


# --- Asking the customer again --------------------------------------------------------------------
def again(payment: Payment, user: Any) -> Payment:
    return services.send_request_again(payment, user=user, reason="They asked for it.")


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_what_is_over_is_asked_for_once_more(rudo: Any, end: Status) -> None:
    ended = make.payment(end)
    newest = again(ended, rudo)
    assert (newest.status, newest.amount, newest.phone, newest.booking) == ("created", ended.amount, ended.phone, ended.booking)
    assert last_line(newest) == ("admin", "rudo", f"Asked for again after {ended.reference}: They asked for it.")
    assert newest.events.get(from_status="").actor == "rudo"


@pytest.mark.parametrize(
    ("facts", "may_follow"),
    [
        ({"is_final": True}, True),
        ({"next_check_at": None}, True),
        ({"sends_made": 0}, True),
        ({"is_final": False, "next_check_at": timezone.now()}, False),
    ],
)
def test_an_expired_one_is_over_only_when_it_brings_nothing_any_more(rudo: Any, facts: dict[str, Any], may_follow: bool) -> None:
    expired = make.payment(Status.EXPIRED)
    Payment.objects.filter(pk=expired.pk).update(**facts)
    expired.refresh_from_db()
    if may_follow:
        assert again(expired, rudo).status == "created"
        return
    with pytest.raises(NotSentAgain, match="may still be approved"):
        again(expired, rudo)


@pytest.mark.parametrize(
    ("sent_seconds", "reported_seconds", "may_follow"),
    [(181, 119, True), (179, 1, False), (181, 121, False), (181, None, False), (None, 1, False)],
)
def test_an_open_one_is_followed_only_when_the_gateway_has_just_said_that_it_is_unpaid(
    rudo: Any, sent_seconds: int | None, reported_seconds: int | None, may_follow: bool
) -> None:
    payment, now = till.charge(), timezone.now()
    sent = None if sent_seconds is None else now - timedelta(seconds=sent_seconds)
    reported = None if reported_seconds is None else now - timedelta(seconds=reported_seconds)
    Payment.objects.filter(pk=payment.pk).update(sent_at=sent, reported_at=reported)
    payment.refresh_from_db()
    if not may_follow:
        with pytest.raises(NotSentAgain, match="A new one can be sent 3 minutes after it was sent"):
            again(payment, rudo)
        assert till.stands(payment)[0] == "pending"
        return
    assert again(payment, rudo) != payment
    ended = Payment.objects.get(pk=payment.pk)
    assert (ended.status, ended.reason_code) == (Status.EXPIRED, Reason.METHOD_CHANGED)
    assert last_line(ended) == ("admin", "rudo", "Staff sent a new request instead: They asked for it.")


@pytest.mark.parametrize("status", [Status.SUCCESSFUL, Status.DISPUTED, Status.REFUNDED])
def test_money_that_came_in_is_not_asked_for_again(rudo: Any, status: Status) -> None:
    with pytest.raises(NotSentAgain, match="has come in"):
        again(make.payment(status), rudo)


def test_while_another_attempt_may_bring_it_nothing_is_sent(rudo: Any) -> None:
    failed = make.payment(Status.FAILED)
    other = till.charge(failed.booking)
    with pytest.raises(NotSentAgain, match=f"Payment {other.reference} of this booking may still bring money"):
        again(failed, rudo)


def test_who_has_a_code_or_a_page_can_still_pay_with_it(rudo: Any) -> None:
    with pytest.raises(NotSentAgain, match="can still pay with what they have"):
        again(till.charge(method="code"), rudo)


def test_where_nobody_can_be_asked_one_stops_waiting_first(rudo: Any) -> None:
    with pytest.raises(NotSentAgain, match="Stop waiting first"):
        again(make.payment(Status.PENDING, gateway=""), rudo)


def test_staff_read_that_somebody_stands_on_the_deny_list(rudo: Any) -> None:
    failed = make.payment(Status.FAILED)
    Denial.objects.create(kind="wallet", value=failed.phone, reason="Stolen.", added_by=rudo)
    with pytest.raises(NotSentAgain, match="stands on the deny list"):
        again(failed, rudo)


def test_what_cannot_be_asked_for_any_more_says_why(rudo: Any) -> None:
    failed = make.payment(Status.FAILED)
    make.payment(Status.SUCCESSFUL, booking=failed.booking)
    with pytest.raises(CannotPay):
        again(failed, rudo)
