"""What a wallet's SMS says, as customers forward it. The shapes are those of real captures of July to September 2026."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.wallet_messages import read_wallet_message

PAID = (
    "Payment Confirmation: USD 231.00 paid to EXAMPLE SAFARIS. Approval Code: MP260916.1347.A22242. New balance: USD 415.98. "
    "Transact using the Super App"
)


def test_a_payment_to_a_merchant_is_read() -> None:
    message = read_wallet_message(PAID)
    assert message is not None
    assert (message.kind, message.code, message.amount, message.currency) == (
        "MP",
        "MP260916.1347.A22242",
        Decimal("231.00"),
        "USD",
    )
    assert message.at == datetime(2026, 9, 16, 13, 47)  # noqa: DTZ001  the local time that stands in the code


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("Transfer Confirmation: USD 2.00 sent to NAME… Approval Code: PP260916.1347.T4051947 New balance: USD 0.00", "PP", "2.00"),
        (
            "Cashin Confirmation: USD 54.00 received from 062340-NAME. Approval Code: CI260706.0947.T1818129. Balance: USD 4.98.",
            "CI",
            "54.00",
        ),
        (
            "Cashout Confirmation: USD 405.00 sent to SHOP-044623. Approval Code: CO260706.1820.T6696786. New balance: USD 1.00",
            "CO",
            "405.00",
        ),
        ("New balance: USD 9.00. You paid ZiG 3,080.50. Txn ID: mp260916.1347.a22242", "MP", "3080.50"),
    ],
)
def test_each_kind_is_read_and_a_balance_is_not_the_amount(text: str, kind: str, amount: str) -> None:
    message = read_wallet_message(text)
    assert message is not None
    assert (message.kind, message.amount) == (kind, Decimal(amount))


@pytest.mark.parametrize("label", ["Approval Code", "Txn ID", "Ref", "Reference", "REF NO"])
def test_the_label_of_the_code_varies(label: str) -> None:
    message = read_wallet_message(f"You have sent USD 12.50 to EXAMPLE. {label}: OM1234567. Thank you")
    assert message is not None
    assert (message.kind, message.code, message.at) == ("", "OM1234567", None)


def test_three_digits_of_time_have_lost_their_nought() -> None:
    message = read_wallet_message("USD 1.00 paid. Approval Code: MP260916.947.A22242")
    assert message is not None
    assert message.at == datetime(2026, 9, 16, 9, 47)  # noqa: DTZ001


def test_a_code_with_a_day_that_does_not_exist_is_kept_without_a_time() -> None:
    message = read_wallet_message("USD 1.00 paid. Approval Code: MP260231.2561.A22242")
    assert message is not None
    assert message.at is None


@pytest.mark.parametrize(
    "text", ["", "Hello, is my booking paid?", "My reference is BK12345", "I sent USD 20 yesterday", "ref: 99"]
)
def test_what_people_write_is_no_wallet_message(text: str) -> None:
    assert read_wallet_message(text) is None


def test_a_bare_dollar_sign_names_no_currency() -> None:
    message = read_wallet_message("$20.00 paid. Approval Code: MP260916.1347.A22242")
    assert message is not None
    assert (message.amount, message.currency) == (Decimal("20.00"), "")


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    read_wallet_message(text)


@given(st.text(alphabet="MPCIO.0123456789 USDZiG$,:sentpaidRefTxnID\n", max_size=400))
def test_no_text_of_its_own_letters_is_too_odd(text: str) -> None:
    message = read_wallet_message(text)
    if message is not None and message.amount is not None:
        assert message.amount >= 0
