"""Phone numbers as people in Zimbabwe write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.phones import NotAPhoneNumber, hide_phone, national, parse_phone

mobiles = st.builds(
    lambda operator, rest: f"{operator}{rest:07d}", st.sampled_from(["71", "73", "77", "78"]), st.integers(1_000_000, 9_999_999)
)


@given(mobiles, st.sampled_from(["0{}", "{}", "263{}", "+263{}", "00263{}", "+263 (0) {}", " 0{} "]))
def test_one_number_in_every_form_is_one_number(number: str, form: str) -> None:
    assert parse_phone(form.format(number)) == f"+263{number}"


@pytest.mark.parametrize(
    "text", ["0771 234 567", "0771-234-567", "077 123 4567", "+263 77 123 4567", "263-771-234-567", "(0771) 234567"]
)
def test_spaces_and_strokes_do_not_matter(text: str) -> None:
    assert parse_phone(text) == "+263771234567"
    assert national(parse_phone(text)) == "0771234567"


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused_with_a_sentence(text: str) -> None:
    sentence = ""
    try:
        assert parse_phone(text).startswith("+")
    except NotAPhoneNumber as error:
        sentence = str(error)
    assert sentence in ("", "That is not a phone number. Write it like 0771234567.")


def test_a_number_of_another_country_is_kept_and_has_no_national_form() -> None:
    assert parse_phone("+27 82 123 4567") == "+27821234567"
    assert national("+27821234567") == ""


def test_lists_and_logs_show_three_digits() -> None:
    assert hide_phone("+263771234567") == "…567"
    assert hide_phone("") == ""
