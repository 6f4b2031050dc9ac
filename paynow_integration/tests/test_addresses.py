"""Base addresses as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paynow_integration.addresses import is_own_url, is_payer_url, normal_base_url


@pytest.mark.parametrize(
    "pasted",
    [
        "https://www.paynow.co.zw",
        "https://www.paynow.co.zw/",
        "  HTTPS://WWW.PAYNOW.CO.ZW//  ",
        "www.paynow.co.zw",
        "http://www.paynow.co.zw",
        "https://www.paynow.co.zw:443",
        "https://www.paynow.co.zw/interface/initiatetransaction",
        "https://www.paynow.co.zw/Interface/RemoteTransaction/",
        "https://www.paynow.co.zw/interface/trace",
        "https://www.paynow.co.zw/interface/initiatetickettransaction",
        "https://www.paynow.co.zw/Interface/CheckPayment/?guid=c7ed41da",
        "https://www.paynow.co.zw/interface",
    ],
)
def test_any_address_of_paynow_gives_the_base(pasted: str) -> None:
    assert normal_base_url(pasted) == "https://www.paynow.co.zw"


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://localhost:8001/interface/trace", "http://localhost:8001"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
        ("https://relay.example.com/paynow/interface/trace", "https://relay.example.com/paynow"),
    ],
)
def test_a_simulator_or_a_relay_keeps_its_place(pasted: str, base: str) -> None:
    assert normal_base_url(pasted) == base


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   ",
        "http://relay.example.com",
        "ftp://www.paynow.co.zw",
        "https://",
        "https://a b",
        "https://u:p@x.example",
        "https://x:99999",
    ],
)
def test_what_is_no_safe_address_is_refused_with_a_sentence(pasted: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        normal_base_url(pasted)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    try:
        base = normal_base_url(text)
    except ValueError:
        return
    assert normal_base_url(base) == base


def test_replies_may_point_to_paynow_and_to_the_base_only() -> None:
    poll = "https://www.paynow.co.zw/Interface/CheckPayment/?guid=1"
    assert is_own_url(poll, "https://www.paynow.co.zw")
    assert is_own_url("https://staging.paynow.co.zw/x", "https://www.paynow.co.zw")
    assert is_own_url("http://127.0.0.1:8001/x", "http://127.0.0.1:8001")
    assert not is_own_url("http://127.0.0.1:8002/x", "http://127.0.0.1:8001")
    assert not is_own_url("http://localhost:8001/x", "http://127.0.0.1:8001")
    assert not is_own_url("http://127.0.0.1:8001/x", "https://www.paynow.co.zw")


def test_a_payer_goes_anywhere_only_while_paynow_is_simulated() -> None:
    assert is_payer_url("https://demo.example/pay", "http://127.0.0.1:8001")
    assert not is_payer_url("https://demo.example/pay", "https://www.paynow.co.zw")
    assert not is_payer_url("javascript:alert(1)", "http://127.0.0.1:8001")
