"""The customers: each asks for a form or has one, fills it in, does with the prompt what the plan says, taps again when it fails.

Meta is played here too as far as it carries what customers do: Flow requests with its time limit, webhooks until they are taken.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.buttons import action_id
from flows.choices import PAY_WHAT_IS_LEFT
from flows.definitions.payment_whatsapp_flow import PAYMENT_OTP
from flows.simulator import webhooks
from flows.simulator.business import WEBHOOK_PATH, Business
from flows.simulator.envelope import sign
from proof.cast import Booked, Cast, number_of
from proof.form import Form, Json, Story
from proof.plan import End, GatewayFault, Journey, Plan, Way
from proof.wire import Http, Seal, Turns, read_public_key

FLOW_PATH = "/crm-api/flows/paynow-payment-webhook/"
RIGHT_CODE, WRONG_CODE = "4071829365", "0000000000"
"""Of O'mari: no other number of a run reads so, and logs are searched for it."""
PATIENCE_SECONDS = 240.0
"""A customer taps again for this long at a speed of 1, and then gives up. Several leases may have to run out one after another."""
CALLS = ("initiate", "express", "poll", "update")
AGAIN_SECONDS = (0.1, 0.3, 0.6, 1.0, 1.5)


class GaveUp(Exception):
    """A customer, or Meta on behalf of one, got nowhere in all that time. The sentence says with what."""


@dataclass(frozen=True)
class Place:
    """Where everything is: the web processes and both simulators; and what Meta shares with our app."""

    web_urls: list[str]
    paynow_url: str
    phone_url: str
    app_secret: str = field(repr=False)
    public_key: str = field(repr=False)


class Customers:
    """All of them, in one thread."""

    def __init__(self, plan: Plan, cast: Cast, place: Place, *, http: Http, speed: float = 1.0) -> None:
        self._patience_seconds = PATIENCE_SECONDS / speed
        self.plan, self.cast, self.http = plan, cast, http
        self.stories: list[Story] = []
        self.webhooks_taken: list[str] = []
        """The wamid of every message of a customer that our app answered with 200."""
        self.taps = self.doubled = self.again = 0
        self._turns, self._paynow, self._phone = Turns(place.web_urls), place.paynow_url, place.phone_url
        self._secret, self._business = place.app_secret, Business()
        key = read_public_key(place.public_key)
        self._seals = [Seal(key, place.app_secret) for _ in range(plan.customers)]
        self._dice = random.Random(plan.seed + 1)  # noqa: S311  as the plan

    async def prepare(self) -> None:
        """Their phones are on, and every wallet knows what its owner will do."""
        for customer in range(self.plan.customers):
            values = {"number": number_of(customer), "name": f"Customer {customer:03d}"}
            await self.http.json(f"{self._phone}/phone/api/phones", values)
            bad = {"duplicate": customer in self.plan.doubled, "reorder": customer in self.plan.reordered}
            if any(bad.values()):
                await self.http.json(f"{self._phone}/phone/api/phones/{number_of(customer)}/network", bad)
        await self.http.json(f"{self._paynow}/simulator/manners", {"otp": RIGHT_CODE})
        wallets = [wallet for journey in self.plan.journeys for wallet in _wallets(journey)]
        await self.http.json(f"{self._paynow}/simulator/wallets", {"wallets": wallets})

    async def live(self, *, at_once: int, on_ended: Callable[[Story], Awaitable[None]]) -> None:
        """All journeys, so many at the same time; `on_ended` hears of each."""
        waiting = deque(self.plan.journeys)

        async def one_after_the_other() -> None:
            while waiting:
                story = await self._live_one(waiting.popleft())
                await on_ended(story)

        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))

    async def _live_one(self, journey: Journey) -> Story:
        story = Story(journey, self.cast.booked[journey.number])
        self.stories.append(story)
        began = time.monotonic()
        try:
            await self._pay(story)
        except GaveUp as reason:
            story.gave_up = str(reason)
        story.seconds = time.monotonic() - began
        return story

    # --- One journey ------------------------------------------------------------------------------
    async def _pay(self, story: Story) -> None:
        journey, booked = story.journey, story.booked
        is_card = journey.way == Way.CARD
        await self._arm(journey.faults, calls=("initiate",) if is_card else CALLS, phone="" if is_card else journey.wallet)
        token = booked.token or await self._ask_for_form(journey, booked)
        form = Form(story, token, self.exchange)
        await form.open()
        self.doubled += journey.double_tap
        await form.submit(journey.way, journey.wallet, twice=journey.double_tap)
        if is_card and form.payment_reference:
            await self._arm(journey.faults, calls=("poll", "update"), reference=form.payment_reference)
        if journey.end in (End.CHANGED, End.CHANGED_AND_PAID):
            await self._change(form, journey)
        else:
            await self._act(form, journey)
        for _ in range(journey.checks):
            await asyncio.sleep(self._dice.uniform(0.2, 0.6))
            await form.check()
        if journey.ends_form:
            await form.end()
        story.last_screen = form.screen

    async def _act(self, form: Form, journey: Journey) -> None:
        """What the customer does beside the wallet, which decides by itself."""
        if journey.way == Way.OMARI and journey.end not in (End.IGNORED, End.LATE, End.INSUFFICIENT):
            if await form.wait_for(PAYMENT_OTP):
                if journey.wrong_code_first:
                    await form.type_code(WRONG_CODE)
                    await form.wait_for(PAYMENT_OTP)
                await form.type_code(RIGHT_CODE)
        elif journey.way == Way.CARD and journey.end not in (End.IGNORED, End.LATE):
            link = await form.wait_for_link()
            if link:
                await self._use_page(link, journey)

    async def _use_page(self, link: str, journey: Journey) -> None:
        await asyncio.sleep(min(journey.after_seconds, 2))
        action = {End.DECLINED: "fail", End.IGNORED: ""}.get(journey.end, "pay")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        await self.http.call(link, body=f"action={action}".encode(), headers=headers, timeout=15)

    async def _change(self, form: Form, journey: Journey) -> None:
        """Another method while the first request is on the phone, or while nobody knows."""
        await asyncio.sleep(self._dice.uniform(0.1, 1.0))
        if await form.change_method():
            await form.submit(journey.second_way, journey.second_wallet, twice=False)

    async def _arm(self, faults: tuple[GatewayFault, ...], *, calls: tuple[str, ...], phone: str = "", reference: str = "") -> None:
        """A card's first request names no phone, so such a fault strikes the next card payment, whoever's it is."""
        for fault in faults:
            if fault.on in calls:
                where = {"times": 1, "phone": phone, "reference": reference}
                await self.http.json(
                    f"{self._paynow}/simulator/faults", {"name": fault.name, "on": fault.on, "value": fault.value, **where}
                )

    # --- The chat ---------------------------------------------------------------------------------
    async def _ask_for_form(self, journey: Journey, booked: Booked) -> str:
        """A tap on *Pay balance* of an older message; the token of the form that then arrives on the phone."""
        content = webhooks.button_reply(action_id(PAY_WHAT_IS_LEFT, booked.booking_reference), "Pay balance")
        person = webhooks.Person(f"Customer {journey.customer:03d}", booked.number)
        wamid = f"wamid.{secrets.token_urlsafe(18)}"
        body = json.dumps(webhooks.message_from(self._business, person, wamid, content)).encode()
        times = 2 if journey.customer in self.plan.doubled else 1
        await asyncio.gather(*(self._deliver(body) for _ in range(times)))
        self.webhooks_taken.append(wamid)
        return await self._token_of(booked)

    async def _deliver(self, body: bytes) -> None:
        """Again until it is taken, as Meta does."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, self._secret)}

        async def bring() -> bool:
            reply = await self.http.call(self._turns.next() + WEBHOOK_PATH, body=body, headers=headers)
            return reply.status == 200

        await self.until(bring, "a message in the chat")

    async def _token_of(self, booked: Booked) -> str:
        found = ""

        async def look() -> bool:
            nonlocal found
            sent = await self.http.json(f"{self._phone}/simulator/messages?to={booked.number}")
            found = next((token for message in reversed(sent) if (token := _token_in(message, booked.booking_reference))), "")
            return bool(found)

        await self.until(look, "a form that never came", pauses=(0.15, 0.3, 0.3, 0.5, 1.0))
        return found

    async def until(
        self,
        done: Callable[[], Awaitable[bool]],
        what: str,
        *,
        pauses: tuple[float, ...] = AGAIN_SECONDS,
    ) -> None:
        """Raises GaveUp."""
        deadline, tries = time.monotonic() + self._patience_seconds, 0
        while not await done():
            if time.monotonic() > deadline:
                raise GaveUp(f"gave up after {self._patience_seconds:.0f} seconds with {what}")
            await asyncio.sleep(pauses[min(tries, len(pauses) - 1)])
            tries += 1

    async def exchange(self, customer: int, payload: Mapping[str, Any]) -> Json:
        """One Flow request, tapped again until it is answered; a form that has turned grey is an empty object."""
        answer: Json = {}

        async def tap() -> bool:
            nonlocal answer
            found = await self.tap_once(customer, payload)
            answer = found or {}
            self.again += found is None
            return found is not None

        await self.until(tap, f"{payload['action']} of the form on {payload['screen'] or 'its button'}")
        return answer

    async def tap_once(self, customer: int, payload: Mapping[str, Any]) -> Json | None:
        """None: something went wrong, says the phone."""
        seal = self._seals[customer]
        body, headers, iv = seal.close(payload)
        self.taps += 1
        reply = await self.http.call(self._turns.next() + FLOW_PATH, body=body, headers=headers)
        if reply.status == 427:
            return {}
        if reply.status != 200:
            return None
        opened: Json = seal.open(reply.body, iv)
        return opened


def _wallets(journey: Journey) -> list[Json]:
    """What the owners of the journey's two numbers do with a prompt."""
    behaviour = {
        End.DECLINED: "decline",
        End.IGNORED: "ignore",
        End.LATE: "ignore",
        End.CHANGED: "ignore",
        End.INSUFFICIENT: "insufficient",
    }.get(journey.end, "approve")
    seconds = journey.after_seconds + (3 if journey.end == End.CHANGED_AND_PAID else 0)
    first = {"phone": journey.wallet, "behaviour": behaviour, "after_seconds": seconds}
    return [first, {"phone": journey.second_wallet, "behaviour": "approve", "after_seconds": journey.after_seconds}]


def _token_in(message: Json, booking_reference: str) -> str:
    """The token of a form for this booking, in a message as Meta's simulator keeps it."""
    interactive = message["body"].get("interactive", {})
    parameters = interactive.get("action", {}).get("parameters", {})
    is_for_it = booking_reference in json.dumps(interactive)
    return str(parameters.get("flow_token", "")) if is_for_it else ""
