"""What is done about one payment leaves every other as it was: each statement names its own row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.gateway import gateway_named
from customer_data.models import Payment
from customer_data.services import record_report
from customer_data.services.checking import make_due
from customer_data.status import Reason, Status
from customer_data.tests import make, till
from customer_data.tests.drawer import OTP, Drawer

pytestmark = pytest.mark.django_db

Act = Callable[[Drawer], Payment]


def _with_trouble(drawer: Drawer, *troubles: str, method: str = "wallet") -> Payment:
    drawer.next_trouble = list(troubles)
    return till.charge(method=method)


def _typed(otp: str, *troubles: str) -> Act:
    def act(drawer: Drawer) -> Payment:
        payment = till.charge(method="otp")
        services.keep_otp(payment, otp)
        drawer.next_trouble = list(troubles)
        return services.submit_otp(payment.reference)

    return act


def _kept(drawer: Drawer) -> Payment:
    payment = till.charge(method="otp")
    services.keep_otp(payment, OTP)
    return payment


def _never_heard_of(drawer: Drawer) -> Payment:
    payment = _with_trouble(drawer, "lose")
    (drawer.folder / f"{payment.reference}.json").unlink()
    return till.check(payment)


def _without_budget(drawer: Drawer) -> Payment:
    payment = till.charge()
    drawer.polls_per_minute = 1  # less than a burst holds
    return till.check(payment)


def _by_two_at_once(drawer: Drawer) -> Payment:
    payment = till.charge()
    drawer.say(payment.reference, "returned")
    returned = gateway_named("drawer").fetch(payment.ticket, payment.reference)
    assert returned is not None
    slower = Payment.objects.get(pk=payment.pk)
    make.move(Payment.objects.get(pk=payment.pk), Status.SUCCESSFUL)
    record_report(slower, returned, source="test")
    return payment


def _asked_soon(drawer: Drawer) -> Payment:
    payment = till.charge()
    make_due(payment)
    return payment


ACTIONS: dict[str, Act] = {
    "it is sent": lambda drawer: till.charge(),
    "its answer is lost": lambda drawer: _with_trouble(drawer, "lose"),
    "it never left us": lambda drawer: _with_trouble(drawer, "refuse"),
    "the gateway declines it": lambda drawer: _with_trouble(drawer, "decline"),
    "the gateway never heard of it": _never_heard_of,
    "it is asked about": lambda drawer: till.check(till.charge()),
    "there is no budget for a question": _without_budget,
    "two answers are recorded at once": _by_two_at_once,
    "it is to be asked about": _asked_soon,
    "a code is kept": _kept,
    "a code pays": _typed(OTP),
    "a code is wrong": _typed("9999"),
    "the answer to its code is lost": _typed(OTP, "lose"),
    "its code never left us": _typed(OTP, "refuse"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_every_other_payment_is_left_as_it_was(drawer: Drawer, action: str) -> None:
    others = [
        till.charge(),
        _with_trouble(drawer, "lose"),
        _with_trouble(drawer, "refuse"),
        _kept(drawer),
        make.payment(Status.SUCCESSFUL),
        make.payment(Status.FAILED),
    ]
    till.make_due(others[0])
    keys = [other.pk for other in others]
    Payment.objects.filter(pk=others[3].pk).update(reason_code=Reason.WRONG_CODE)
    before = list(Payment.objects.filter(pk__in=keys).order_by("pk").values())
    done = ACTIONS[action](drawer)
    assert done.pk not in keys
    assert list(Payment.objects.filter(pk__in=keys).order_by("pk").values()) == before


# --- When it is looked at next --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "least", "most"),
    [
        ("its answer is lost", 1, 15),
        ("there is no budget for a question", 1, 6),
        ("two answers are recorded at once", 0, 15),
        ("it is to be asked about", -1, 15),
        ("a code is kept", 1, 30),
        ("a code is wrong", -1, 1),
    ],
)
def test_it_is_looked_at_again_soon_but_not_at_once(drawer: Drawer, action: str, least: float, most: float) -> None:
    due = till.due(ACTIONS[action](drawer))
    assert due is not None
    assert timedelta(seconds=least) <= due <= timedelta(seconds=most)


def test_what_was_asked_a_moment_ago_keeps_its_distance_and_what_was_asked_long_ago_is_due_at_once(drawer: Drawer) -> None:
    payment = till.charge()
    now = timezone.now()
    never, just, long = None, now, now - timedelta(hours=1)
    for checked, least, most in ((never, -1, 1), (just, 1, 15), (long, -1, 1)):
        payment.checked_at = checked
        moment = make_due(payment)
        assert payment.next_check_at == moment == Payment.objects.get(pk=payment.pk).next_check_at
        assert timedelta(seconds=least) <= moment - timezone.now() <= timedelta(seconds=most)


# --- What the trail says --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("its answer is lost", "No answer: "),
        ("it never left us", "Not sent: "),
        ("the answer to its code is lost", "No answer to the code: "),
        ("a code is wrong", ""),
        ("its code never left us", ""),
    ],
)
def test_the_trail_says_what_happened_with_a_reason(drawer: Drawer, action: str, sentence: str) -> None:
    payment = ACTIONS[action](drawer)
    notes = [event for event in payment.events.order_by("pk") if not event.is_move]
    assert len(notes) == 1
    assert notes[0].reason.startswith(sentence)
    assert notes[0].reason.endswith(".")
    assert notes[0].source in ("test", "task")


def test_a_lost_answer_is_asked_about_in_the_ordinary_way_whatever_the_clock_of_the_lease(drawer: Drawer) -> None:
    """The first question comes after the first step of the timetable, not when the lease of a killed worker runs out."""
    payment: Any = ACTIONS["its answer is lost"](drawer)
    healthy = till.due(till.charge())
    lost = till.due(payment)
    assert lost is not None
    assert healthy is not None
    assert abs(lost - healthy) < timedelta(seconds=10)
