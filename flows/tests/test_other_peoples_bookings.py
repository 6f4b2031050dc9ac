"""Whatever a customer taps, types or sends back in a form: nobody reads, pays or changes what belongs to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from customer_data.models import Booking, Concern, Payment, Receipt, SeatHold
from customer_data.services import issue_receipt
from customer_data.tests import make
from flows import paying
from flows.buttons import action_id
from flows.conversation import actions
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.incoming import IncomingKind
from flows.models import FlowSession, Message
from flows.tests.talks import Chatter

pytestmark = pytest.mark.django_db

SECRETS = ("Victim", "Private safari", "987.00", "493.50", "+263772999888", "victim@example.com", "R-0")
ACTIONS = sorted({*actions.ACTIONS, *paying.ACTIONS})


@pytest.fixture
def theirs() -> Payment:
    """Somebody else's booking with a deposit paid, a receipt for it, and the rest asked for."""
    victim = make.customer(name="Victim Dube", wa_id="263772999888", phone="+263772999888", email="victim@example.com")
    booking = make.booking("987.00", customer=victim, title="Private safari")
    paid = make.payment("successful", booking=booking, amount="493.50")
    issue_receipt(paid)
    return make.payment("pending", booking=booking, amount="493.50")


@pytest.fixture
def stranger() -> Chatter:
    chatter = Chatter(name="Nosy")
    chatter.says("hi")
    return chatter


def state() -> list[Any]:
    """All that somebody could have changed about a booking."""
    return [
        list(Booking.objects.order_by("pk").values()),
        list(Payment.objects.order_by("pk").values()),
        list(SeatHold.objects.order_by("pk").values()),
        FlowSession.objects.filter(booking__isnull=False).count(),
        Receipt.objects.count(),
        list(Concern.objects.exclude(kind="wants_person").values()),
    ]


def learns_nothing(stranger: Chatter, act: Callable[[], Any]) -> None:
    before = state()
    said = repr(act())  # with what can be tapped
    assert not [secret for secret in SECRETS if secret in said], said
    assert state() == before
    assert not Message.objects.filter(customer__name="Victim Dube", kind__in=["flow", "document"]).exists()


def arguments(theirs: Payment) -> list[str]:
    booking, payment = theirs.booking.booking_reference, theirs.reference
    return [
        booking,
        booking.lower(),
        payment,
        f"{booking}/2",
        f"{booking}/0771234567",
        f"{booking}/ecocash/0771234567",
        str(theirs.pk),
    ]


@pytest.mark.parametrize("name", ACTIONS)
def test_no_button_reaches_what_is_not_ones_own(theirs: Payment, stranger: Chatter, name: str) -> None:
    for argument in arguments(theirs):
        learns_nothing(stranger, lambda: stranger.taps_id(action_id(name, argument)))  # noqa: B023  called at once


@pytest.mark.parametrize("step", sorted(BOOKING_FLOW.steps))
def test_no_answer_of_a_step_names_what_is_not_ones_own(theirs: Payment, stranger: Chatter, step: str) -> None:
    for argument in (theirs.booking.booking_reference, theirs.reference):
        for answer in ("", "full/", "receipts/"):
            learns_nothing(stranger, lambda: stranger.taps_id(f"step/{step}/{answer}{argument}"))  # noqa: B023  called at once


@pytest.mark.parametrize("sentence", ["{}", "pay {}", "I have paid {}", "my booking {}", "receipt {}", "cancel {}"])
def test_no_typed_reference_opens_what_is_not_ones_own(theirs: Payment, stranger: Chatter, sentence: str) -> None:
    for argument in arguments(theirs)[:3]:
        learns_nothing(stranger, lambda: stranger.says(sentence.format(argument)))  # noqa: B023  called at once


def test_no_completed_form_asks_about_somebody_elses_payment(theirs: Payment, stranger: Chatter) -> None:
    reply = {"flow_token": "made-up", "payment_reference": theirs.reference, "status": "successful"}
    learns_nothing(stranger, lambda: stranger.sends(IncomingKind.FLOW_REPLY, flow_reply=reply))


def test_control_the_owner_sees_all_of_it(theirs: Payment) -> None:
    owner = Chatter(customer=theirs.booking.customer)
    owner.says("hi")
    assert "Private safari" in repr(owner.says("my bookings"))
    assert "493.50" in repr(owner.taps_id(action_id("i_have_paid", theirs.reference)))
