"""What a customer writes in small talk, with accents, emoji and punctuation, in three languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.conversation.keywords import WORDS, meaning_of, place_of, plain


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *(("Menu", "menu"), ("¡MENÚ!", "menu"), ("🏠 menu 🏠", "menu"), ("Back.", "back"), ("my  bookings", "my_bookings")),
        *(
            ("munhu", "talk_to_person"),
            ("Umuntu", "talk_to_person"),
            ("AGENT!!", "talk_to_person"),
            ("agent please", "talk_to_person"),
        ),
        *(("misa", "stop"), ("STOP", "stop"), ("*stop*", "stop"), ("start", "start")),
        *(("hongu", "yes"), ("Ehe", "yes"), ("yebo!", "yes"), ("yes 👍🏿", "yes")),
        *(("kwete", "no"), ("aiwa", "no"), ("Hatshi", "no"), ("no", "no")),
        *(("bhadhara", "pay_balance"), ("Bhadala", "pay_balance"), ("pay balance", "pay_balance")),
        *(("Mhoroi", "greeting"), ("salibonani", "greeting"), ("tatenda", "thanks"), ("Siyabonga.", "thanks")),
        *(("I want to stop at the falls", ""), ("no problem", ""), ("", ""), ("😀", "")),
    ],
)
def test_a_keyword_is_heard_whatever_stands_around_it(text: str, meaning: str) -> None:
    assert meaning_of(text) == meaning


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("2", 2),
        ("two", 2),
        ("The second", 2),
        ("2nd", 2),
        ("option 2", 2),
        ("number two.", 2),
        ("2️⃣", 2),
        ("the third one", 3),
        ("10", 10),
    ],
)
def test_a_place_in_a_list_is_read(text: str, place: int) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["", "many", "2 adults", "two adults", "0771234567", "-", "the", "a second time"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert place_of(text) == 0


def test_no_word_means_two_things() -> None:
    words = [word for group in WORDS.values() for word in group]
    assert len(words) == len(set(words))


def test_every_word_is_written_as_it_is_compared() -> None:
    assert [word for group in WORDS.values() for word in group if plain(word) != word] == []


@given(st.text(max_size=200))
def test_anything_can_be_read_without_harm(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert meaning_of(text) in {"", *WORDS}
    assert place_of(text) >= 0
