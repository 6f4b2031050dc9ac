"""What customers type instead of tapping: names, numbers, dates, travellers and addresses as people write them."""

import pytest

from customer_data.models import Departure
from flows.models import Conversation
from flows.tests.talks import Chatter, at, choices_on, live_holds, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


@pytest.mark.parametrize("typed", ["2", "two", "the second", "2nd", "option 2", "Hwange", "hwange three days!", "HWANGE 3 DAYS"])
def test_a_tour_is_chosen_by_number_place_or_name(typed: str) -> None:
    tour(position=1)
    tour("Hwange three days" if "three" in typed else "Hwange 3 days", position=2)
    chatter = Chatter()
    chatter.says("book")
    assert "Hwange" in words(chatter.says(typed))
    assert chatter.step == "date"


def test_a_strangers_first_words_may_name_the_tour() -> None:
    tour()
    assert "Which date" in words(Chatter().says("Hi, is the Victoria Falls walk free?"))


@pytest.mark.parametrize("typed", ["How much is Hwange?", "A trip to hwange for my family please"])
def test_a_sentence_may_name_the_place(typed: str) -> None:
    tour()
    tour("Hwange, 3 days")
    assert "*Hwange, 3 days*" in words(Chatter().says(typed))


@pytest.mark.parametrize(
    ("typed", "count"),
    [("just me", 1), ("2 adults", 2), ("two", 2), ("2 adults and 1 child", 3), ("me and 3 friends", 4), ("We are 4", 4), ("4!", 4)],
)
def test_travellers_are_read_as_people_say_them(typed: str, count: int) -> None:
    chatter = at("travellers")
    chatter.says(typed)
    assert live_holds()[0][1] == count


def test_a_date_is_read_as_people_write_it() -> None:
    chatter = at("date")
    day = Departure.objects.order_by("starts_on")[1].starts_on
    forms = [
        day.isoformat(),
        f"{day.day} {day:%b}",
        f"{day:%B} {day.day}",
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}",
        f"{day.day}th {day:%B %Y}",
    ]
    for typed in forms:
        Conversation.objects.update(step="date")
        chatter.says(typed)
        assert Departure.objects.get(pk=chatter.talk.answers["departure"]).starts_on == day, typed


def test_more_dates_than_a_list_holds_come_page_by_page() -> None:
    tour(seats=(5,) * 20)
    chatter = Chatter()
    chatter.says("book")
    first = chatter.taps("Victoria")
    second = chatter.taps("More")
    third = chatter.taps("More")
    pages = [[choice.id for choice in choices_on(page[-1]) if choice.title != "More"] for page in (first, second, third)]
    assert [len(page) for page in pages] == [9, 9, 2]
    assert len({each for page in pages for each in page}) == 20
    chatter.taps_id(pages[0][3])
    assert chatter.step == "travellers"


def test_hello_in_the_middle_of_a_booking_shows_where_it_stands_and_later_the_menu() -> None:
    chatter = at("date")
    assert "Which date" in words(chatter.says("Hello"))
    Conversation.objects.update(step="paying", answers={})
    assert "How can we help" in words(chatter.says("Mhoroi"))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("my name is Rudo Moyo", "Rudo Moyo"),
        ("I'm Rudo  O'Hara", "Rudo O'Hara"),
        ("Nyasha-Ann Ncube", "Nyasha-Ann Ncube"),
        ("李小龙", "李小龙"),
    ],
)
def test_a_name_is_kept_as_people_write_it(typed: str, name: str) -> None:
    chatter = at("name")
    chatter.says(typed)
    assert chatter.talk.answers["name"] == name


@pytest.mark.parametrize(
    "typed",
    ["no", "ok", "0771234567", "2 people", "two adults and 3 children", "x", "😀😀", "https://example.com", "rudo@example.com"],
)
def test_what_is_no_name_is_not_taken_for_one(typed: str) -> None:
    chatter = at("name")
    assert "type a name" in words(chatter.says(typed))


def test_the_known_name_is_taken_with_yes_even_with_a_stroke_in_it() -> None:
    tour()
    for act in ("says", "taps"):
        chatter = Chatter(name="Rudo / Tari")
        for word in ("book", "1", "1", "1"):
            chatter.says(word)
        getattr(chatter, act)("yes" if act == "says" else "Rudo / Tari")
        assert chatter.talk.answers["name"] == "Rudo / Tari"


@pytest.mark.parametrize("typed", ["rudo@example.com", "my email is rudo@example.com.", "<rudo@example.com>"])
def test_an_address_is_found_in_what_is_typed(typed: str) -> None:
    chatter = at("email")
    assert "E-mail: rudo@example.com" in words(chatter.says(typed))
