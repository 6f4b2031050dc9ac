"""Paynow's signature, pinned by the published vectors and by every way to spoil a message."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.gateway import NotUnderstood
from paynow_integration.hashing import hash_of, is_genuine, sign
from paynow_integration.messages import encode, parse

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "paynow_vectors.json").read_text())
KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"
UPDATE = (("reference", "INV 35"), ("amount", "10.00"), ("status", "Paid"))

values = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
names = st.lists(
    st.from_regex(r"[a-z]{1,12}", fullmatch=True).filter(lambda name: name != "hash"), min_size=1, max_size=8, unique=True
)
messages = names.flatmap(lambda chosen: st.tuples(*(st.tuples(st.just(name), values) for name in chosen)))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_published_messages_verify_or_not_as_recorded(vector: dict[str, Any]) -> None:
    assert is_genuine(parse(vector["body"]).pairs, vector["key"]) is vector["verifies"]


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector["verifies"]], ids=lambda vector: vector["id"])
def test_our_own_hash_is_the_published_one(vector: dict[str, Any]) -> None:
    message = parse(vector["body"])
    assert hash_of(message.pairs, vector["key"]) == message.get("hash")


@pytest.mark.parametrize("pasted", [KEY.upper(), f"  {KEY}\r\n", f"{KEY[:18]}\n{KEY[18:]}", f"\u00a0{KEY}\t"])
def test_a_key_works_however_it_was_pasted(pasted: str) -> None:
    assert is_genuine(sign(UPDATE, KEY), pasted)


def test_a_hash_in_lower_case_is_as_good() -> None:
    assert is_genuine((*UPDATE, ("Hash", hash_of(UPDATE, KEY).lower())), KEY)


def test_fields_we_have_never_heard_of_count() -> None:
    signed = sign((*UPDATE, ("somethingnew", "7")), KEY)
    assert is_genuine(signed, KEY)
    assert not is_genuine([pair for pair in signed if pair[0] != "somethingnew"], KEY)


def test_the_order_of_the_fields_counts() -> None:
    signed = sign(UPDATE, KEY)
    assert not is_genuine((signed[1], signed[0], *signed[2:]), KEY)


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        UPDATE,
        (*UPDATE, ("hash", "")),
        (*UPDATE, ("hash", "é" * 128)),
        (*sign(UPDATE, KEY), ("hash", hash_of(UPDATE, KEY))),
        sign((*UPDATE, ("Status", "Cancelled")), KEY),
        (*UPDATE, ("note", "\ud800"), ("hash", "0")),
        (*UPDATE, ("hash", "\ud800")),
    ],
    ids=["empty", "no hash", "blank hash", "not hexadecimal", "two hashes", "a field twice", "half a character", "half a hash"],
)
def test_what_cannot_be_proven_is_not_genuine(pairs: tuple[tuple[str, str], ...]) -> None:
    assert not is_genuine(pairs, KEY)


@pytest.mark.parametrize("key", ["", "  \n"])
def test_without_a_key_nothing_is_genuine(key: str) -> None:
    assert not is_genuine(sign(UPDATE, key), key)


@given(messages, st.text(min_size=1).filter(str.strip))
def test_what_we_sign_and_encode_is_genuine_when_it_arrives(message: tuple[tuple[str, str], ...], key: str) -> None:
    arrived = parse(encode(sign(message, key)))
    assert arrived.pairs[:-1] == message
    assert is_genuine(arrived.pairs, key)


@given(message=messages, position=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
def test_no_changed_byte_changes_a_signed_value(message: tuple[tuple[str, str], ...], position: int, byte: int) -> None:
    body = bytearray(encode(sign(message, KEY)))
    body[position % len(body)] = byte
    try:
        arrived = parse(bytes(body)).pairs
    except NotUnderstood:
        return
    if is_genuine(arrived, KEY):
        assert _signed_text(arrived) == _signed_text(message)


def test_a_moved_boundary_stays_signed_which_is_why_an_update_only_rings() -> None:
    signed = sign((("reference", "INV-3"), ("amount", "510.00")), KEY)
    assert is_genuine((("reference", "INV-35"), ("amount", "10.00"), signed[-1]), KEY)


def _signed_text(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(value for name, value in pairs if name.strip().lower() != "hash")
