"""Amounts: parsed once, strictly; shown once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.money import NotAnAmount, parse_amount, share_of, show_amount

amounts = st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2)


@given(amounts)
def test_what_is_written_is_read_again(amount: Decimal) -> None:
    assert parse_amount(str(amount)) == amount
    assert parse_amount(str(amount)).as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["5", "5.0", " 5.00\n"])
def test_an_amount_has_two_places_however_it_was_typed(text: str) -> None:
    assert str(parse_amount(text)) == "5.00"


def test_a_long_text_is_not_repeated_whole_in_its_refusal() -> None:
    with pytest.raises(NotAnAmount, match=r"^'xxxxxxxxxxxxxxxxxxxx' is not an amount"):
        parse_amount("x" * 300)


@given(st.text())
def test_any_text_is_an_amount_or_refused_with_a_sentence(text: str) -> None:
    sentence = ""
    try:
        assert parse_amount(text) >= 0
    except NotAnAmount as error:
        sentence = str(error)
    assert sentence == "" or sentence.endswith(".")


@pytest.mark.parametrize(
    "text",
    ["", " ", "1,000", "12,5", "1e3", "-1", "+1", "NaN", "Infinity", "1.234", ".5", "5.", "0x10", "1_000", "١٢", "12345678901"],
)
def test_what_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(text)


def test_a_float_is_refused() -> None:
    with pytest.raises(NotAnAmount, match="floating"):
        parse_amount(0.1 + 0.2)  # type: ignore[arg-type]


@given(amounts, st.decimals(min_value=0, max_value=100, places=2))
def test_a_share_is_within_half_a_cent_and_never_more_than_the_whole(amount: Decimal, percent: Decimal) -> None:
    share = share_of(amount, percent)
    assert abs(share - amount * percent / 100) <= Decimal("0.005")
    assert 0 <= share <= amount


def test_half_a_cent_of_deposit_is_rounded_up() -> None:
    assert share_of(Decimal("0.05"), Decimal(50)) == Decimal("0.03")


def test_an_amount_is_shown_with_its_currency() -> None:
    assert show_amount(Decimal("231.00"), "USD") == "US$ 231.00"
    assert show_amount(Decimal("3080.00"), "ZWG") == "ZiG 3,080.00"
