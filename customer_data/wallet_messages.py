"""The SMS by which a wallet tells its owner that money moved, as customers forward it. Pure. Never proof: such a message is easily faked."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class WalletMessage:
    """What the message says. `kind`: MP merchant payment, PP person to person, CI cash-in, CO cash-out; empty where there is no code.

    `code` is the approval code in capitals. `at` is the local time that stands in the code. `amount` is in `currency`.
    """

    kind: str
    code: str
    at: datetime | None
    amount: Decimal | None
    currency: str


def read_wallet_message(text: str) -> WalletMessage | None:
    """What a forwarded wallet SMS says; None when `text` is none. Never raises, whatever the text."""
    raise NotImplementedError
