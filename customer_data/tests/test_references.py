"""References: dictated over a bad line, they arrive or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.references import ALPHABET, new_reference, read_reference

references = st.builds(lambda _: new_reference(), st.integers())


@given(references)
def test_a_new_reference_reads_as_itself_however_it_is_typed(reference: str) -> None:
    assert len(reference) == 11
    assert read_reference(reference.lower()) == reference
    assert read_reference(f" {reference[:5]}-{reference[5:]} ") == reference
    assert read_reference(reference.replace("1", "l").replace("0", "o")) == reference


@given(references, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(reference: str, position: int, wrong: str) -> None:
    mistyped = reference[:position] + wrong + reference[position + 1 :]
    if mistyped != reference:
        with pytest.raises(ValueError, match="mistake"):
            read_reference(mistyped)


@given(references, st.integers(0, 9))
def test_two_neighbours_swapped_are_noticed(reference: str, position: int) -> None:
    first, second = reference[position], reference[position + 1]
    swapped = reference[:position] + second + first + reference[position + 2 :]
    if swapped != reference:
        with pytest.raises(ValueError, match="mistake"):
            read_reference(swapped)


@given(st.text())
def test_any_text_is_a_reference_or_refused_with_a_sentence(text: str) -> None:
    sentence = ""
    try:
        assert len(read_reference(text)) == 11
    except ValueError as error:
        sentence = str(error)
    assert sentence == "" or sentence.endswith(".")


def test_a_thousand_references_are_all_different_and_hold_no_ambiguous_letter() -> None:
    drawn = {new_reference() for _ in range(1000)}
    assert len(drawn) == 1000
    assert not set("".join(drawn)) & set("ILOU")
