"""What a customer is told to do for a bank transfer or cash. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from customer_data.money import show_amount


@dataclass(frozen=True)
class Place:
    """Where the money goes: a bank account, or an office. Empty texts are left out."""

    name: str
    account_name: str = ""
    account_number: str = ""
    branch: str = ""
    more: str = ""


def bank_instructions(place: Place, *, amount: Decimal, currency: str, reference: str) -> str:
    """One line per fact, each to be copied by itself into a banking app."""
    facts = (
        ("Bank", place.name),
        ("Account name", place.account_name),
        ("Account number", place.account_number),
        ("Branch", place.branch),
        ("Reference to write on the transfer", reference),
    )
    return _lines(
        f"Transfer exactly {show_amount(amount, currency)} to:", facts, place.more, "Then send the slip here as a photo or PDF."
    )


def cash_instructions(place: Place, *, amount: Decimal, currency: str, reference: str) -> str:
    facts = (("Office", place.name), ("Address", place.branch), ("Reference to name", reference))
    return _lines(
        f"Bring {show_amount(amount, currency)} in cash to:", facts, place.more, "You get a receipt here as soon as it is counted."
    )


def _lines(start: str, facts: tuple[tuple[str, str], ...], more: str, end: str) -> str:
    return "\n".join((start, *(f"{name}: {fact}" for name, fact in facts if fact), *([more] if more else ()), end))
