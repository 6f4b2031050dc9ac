"""What the simulated Paynow keeps: integrations, wallets, transactions, updates. Values only."""

import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Behaviour = Literal["approve", "decline", "ignore", "insufficient"]

ALL_METHODS = frozenset({"ecocash", "onemoney", "innbucks", "omari", "vmc", "zimswitch", "web"})
CARD_METHODS = frozenset({"vmc", "zimswitch"})
OPEN_WORDS = frozenset({"Created", "Sent"})
PAID_WORDS = frozenset({"Paid", "Awaiting Delivery", "Delivered"})


@dataclass(frozen=True)
class Integration:
    """A merchant's integration: one ID and key per currency. Not `live`: only test numbers, no money."""

    id: str
    key: str = field(repr=False)
    currency: str = "USD"
    live: bool = False
    methods: frozenset[str] = ALL_METHODS
    merchant_emails: tuple[str, ...] = ("merchant@example.com",)
    instrument_details: bool = False
    name: str = "Example Safaris"


@dataclass(frozen=True)
class Wallet:
    """What the customer behind a number or a card token does with a prompt, and after how many seconds."""

    behaviour: Behaviour
    after_seconds: float = 5


def _by_repeated_digit(pattern: str) -> dict[str, Wallet]:
    wallets = (Wallet("approve", 5), Wallet("approve", 30), Wallet("decline", 30), Wallet("insufficient", 0))
    return {pattern.replace("d", str(number)): wallet for number, wallet in enumerate(wallets, start=1)}


# Paynow's documented test values (https://developers.paynow.co.zw/docs/test_mode.html).
TEST_PHONES = _by_repeated_digit("077ddddddd")
TEST_TOKENS = {
    "vmc": _by_repeated_digit("{dddddddd-dddd-dddd-dddd-dddddddddddd}"),
    "zimswitch": _by_repeated_digit("d" * 32),
}
ORDINARY_WALLET = Wallet("approve", 5)
PATIENT_WALLET = Wallet("ignore")
"""Somebody decides on the handset."""

DEFAULT_INTEGRATIONS = (
    Integration("1201", "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977", "USD"),
    Integration("1202", "635b5c62-3c79-4b1e-95e9-9ce50a95b264", "ZWG"),
    Integration("2201", "8b1b3f60-70c6-4c8e-9c0f-5d3a4f2f9e11", "USD", live=True),
    Integration("2202", "c2a7d9f4-1e35-4b8a-8f66-0a9b7c6d5e22", "ZWG", live=True),
)


@dataclass
class Manners:
    """How Paynow behaves where its documentation leaves room. All seconds are on the simulator's clock."""

    money_word: str = "Paid"  # or "Awaiting Delivery"
    refusal_word: str = "Cancelled"  # or "Failed"
    announce_sent: bool = False  # an update also when a prompt goes out
    token_expiry_format: str = "D-MMM-YYYY"  # noqa: S105  or "DDMMMYYYY"
    otp: str = "123456"
    otp_attempts: int = 5
    code_lifetime_seconds: float = 600
    resend_seconds: float = 30
    most_resends: int = 10
    post_timeout_seconds: float = 10
    refuses_known_traces: bool = True  # assumed; where it does not, the same request twice is two charges
    by_hand: bool = False  # test mode takes every number, and who is no test number waits for somebody to decide


@dataclass(kw_only=True)
class Transaction:
    """One accepted request. `prompts` counts how often the customer was asked for this money."""

    guid: str
    paynow_reference: str
    integration: Integration
    reference: str
    amount: Decimal
    method: str
    base_url: str
    result_url: str
    return_url: str
    created_at: float
    phone: str = ""
    email: str = ""
    description: str = ""
    merchant_trace: str = ""
    tokenize: bool = False
    token: str = ""
    code: str = ""
    code_expires_at: float = 0
    otp_reference: str = ""
    otp_failures: int = 0
    prompts: int = 0
    status: str = "Created"
    history: list[tuple[float, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_WORDS

    @property
    def poll_url(self) -> str:
        return f"{self.base_url}/Interface/CheckPayment/?guid={self.guid}"

    @property
    def otp_url(self) -> str:
        return f"{self.base_url}/Interface/RemoteOtp/?guid={self.guid}"


@dataclass
class Update:
    """One status update and what the merchant's server answered, attempt by attempt (0: no answer)."""

    transaction: Transaction
    word: str
    body: bytes = field(repr=False)
    answers: list[int] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)
    dropped: bool = False
    was_tried: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def is_delivered(self) -> bool:
        return any(200 <= answer < 400 for answer in self.answers)
