"""What happens at the gateway when the customer is long gone: an approval after we stopped waiting, a dispute, money given back."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence

from customer_data.models import Payment
from customer_data.status import OPEN, Status
from proof.form import Story
from proof.plan import End
from proof.settling import ask_database
from proof.wire import Http

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
MOVES = {End.DISPUTED: "dispute", End.GIVEN_BACK: "refund"}


class Afterwards:
    """`done` counts what happened: approve, dispute, refund."""

    def __init__(self, http: Http, *, paynow_url: str) -> None:
        self.done: Counter[str] = Counter()
        self._http, self._paynow = http, paynow_url
        self._late: set[str] = set()
        self._moving: dict[str, tuple[str, float]] = {}
        self._all_are_known = False

    def expect(self, story: Story) -> None:
        """Something may happen to this story's payment later."""
        if not story.references:
            return
        if story.journey.end == End.LATE:
            self._late.add(story.references[0])
        elif story.journey.end in MOVES:
            self._moving[story.references[0]] = (MOVES[story.journey.end], time.monotonic() + PATIENCE_SECONDS)

    def no_more(self) -> None:
        self._all_are_known = True

    async def watch(self) -> None:
        """Until everything has happened, or cannot any more."""
        while self._late or self._moving or not self._all_are_known:
            await asyncio.sleep(LOOK_SECONDS)
            await self._approve_what_expired()
            await self._move_what_is_paid()

    async def _approve_what_expired(self) -> None:
        for reference, status in await _standing(sorted(self._late)):
            if status not in OPEN:
                self._late.discard(reference)
                if status == Status.EXPIRED:
                    await self._do(reference, "approve")

    async def _move_what_is_paid(self) -> None:
        for reference, (move, until) in list(self._moving.items()):
            reply = await self._http.call(f"{self._paynow}/simulator/transactions/{reference}", method="GET")
            if reply.status == 200 and json.loads(reply.body)["status"] == "Paid":
                await self._do(reference, move)
                del self._moving[reference]
            elif time.monotonic() > until:
                del self._moving[reference]

    async def _do(self, reference: str, move: str) -> None:
        """Again while the simulator is away; what cannot be at the gateway does not happen."""
        for _ in range(20):
            reply = await self._http.call(f"{self._paynow}/simulator/transactions/{reference}/{move}", body=b"{}")
            if reply.status:
                self.done[move] += reply.status == 200
                return
            await asyncio.sleep(0.5)


async def _standing(references: Sequence[str]) -> list[tuple[str, str]]:
    if not references:
        return []
    found = Payment.objects.filter(reference__in=references).values_list("reference", "status")
    return await ask_database(lambda: list(found), otherwise=[])
