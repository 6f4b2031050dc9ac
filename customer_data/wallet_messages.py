"""The SMS by which a wallet tells its owner that money moved, as customers forward it. Pure.

Never proof: such a message is easily made up. Shapes as captured from phones in Zimbabwe in 2026:
`Transfer Confirmation: USD 2.00 sent to ... Approval Code: PP260916.1347.T4051947`.
The code holds what, when and a serial number; its label varies, and so does the wording around it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from customer_data.money import NotAnAmount, parse_amount

KINDS = {"MP": "payment to a merchant", "PP": "transfer to a person", "CI": "cash paid in", "CO": "cash paid out"}

LONGEST = 2_000
"""Characters that are looked at: an SMS of several parts is shorter."""

_CODE = re.compile(r"\b(MP|PP|CI|CO)([0-9]{6})\.([0-9]{3,4})\.([A-Z][0-9]{5,8})\b", re.IGNORECASE)
_LABELLED = re.compile(
    r"\b(?:approval\s+code|txn\s*id|transaction\s+id|reference|ref)\b\s*(?:no\b|number\b)?\s*[:.#]?\s*((?=[A-Z0-9.]*[0-9])[A-Z0-9][A-Z0-9.]{4,30})",
    re.IGNORECASE,
)
_AMOUNT = r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{2})?|[0-9]{1,10}(?:\.[0-9]{1,2})?)(?![0-9])"
_MONEY = re.compile(rf"(?<![A-Za-z])(USD|US\$|ZWG|ZIG|ZWL|\$)\s?{_AMOUNT}", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(sent|received|paid|transfer(?:red)?|payment|cash\s?-?in|cash\s?-?out|deposit(?:ed)?|confirm(?:ed|ation))\b", re.IGNORECASE
)
_CURRENCY = {"USD": "USD", "US$": "USD", "ZWG": "ZWG", "ZIG": "ZWG"}
_BALANCE = re.compile(r"\bbalance\b", re.IGNORECASE)


@dataclass(frozen=True)
class WalletMessage:
    """What the message says. `kind`: MP merchant payment, PP person to person, CI cash-in, CO cash-out; empty where none is said.

    `code` is the approval code in capitals. `at` is the local time that stands in the code; None where it is no date.
    `amount` is in `currency`, which is empty where the message names one that we do not take, or none.
    """

    kind: str
    code: str
    at: datetime | None
    amount: Decimal | None
    currency: str


def read_wallet_message(text: str) -> WalletMessage | None:
    """What a forwarded wallet SMS says; None when `text` is none. Never raises, whatever the text.

    It is one when it holds an approval code of the known form, or a labelled reference beside an amount and a word of money moving.
    """
    looked_at = text[:LONGEST]
    amount, currency = _money(looked_at)
    coded = _CODE.search(looked_at)
    if coded is not None:
        return WalletMessage(coded[1].upper(), coded[0].upper(), _moment(coded[2], coded[3]), amount, currency)
    labelled = _LABELLED.search(looked_at)
    if labelled is None or amount is None or not _MOVED.search(looked_at):
        return None
    return WalletMessage("", labelled[1].rstrip(".").upper(), None, amount, currency)


def _money(text: str) -> tuple[Decimal | None, str]:
    """The first amount that is not said to be a balance. A bare `$` names no currency."""
    for found in _MONEY.finditer(text):
        if _BALANCE.search(text, max(0, found.start() - 24), found.start()):
            continue
        try:
            return parse_amount(found[2].replace(",", "")), _CURRENCY.get(found[1].upper(), "")
        except NotAnAmount:
            continue
    return None, ""


def _moment(date: str, time: str) -> datetime | None:
    """`260916`, `1347` as 16 September 2026, 13:47; three digits of time have lost the nought of the hour."""
    try:
        return datetime.strptime(f"{date}{time:0>4}", "%y%m%d%H%M")  # noqa: DTZ007  local time, as the code says it
    except ValueError:
        return None
