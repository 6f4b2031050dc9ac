"""One payment form on one phone, as its customer fills it in, and the story of what came of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.definitions.payment_whatsapp_flow import (
    CHANGE_METHOD,
    CHECK,
    CLOSE,
    DONE,
    PAYMENT,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
)
from proof.cast import Booked
from proof.plan import Journey, Way

PROMPT_SECONDS = 25.0
LOOK_SECONDS = 0.5
END_SECONDS = 4.0

Json = dict[str, Any]
Exchange = Callable[[int, Mapping[str, Any]], Awaitable[Json]]
"""Brings a request of this customer's form to our endpoint, until it is answered."""


@dataclass
class Story:
    """What one journey came to, as its customer saw it."""

    journey: Journey
    booked: Booked
    references: list[str] = field(default_factory=list)
    """Of the payments that the form named, in order, each once."""
    last_screen: str = ""
    gave_up: str = ""
    seconds: float = 0.0


class Form:
    """One payment form on one phone."""

    def __init__(self, story: Story, token: str, exchange: Exchange) -> None:
        self.screen = ""
        self.data: Json = {}
        self._story, self._token, self._exchange = story, token, exchange

    @property
    def payment_reference(self) -> str:
        return self._story.references[-1] if self._story.references else ""

    async def open(self) -> None:
        await self._ask("INIT", "", {})

    async def submit(self, way: Way, wallet: str, *, twice: bool) -> None:
        email = self._story.booked.email
        typed = {"payment_method": str(way), "amount_option": "full", "phone": "" if way == Way.CARD else wallet, "email": email}
        if twice:
            await asyncio.gather(self._ask("data_exchange", PAYMENT, typed), self._ask("data_exchange", PAYMENT, typed))
        else:
            await self._ask("data_exchange", PAYMENT, typed)

    async def check(self) -> None:
        if self.screen in (PAYMENT_PROCESSING, PAYMENT_OTP):
            await self._ask("data_exchange", PAYMENT_PROCESSING, {"next": CHECK})

    async def type_code(self, code: str) -> None:
        await self._ask("data_exchange", PAYMENT_OTP, {"otp": code})

    async def change_method(self) -> bool:
        """Whether the form stands open again."""
        if self.screen in (PAYMENT_PROCESSING, PAYMENT_OTP):
            await self._ask("data_exchange", self.screen, {"next": CHANGE_METHOD})
        return self.screen == PAYMENT

    async def end(self) -> None:
        """*Done* or *Close*, where there is an end to see soon."""
        if await self.wait_for(PAYMENT_SUCCESS, PAYMENT_ERROR, seconds=END_SECONDS):
            await self._ask("data_exchange", self.screen, {"next": DONE if self.screen == PAYMENT_SUCCESS else CLOSE})

    async def wait_for(self, *screens: str, seconds: float = PROMPT_SECONDS) -> bool:
        """Taps *Check status* until one of these stands there; False: another end, or not in time."""
        deadline = time.monotonic() + seconds
        while self.screen not in screens:
            if self.screen not in (PAYMENT_PROCESSING, PAYMENT_OTP) or time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
            await self.check()
        return True

    async def wait_for_link(self) -> str:
        """The address of the card page; empty when it never came."""
        deadline = time.monotonic() + PROMPT_SECONDS
        while not self.data.get("has_link"):
            if self.screen != PAYMENT_PROCESSING or time.monotonic() > deadline:
                return ""
            await asyncio.sleep(LOOK_SECONDS)
            await self.check()
        return str(self.data["link_url"])

    async def _ask(self, action: str, screen: str, data: Json) -> None:
        request = {"data": data, "flow_token": self._token, "screen": screen, "action": action, "version": "3.0"}
        answer = await self._exchange(self._story.journey.customer, request)
        self.screen, self.data = str(answer.get("screen", "")), answer.get("data", {})
        reference = str(self.data.get("payment_reference", ""))
        if reference and reference not in self._story.references:
            self._story.references.append(reference)
