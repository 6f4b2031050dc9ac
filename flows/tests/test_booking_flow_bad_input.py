"""Whatever a phone, a copy or somebody with a token sends to the booking form has an answer that a phone can show."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from customer_data.models import Booking, Departure, SeatHold
from flows.definitions.booking_whatsapp_flow import BOOK, CHANGE, OTHER_DATE, SCREENS, SUMMARY
from flows.tests.travellers import a_departure, a_tour, asked, at_contact, at_summary, in_days, phone_with, seats_taken, token_of

pytestmark = pytest.mark.django_db

many = hypothesis_settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# JSON may hold half an emoji, NUL, and numbers that no column takes.
TEXTS = st.text(st.characters(codec=None, categories=None), max_size=30) | st.sampled_from(
    ["\ud83d", "a\x00b", "\u202e", "9" * 30, "-1", "1e3", "²", " 1 "]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("tour", "tour_in_list", "date", "departure", "travellers", "hold", "name", "email", "next", "price")
SCREEN = st.sampled_from([*SCREENS, "", "SUCCESS"]) | TEXTS
ACTION = st.sampled_from(["INIT", "BACK", "data_exchange", "navigate", "complete"]) | TEXTS


def a_shop() -> Departure:
    """Two trips, one of them with two dates."""
    a_departure(a_tour("Hwange"), seats=1)
    tour = a_tour("Kariba", most_travellers=3)
    a_departure(tour, days=20)
    return a_departure(tour, days=10, seats=3)


@given(action=ACTION, screen=SCREEN, data=st.dictionaries(st.sampled_from(FIELDS), VALUES))
@many
def test_junk_has_an_answer_and_books_nothing(action: str, screen: str, data: dict[str, Any]) -> None:
    Departure.objects.exists() or a_shop()
    reply = asked(token_of(), screen, action, **data)
    assert reply.status == 200
    assert not Booking.objects.exists()


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["INIT", "BACK", "data_exchange"]),
            st.sampled_from(SCREENS),
            st.fixed_dictionaries(
                {},
                optional={
                    "tour": st.integers(0, 2),
                    "date": st.sampled_from([str(in_days(10)), str(in_days(20)), str(in_days(11)), ""]),
                    "departure": st.integers(0, 2),
                    "travellers": st.integers(0, 4),
                    "hold": st.sampled_from(["old", "now", "0"]),
                    "name": st.sampled_from(["Rudo", ""]),
                    "email": st.sampled_from(["", "rudo@example.com", "@"]),
                    "next": st.sampled_from([BOOK, CHANGE, OTHER_DATE, ""]),
                },
            ),
        ),
        max_size=12,
    )
)
@many
def test_steps_in_any_order_hold_at_most_one_choice_and_make_at_most_one_booking(steps: list[tuple[str, str, Any]]) -> None:
    """As tours, departures and holds the numbers choose from those that there are."""
    departures = list(Departure.objects.order_by("pk")) or [a_shop(), *Departure.objects.order_by("pk")][1:]
    token = token_of()
    before, booked_before = {each.pk: seats_taken(each) for each in departures}, Booking.objects.count()
    for action, screen, chosen in steps:
        holds = [str(pk) for pk in SeatHold.objects.order_by("pk").values_list("pk", flat=True)] or ["0"]
        data = {**chosen, "hold": {"old": holds[0], "now": holds[-1]}.get(chosen.get("hold"), "0")}
        if "tour" in data:
            data["tour"] = str(departures[data["tour"]].tour_id)
        if "departure" in data:
            data["departure"] = str(departures[data["departure"]].pk)
        asked(token, screen, action, **data)
    taken = [each for each in departures if seats_taken(each) > before[each.pk]]
    assert len(taken) <= 1
    assert Booking.objects.count() - booked_before <= 1
    for each in departures:
        assert seats_taken(each) <= each.seats
    SeatHold.objects.filter(booking=None).delete()


@given(name=TEXTS, email=TEXTS)
@many
def test_any_name_and_address_is_kept_or_asked_again(name: str, email: str) -> None:
    departure = Departure.objects.first() or a_departure(seats=300)
    token = token_of()
    hold = at_contact(phone_with(token), departure, travellers=1).data["hold"]
    shown = asked(token, "CONTACT", hold=hold, name=name, email=email).payload
    assert shown["screen"] in (SUMMARY, "CONTACT")
    if shown["screen"] == SUMMARY:
        assert asked(token, SUMMARY, hold=hold, next=BOOK).payload["screen"] == "SUCCESS"


def test_a_token_of_another_customer_books_for_that_customer_only() -> None:
    departure, mine, theirs = a_departure(), token_of(), token_of()
    shown = at_summary(phone_with(theirs), departure)
    assert asked(mine, SUMMARY, hold=shown.data["hold"], next=BOOK).payload["screen"] == "TOUR"
    assert not Booking.objects.exists()
