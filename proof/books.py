"""What the other side of the wire remembers: Paynow's transactions and updates, the messages that reached Meta, and our answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from proof.wire import Http

PAID_WORDS = frozenset({"Paid", "Awaiting Delivery", "Delivered"})
CURRENCY_OF = {"1201": "USD", "1202": "ZWG", "2201": "USD", "2202": "ZWG"}


@dataclass(frozen=True)
class Charge:
    """One transaction at the gateway. `prompts`: how often the customer was asked for this money."""

    reference: str
    amount: Decimal
    currency: str
    status: str
    prompts: int
    method: str
    words: tuple[str, ...]

    @property
    def was_paid(self) -> bool:
        return not PAID_WORDS.isdisjoint(self.words)


@dataclass(frozen=True)
class Delivery:
    """One status update of the gateway, and what we answered to each attempt (0: nothing), and when."""

    reference: str
    status: str
    body: bytes = field(repr=False)
    answers: tuple[int, ...]
    answered_at: tuple[float, ...]
    was_dropped: bool


@dataclass(frozen=True)
class Told:
    """One message that Meta accepted for a customer, with its words, the name of its file, and our own mark on it."""

    to: str
    kind: str
    words: str
    file_name: str
    mark: str
    opens_form: bool


@dataclass(frozen=True)
class Books:
    charges: Sequence[Charge]
    deliveries: Sequence[Delivery]
    told: Mapping[str, Sequence[Told]]
    """By the customer's number."""
    struck: Sequence[tuple[str, str, str]]
    """Faults of the gateway: the fault, the call, and the reference it was about."""
    webhook_answers: Mapping[int, int]
    webhook_refusals: Sequence[tuple[float, int]]
    webhooks_taken: Sequence[str]
    """JSON of each webhook that was answered with 200, once for each time."""

    @property
    def messages(self) -> int:
        return sum(map(len, self.told.values()))

    @property
    def paid(self) -> list[Charge]:
        return [charge for charge in self.charges if charge.was_paid]


async def read_books(http: Http, *, paynow_url: str, phone_url: str) -> Books:
    """Asks both simulators for everything they know."""
    charges = await http.json(f"{paynow_url}/simulator/transactions?limit=1000000")
    updates = await http.json(f"{paynow_url}/simulator/updates")
    struck = await http.json(f"{paynow_url}/simulator/struck")
    messages = await http.json(f"{phone_url}/simulator/messages")
    calls = await http.json(f"{phone_url}/simulator/webhooks")
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for message in messages:
        told[message["to"]].append(_told(message))
    return Books(
        charges=[_charge(each) for each in charges["transactions"]],
        deliveries=[_delivery(each) for each in updates["updates"]],
        told=told,
        struck=[(name, call, reference) for name, call, reference in struck["struck"]],
        webhook_answers={int(status): count for status, count in calls["answers"].items()},
        webhook_refusals=[(at, status) for at, status in calls["refusals"]],
        webhooks_taken=calls["taken"],
    )


def _charge(found: Mapping[str, Any]) -> Charge:
    return Charge(
        reference=found["reference"],
        amount=Decimal(found["amount"]),
        currency=found["currency"],
        status=found["status"],
        prompts=found["prompts"],
        method=found["method"],
        words=tuple(word for _, word in found["history"]),
    )


def _delivery(found: Mapping[str, Any]) -> Delivery:
    return Delivery(
        reference=found["reference"],
        status=found["status"],
        body=found["body"].encode("ascii"),
        answers=tuple(found["answers"]),
        answered_at=tuple(found["answered_at"]),
        was_dropped=found["dropped"],
    )


def _told(message: Mapping[str, Any]) -> Told:
    body = message["body"]
    content = body.get(message["type"], {})
    words = content.get("body", "") if message["type"] == "text" else content.get("body", {}).get("text", "")
    return Told(
        to=message["to"],
        kind=content.get("type", message["type"]),
        words=words,
        file_name=content.get("filename", ""),
        mark=body.get("biz_opaque_callback_data", ""),
        opens_form=content.get("type") == "flow",
    )
