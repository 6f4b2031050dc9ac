"""What a customer is told to do for a bank transfer or cash. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from customer_data.money import show_amount

BANK_TRANSFER, CASH = "bank_transfer", "cash"

_WORDS = {
    BANK_TRANSFER: (
        "Transfer exactly {amount} to:",
        ("Bank", "Account name", "Account number", "Branch", "Reference to write on the transfer"),
        "Then send the slip here as a photo or PDF.",
    ),
    CASH: (
        "Bring {amount} in cash to:",
        ("Office", "Ask for", "Number", "Address", "Reference to name"),
        "You get the receipt here once it is counted.",
    ),
}


@dataclass(frozen=True)
class Details:
    """Where the money goes: a bank account, or an office. Empty texts are left out."""

    name: str
    account_name: str = ""
    account_number: str = ""
    branch: str = ""
    more: str = ""


def write_instructions(way: str, place: Details, *, amount: Decimal, currency: str, reference: str) -> str:
    """One line per fact, each to be copied by itself into a banking app. `way`: bank_transfer or cash."""
    start, names, end = _WORDS[way]
    facts = (place.name, place.account_name, place.account_number, place.branch, reference)
    lines = [f"{name}: {fact}" for name, fact in zip(names, facts, strict=True) if fact]
    return "\n".join((start.format(amount=show_amount(amount, currency)), *lines, *_said_more(place), end))


def _said_more(place: Details) -> Iterator[str]:
    if place.more:
        yield place.more
