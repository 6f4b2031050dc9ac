"""Nobody sends our server to an address of his choice: what Paynow's answers name is asked only where it is Paynow's own."""

import pytest

from paynow_integration.addresses import is_own_url, is_payer_url

PAYNOW = "https://www.paynow.co.zw"

TRICKS = [
    "https://www.paynow.co.zw.evil.example/x",
    "https://evilpaynow.co.zw/x",
    "https://paynow.co.zw@evil.example/x",
    "https://user:password@www.paynow.co.zw/x",
    "https://www.paynow.co.zw:8443/x",
    "https://www.paynow.co.zw\\@evil.example/x",
    "https://www.paynow.co.zw%2eevil.example/x",
    "https://www.paynow.co.zw#@evil.example/" + "\n",
    "http://www.paynow.co.zw/x",
    "//evil.example/x",
    "ftp://www.paynow.co.zw/x",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http://127.0.0.1/x",
    "http://127.1/x",
    "http://2130706433/x",
    "http://0x7f000001/x",
    "http://0177.0.0.1/x",
    "http://[::1]/x",
    "http://[::ffff:127.0.0.1]/x",
    "http://localhost/x",
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "http://10.0.0.5:6379/",
    "https://metadata.google.internal/",
    "https://paynow.co.zw\u3002evil.example/",
    "https://\u0440\u0430ynow.co.zw/x",
    " https://evil.example/x",
    "https://www.paynow.co.zw\t.evil.example/",
    "",
]


@pytest.mark.parametrize("url", TRICKS)
def test_an_address_elsewhere_is_never_asked_and_no_payer_is_sent_there(url: str) -> None:
    assert not is_own_url(url, PAYNOW)
    assert not is_payer_url(url, PAYNOW)


def test_control_paynows_own_addresses_are_asked() -> None:
    assert is_own_url("https://www.paynow.co.zw/Interface/CheckPayment/?guid=1", PAYNOW)
    assert is_payer_url("https://www.paynow.co.zw/Payment/ConfirmPayment/1", PAYNOW)
