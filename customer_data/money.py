"""Amounts of money: parsed once at the door, strictly; shown once at the other. Pure."""

import re
from decimal import ROUND_HALF_UP, Decimal

from django.db import models

CENT = Decimal("0.01")
MOST = Decimal("9999999999.99")

_PLAIN_DECIMAL = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


class Currency(models.TextChoices):
    """ISO 4217 codes. ZWG is Zimbabwe Gold, shown as ZiG (ISO number 924, in force since June 2024)."""

    USD = "USD", "US$"
    ZWG = "ZWG", "ZiG"


class NotAnAmount(ValueError):
    """The text is not an amount of money; the message is a sentence for a person."""


def parse_amount(text: str | int | Decimal) -> Decimal:
    """`text` as an amount with two places, zero or more, in units of its currency.

    Strict: digits and at most two decimals after a point. `12,5` and `1,000` mean different things to different people,
    so a comma is refused, and so is everything a float could have been.
    Raises NotAnAmount.
    """
    if isinstance(text, float):
        raise NotAnAmount("An amount must not be a floating-point number.")
    plain = str(text).strip()
    if not _PLAIN_DECIMAL.fullmatch(plain):
        raise NotAnAmount(f"{plain[:20]!r} is not an amount. Write it like 231.00, with a point and at most two decimals.")
    return Decimal(plain).quantize(CENT)


def share_of(amount: Decimal, percent: Decimal) -> Decimal:
    """`percent` of `amount`, rounded to a whole cent, halves up (the customer's deposit is never a cent short)."""
    return (amount * percent / 100).quantize(CENT, rounding=ROUND_HALF_UP)


def show_amount(amount: Decimal, currency: str) -> str:
    """The amount as a receipt writes it: `US$ 231.00`, `ZiG 3,080.00`; never a bare `$`."""
    return f"{Currency(currency).label} {amount:,.2f}"
