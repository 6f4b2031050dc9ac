"""Whatever a customer sends, on whatever step: nobody is left without an answer, and nothing raises."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_data.models import Booking, Departure, SeatHold
from customer_data.seats import hold_seats
from customer_data.tests import make
from flows import paying
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.incoming import IncomingKind
from flows.models import Conversation
from flows.tests.talks import Chatter, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

STEPS = ["", "a_step_of_last_year", *BOOKING_FLOW.steps]
WORDS = [
    *(
        "2",
        "two",
        "the second",
        "12",
        "0",
        "-1",
        "99999999999999999999",
        "😀",
        "🙏🏿🙏🏿",
        "?",
        "hi",
        "yes",
        "kwete",
        "agent",
        "back",
    ),
    *(
        "12 Dec",
        "31 31",
        "2026-99-99",
        "a\x00b",
        "Rudo\x00 Moyo",
        "\ud800",
        "two adults, three kids",
        "0771234567",
        "+44 7911 123456",
    ),
]
LONG = ["a" * 2000, "é " * 2000, "1" * 2000]
TEXTS = st.one_of(st.sampled_from(WORDS), st.text(max_size=60), st.sampled_from(LONG))
OPTIONS = {option.answer for step in BOOKING_FLOW.steps.values() for option in step.options}
ANSWERS = st.sampled_from(sorted(OPTIONS | {"more", "1", "7", "x", "", "⁴", "full/BK1", "\x00"}))
STEP_TAPS = st.builds("step/{}/{}".format, st.sampled_from([*BOOKING_FLOW.steps, "gone"]), ANSWERS)
NAMES = st.sampled_from([*BOOKING_FLOW.actions, *BOOKING_FLOW.commands, *paying.ACTIONS, "gone"])
ACTION_TAPS = st.builds("do/{}/{}".format, NAMES, st.sampled_from(["", "BK1", "x/y", "\x00"]))
TAPS = st.one_of(STEP_TAPS, ACTION_TAPS, st.text(max_size=30))
MEDIA = sorted(set(IncomingKind) - {IncomingKind.TEXT, IncomingKind.BUTTON, IncomingKind.FLOW_REPLY})
FORM_FIELDS = st.sampled_from(["flow_token", "payment_reference", "status", "x"])
FORMS = st.dictionaries(FORM_FIELDS, st.one_of(st.sampled_from(["a\x00", "x"]), st.text(max_size=9), st.none(), st.integers()))


def half_done(step: str, *, knows_much: bool) -> Chatter:
    """A customer on this step, with all the answers that steps need, or none of them."""
    chatter = Chatter(customer=make.customer())
    answers: dict[str, Any] = {}
    if knows_much:
        departure = Departure.objects.first() or tour().departures.all()[0]
        hold = hold_seats(departure, chatter.customer, 1)
        booking = make.booking(customer=chatter.customer)
        answers = {
            "tour": str(departure.tour_id),
            "departure": str(departure.pk),
            "travellers": "1",
            "hold": str(hold.pk),
            "name": "Rudo Moyo",
            "email": "",
            "booking": booking.booking_reference,
            "amount_option": "full",
        }
    Conversation.objects.filter(customer=chatter.customer).update(step=step, answers=answers, trail=["menu", "tour"])
    return chatter


@pytest.fixture(autouse=True)
def _tours() -> None:
    tour(seats=(200, 200))


def each_in_its_own_transaction() -> Iterator[None]:
    """Nothing of one example is left for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


fast = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fast
@given(step=st.sampled_from(STEPS), knows_much=st.booleans(), text=TEXTS)
def test_whatever_is_typed_is_answered(step: str, knows_much: bool, text: str) -> None:
    for _ in each_in_its_own_transaction():
        assert half_done(step, knows_much=knows_much).says(text)


@fast
@given(step=st.sampled_from(STEPS), knows_much=st.booleans(), button=TAPS)
def test_whatever_is_tapped_is_answered(step: str, knows_much: bool, button: str) -> None:
    for _ in each_in_its_own_transaction():
        assert half_done(step, knows_much=knows_much).taps_id(button)


@fast
@given(step=st.sampled_from(STEPS), knows_much=st.booleans(), kind=st.sampled_from(MEDIA))
def test_whatever_is_sent_is_answered_but_a_reaction_and_a_file_until_it_is_kept(
    step: str, knows_much: bool, kind: IncomingKind
) -> None:
    for _ in each_in_its_own_transaction():
        said = half_done(step, knows_much=knows_much).sends(kind, media_id="7", mime_type="x/y")
        is_silent = kind in (IncomingKind.REACTION, IncomingKind.IMAGE, IncomingKind.DOCUMENT)
        assert bool(said) != is_silent


@fast
@given(step=st.sampled_from(STEPS), knows_much=st.booleans(), form=FORMS)
def test_a_form_that_says_anything_is_answered(step: str, knows_much: bool, form: dict[str, Any]) -> None:
    for _ in each_in_its_own_transaction():
        assert half_done(step, knows_much=knows_much).sends(IncomingKind.FLOW_REPLY, flow_reply=form)


@fast
@given(step=st.sampled_from(STEPS), message=st.one_of(TEXTS, TAPS), kind=st.sampled_from(sorted(IncomingKind)))
def test_what_is_sent_while_a_person_answers_raises_nothing(step: str, message: str, kind: IncomingKind) -> None:
    for _ in each_in_its_own_transaction():
        chatter = half_done(step, knows_much=True)
        Conversation.objects.filter(customer=chatter.customer).update(wants_person_since=timezone.now())
        button = message if kind == IncomingKind.BUTTON else ""
        chatter.sends(kind, text=message, button_id=button)


@settings(fast, max_examples=20)
@given(messages=st.lists(st.one_of(TEXTS, STEP_TAPS), max_size=12))
def test_no_talk_gives_out_more_seats_than_there_are_or_two_bookings_for_one_hold(messages: list[str]) -> None:
    for _ in each_in_its_own_transaction():
        chatter = half_done("travellers", knows_much=True)
        for message in messages:
            is_quiet = chatter.talk.wants_person_since is not None
            assert (chatter.taps_id(message) if message.startswith("step/") else chatter.says(message)) or is_quiet
        holds = SeatHold.objects.filter(customer=chatter.customer, released_at=None, booking=None)
        assert holds.count() <= 1
        assert (
            Booking.objects.filter(customer=chatter.customer, departure__isnull=False).count()
            == SeatHold.objects.exclude(booking=None).count()
        )


@pytest.mark.parametrize(
    ("name", "greeting"), [("+263771110002", "Hello."), ("🙂 🙂", "Hello."), ("", "Hello."), ("Rudo M", "Hello Rudo.")]
)
def test_a_name_that_is_none_is_not_said(name: str, greeting: str) -> None:
    assert greeting in words(Chatter(name=name).says("hi"))
