"""The values that the official SDK 1.0.8 hands to its users, with the same names and without its faults. Pure.

There, `paid` of a status update is a truthy class, `error` and `instructions` are never set, and money is a float.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

import paynow
from paynow.model import InitResponse as SdkInitResponse
from paynow.model import Payment as SdkPayment
from paynow.model import StatusResponse as SdkStatusResponse

from customer_data.gateway import NotGenuine, NotUnderstood, OutcomeUnknown
from customer_data.money import CENT, NotAnAmount, parse_amount
from customer_data.status import Status
from paynow_integration.messages import STATUS_OF, Message, Pairs, parse, read_amount
from paynow_integration.refusals import error_text


class BadHash(OutcomeUnknown, paynow.HashMismatchException):  # type: ignore[misc]
    """A reply without a valid signature: something was sent, and nobody we trust has answered."""


class ForgedUpdate(NotGenuine, paynow.HashMismatchException):  # type: ignore[misc]
    """A status update without a valid signature."""


class Payment(SdkPayment):  # type: ignore[misc]
    """A cart in decimals. `merchant_trace` finds the payment again when the answer to `send` was lost; "" before it."""

    items: list[list[object]]

    def __init__(self, reference: str, auth_email: str | None = "") -> None:
        super().__init__(str(reference), auth_email or "")
        self.merchant_trace = ""

    def add(self, title: str, amount: Decimal | str | float) -> "Payment":
        """Put an item into the cart. Raises ValueError when `amount` is not an amount of money."""
        self.items.append([str(title), to_money(amount)])
        return self

    def total(self) -> Decimal:
        """The sum of the items, exact, with two places."""
        return sum((to_money(amount) for _, amount in self.items), Decimal("0.00"))

    def info(self) -> str:
        """The titles, for the customer to read."""
        return ", ".join(str(title).strip() for title, _ in self.items)


class InitResponse(SdkInitResponse):  # type: ignore[misc]
    """Paynow's answer to `send` and `send_mobile`. Texts that it did not give are empty, never a class."""

    def __init__(self, message: Message) -> None:
        self.status = message.get("status")
        self.success = not message.is_error
        self.error = error_text(message) if message.is_error else ""
        self.has_redirect = bool(message.get("browserurl"))
        self.redirect_url = message.get("browserurl")
        self.poll_url = message.get("pollurl")
        self.instructions = message.get("instructions")
        self.instruction = self.instructions  # the name that 1.0.8 sets by mistake
        self.hash = message.get("hash")
        self.data = dict(message.fields)


class StatusResponse(SdkStatusResponse):  # type: ignore[misc]
    """How a transaction stands, from a message whose signature held (or an error, which is never paid)."""

    def __init__(self, message: Message) -> None:
        self.status = message.word
        self.paid = not message.is_error and STATUS_OF.get(message.word) == Status.SUCCESSFUL
        self.error = error_text(message) if message.is_error else ""
        self.amount = read_amount(message.get("amount")) if message.get("amount") else Decimal("0.00")
        self.reference = message.get("reference")
        self.paynow_reference = message.get("paynowreference")
        self.hash = message.get("hash")


def to_money(amount: object) -> Decimal:
    """An amount as SDK users write them, floats included (rounded to the cent), with two places. Raises ValueError."""
    if isinstance(amount, float):
        if not isfinite(amount):
            raise NotAnAmount("An amount must be a finite number.")
        amount = Decimal(str(amount)).quantize(CENT, rounding=ROUND_HALF_UP)
    if isinstance(amount, str | int | Decimal):
        return parse_amount(amount)
    raise NotAnAmount("An amount must be a decimal.")


def read_update(data: bytes | str | Message | Mapping[str, object]) -> Message:
    """A status update in any form a web framework has it. Raises NotUnderstood.

    The raw body is best: a mapping that has lost the order of the fields, or a repeated one, cannot be proven genuine.
    """
    if isinstance(data, Message):
        return data
    if isinstance(data, bytes | str):
        return parse(data)
    return Message(_pairs_of(data))


def _pairs_of(data: Mapping[str, object]) -> Pairs:
    """Fields in the order of the mapping. A Django QueryDict is read through `lists`, which hides no repetition."""
    lists = getattr(data, "lists", None)
    pairs: list[tuple[str, str]] = []
    for name, value in lists() if callable(lists) else data.items():
        values = value if isinstance(value, list | tuple) else [value]
        if len(values) != 1:
            raise NotUnderstood("The message repeats a field.")
        pairs.append((str(name), str(values[0])))
    return tuple(pairs)
