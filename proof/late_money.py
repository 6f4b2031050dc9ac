"""Customers who approve a request after we stopped waiting for them: late money is money."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from asgiref.sync import sync_to_async

from customer_data.models import Payment
from customer_data.status import OPEN, Status
from proof.customers import Story
from proof.plan import End
from proof.wire import Http

LOOK_SECONDS = 1.5


class LateMoney:
    """`paid` counts them."""

    def __init__(self, http: Http, *, paynow_url: str) -> None:
        self.paid = 0
        self._http, self._paynow = http, paynow_url
        self._waiting: set[str] = set()
        self._all_are_known = False

    def expect(self, story: Story) -> None:
        """This customer will approve late."""
        if story.journey.end == End.LATE and story.references:
            self._waiting.add(story.references[0])

    def no_more(self) -> None:
        self._all_are_known = True

    async def watch(self) -> None:
        """Until all of them have approved, or cannot any more."""
        while self._waiting or not self._all_are_known:
            await asyncio.sleep(LOOK_SECONDS)
            for reference, status in await _standing(sorted(self._waiting)):
                if status in OPEN:
                    continue
                self._waiting.discard(reference)
                if status == Status.EXPIRED:
                    await self._approve(reference)

    async def _approve(self, reference: str) -> None:
        """Again while the simulator is away; a transaction that is over cannot be approved."""
        for _ in range(20):
            reply = await self._http.call(f"{self._paynow}/simulator/transactions/{reference}/approve", body=b"{}")
            if reply.status:
                self.paid += reply.status == 200
                return
            await asyncio.sleep(0.5)


@sync_to_async
def _standing(references: Sequence[str]) -> list[tuple[str, str]]:
    return list(Payment.objects.filter(reference__in=references).values_list("reference", "status"))
