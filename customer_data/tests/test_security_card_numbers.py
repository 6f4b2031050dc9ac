"""What is a card number, however it is written, and what only looks like one."""

import random
import string
import uuid

import pytest

from customer_data.card_numbers import (
    MARK,
    form_without_card_numbers,
    holds_card_number,
    without_card_numbers,
    without_card_numbers_inside,
)
from customer_data.references import new_reference

VISA = "4111111111111111"
CARDS = [
    *(VISA, "4242424242424242", "4187427415564246", "4222222222222", "4000000000000000006"),
    *("5531886652142950", "2223003122003222", "378282246310005", "30569309025904", "6011111111111117", "3530111333300000"),
    *("5060990580000217499", "6200000000000005", "6759649826438453", "4084084084084081"),
]


@pytest.mark.parametrize("card", CARDS)
def test_every_kind_of_card_is_known(card: str) -> None:
    assert holds_card_number(card)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "3782 822463 10005",
        "4111-1111 1111.1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "my card is4111111111111111exp 12/27 cvv 123",
        "4111 1111 1111 1111 12/27 123",
        "0771234567 4111111111111111",
        "4111\u00a01111\u200b1111\n1111",
        "\uff14" + "\uff11" * 15,
        "\u0664" + "\u0661" * 15,
        '{"number":"4111111111111111"}',
    ],
)
def test_it_is_found_however_it_is_written_and_nothing_of_it_is_left_but_four_digits(text: str) -> None:
    left = without_card_numbers(text)
    assert MARK in left
    assert not holds_card_number(left)
    assert sum(character.isdigit() for character in left) <= sum(character.isdigit() for character in text) - 9


@pytest.mark.parametrize(
    "text",
    [
        "+263771234567",
        "00263771234567",
        "0771234567 0772345678",
        "on 30-01-2026 1500.00 by EcoCash",
        "1500.00,2500.50,3012.75,4987.10",
        "1763740800000",  # a moment in milliseconds
        "2026-11-21 16:01:24.123456",
        "100000000000001",  # an id at Meta
        "4111111111111112",  # a typing mistake
        "41111111111111111111",  # longer than any card
        "0000000000000000",
        "US$ 1,234,567.00 and 12 of 40",
        "",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert without_card_numbers(text) is text


def test_our_own_references_and_ids_are_never_taken_for_one() -> None:
    chance = random.Random(5)  # noqa: S311  no secret
    made = [new_reference() for _ in range(2000)]
    made += [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(2000)]
    made += ["".join(chance.choices(string.ascii_letters + string.digits + "-_", k=43)) for _ in range(2000)]
    assert [each for each in made if holds_card_number(each)] == []


def test_what_stands_around_it_stays() -> None:
    assert without_card_numbers(f"Pay with {VISA} please, BK123") == f"Pay with {MARK}1111] please, BK123"


def test_inside_json_all_is_looked_at_but_what_is_known_to_be_an_id() -> None:
    said = {"id": VISA, "text": {"body": VISA}, "list": [int(VISA), True, 7], VISA: None}
    left = without_card_numbers_inside(said, but=frozenset({"id"}))
    assert left == {"id": VISA, "text": {"body": f"{MARK}1111]"}, "list": [f"{MARK}1111]", True, 7], f"{MARK}1111]": None}


def test_in_a_web_form_digits_may_be_written_as_codes() -> None:
    assert VISA not in form_without_card_numbers(f"reference=A&note={VISA}")
    coded = "note=" + "".join(f"%{ord(digit):x}" for digit in VISA)
    assert not holds_card_number(form_without_card_numbers(coded))
    assert "1111%5D" in form_without_card_numbers(coded)
    plain = "reference=ABC&amount=20.00"
    assert form_without_card_numbers(plain) is plain
