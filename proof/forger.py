"""Makes status updates up and brings them to our door: what somebody could who reads along, or has a payment of his own."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from paynow_integration.hashing import hash_of
from paynow_integration.simulator import wire
from proof.cast import Cast
from proof.evidence import Forged
from proof.form import Story
from proof.plan import Forgery, Plan
from proof.wire import Http, Turns

DOOR = "/crm-api/paynow/ipn/"
Pairs = list[tuple[str, str]]


class Forger:
    """Knows every reference, and every update that went over the wire; of the keys only those of others."""

    def __init__(self, plan: Plan, cast: Cast, *, http: Http, urls: list[str], paynow_url: str) -> None:
        self.forged: list[Forged] = []
        self._http, self._turns, self._paynow = http, Turns(urls), paynow_url
        self._foreign_key = "00000000-0000-0000-0000-000000000000"
        self._seen: list[bytes] = []
        self._dice = random.Random(plan.seed + 3)  # noqa: S311  as the plan

    async def strike(self, story: Story) -> None:
        """One forgery about the payment of this story, as the plan has it. Without a genuine update to work from, a plain one."""
        kind = story.journey.forgery
        if kind is None or not story.references:
            return
        reference = story.references[0]
        body = await self._body(kind, reference, f"{story.journey.amount:.2f}")
        answers = await asyncio.gather(*(self._bring(body) for _ in range(2)))
        self.forged.append(Forged(kind, reference, body, tuple(answers)))

    async def _bring(self, body: bytes) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return (await self._http.call(self._turns.next() + DOOR, body=body, headers=headers)).status

    async def _body(self, kind: Forgery, reference: str, amount: str) -> bytes:
        paid = self._plain(reference, amount)
        if kind == Forgery.UNSIGNED:
            return wire.encode(paid)
        genuine = await self._genuine() if kind != Forgery.WRONG_KEY else []
        if not genuine:
            return wire.encode([*paid, ("hash", hash_of(paid, self._foreign_key))])
        if kind == Forgery.OF_ANOTHER:
            return wire.encode([(name, reference if name == "reference" else value) for name, value in genuine])
        return wire.encode(_shifted(genuine) if kind == Forgery.SHIFTED else genuine)

    def _plain(self, reference: str, amount: str) -> Pairs:
        """What Paynow would say if it were paid."""
        return [
            ("reference", reference),
            ("paynowreference", str(self._dice.randrange(10_000_000, 99_999_999))),
            ("amount", amount),
            ("status", "Paid"),
            ("pollurl", f"{self._paynow}/Interface/CheckPayment/?guid=00000000-0000-4000-8000-000000000000"),
        ]

    async def _genuine(self) -> Pairs:
        """One that was delivered and says that somebody has paid."""
        if not self._seen or self._dice.random() < 0.1:
            found: Any = await self._http.json(f"{self._paynow}/simulator/updates")
            self._seen = [each["body"].encode() for each in found["updates"] if each["status"] == "Paid" and 200 in each["answers"]]
        return wire.decode(self._dice.choice(self._seen)) if self._seen else []


def _shifted(pairs: Pairs) -> Pairs:
    """The signature covers the values one after the other, not where one ends: the last digit of Paynow's number moves on."""
    fields = dict(pairs)
    fields["paynowreference"], fields["amount"] = fields["paynowreference"][:-1], fields["paynowreference"][-1] + fields["amount"]
    return list(fields.items())
